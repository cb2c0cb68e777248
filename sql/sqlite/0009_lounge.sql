-- Chat rooms: what is kept of them, who is muted, and what was reported.

-- A room in which something was said. Rooms that have been silent for long are forgotten.
CREATE TABLE lounge_room (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    -- As it was first written.
    name      TEXT    NOT NULL,
    -- NFKC and case fold of the name.
    folded    TEXT    NOT NULL UNIQUE,
    spoken_at INTEGER NOT NULL
) STRICT;
CREATE INDEX lounge_room_by_silence ON lounge_room (spoken_at);

-- The last messages of each room.
CREATE TABLE lounge_message (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    room    INTEGER NOT NULL REFERENCES lounge_room (id),
    account INTEGER NOT NULL REFERENCES account (id),
    -- What the account was when it said it.
    role    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    text    TEXT    NOT NULL
) STRICT;
CREATE INDEX lounge_message_of_room ON lounge_message (room, id);

-- There is a row for an account while it may not speak, and a little longer.
CREATE TABLE lounge_mute (
    account INTEGER NOT NULL PRIMARY KEY REFERENCES account (id),
    -- Nothing: until an admin says so.
    until   INTEGER,
    why     TEXT    NOT NULL,
    admin   INTEGER NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX lounge_mute_by_end ON lounge_mute (until);

-- A message that was reported, as it was: the room forgets it.
CREATE TABLE lounge_report (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    reporter INTEGER NOT NULL REFERENCES account (id),
    message  INTEGER NOT NULL,
    room     TEXT    NOT NULL,
    account  INTEGER NOT NULL REFERENCES account (id),
    said_at  INTEGER NOT NULL,
    text     TEXT    NOT NULL,
    why      TEXT    NOT NULL,
    UNIQUE (reporter, message)
) STRICT;
CREATE INDEX lounge_report_by_time ON lounge_report (at);
