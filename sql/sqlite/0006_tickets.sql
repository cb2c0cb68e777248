-- Events with a fixed number of seats, and who has booked them.

CREATE TABLE event (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL,
    seats      INTEGER NOT NULL,
    -- Seats that nobody has booked.
    free       INTEGER NOT NULL CHECK (free >= 0),
    price      INTEGER NOT NULL,
    -- How many one account may book; 0: as many as there are.
    most       INTEGER NOT NULL,
    starts_at  INTEGER,
    called_off INTEGER NOT NULL DEFAULT 0,
    author     INTEGER NOT NULL REFERENCES account (id),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE booking (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES account (id),
    event   INTEGER NOT NULL REFERENCES event (id),
    seats   INTEGER NOT NULL,
    -- What was paid and has not been paid back.
    paid    INTEGER NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX booking_of_account ON booking (account, id);
CREATE INDEX booking_of_event ON booking (event, id);
CREATE INDEX booking_of_both ON booking (event, account, seats);
