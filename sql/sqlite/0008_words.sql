-- The dictionaries, and who looked what up in them.

CREATE TABLE dictionary (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT    NOT NULL UNIQUE,
    -- What it calls itself.
    title       TEXT    NOT NULL,
    entries     INTEGER NOT NULL,
    imported_at INTEGER NOT NULL
) STRICT;

-- An entry, or a piece of a long one: a row here is a row on the wire.
CREATE TABLE word (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    dictionary INTEGER NOT NULL REFERENCES dictionary (id),
    -- As the dictionary writes it.
    word       TEXT    NOT NULL,
    -- What it is found by: NFKC, case fold, single blanks.
    folded     TEXT    NOT NULL,
    -- 0 for an entry in one piece; the pieces of a longer one count from 1, in the order of their ids.
    part       INTEGER NOT NULL,
    text       TEXT    NOT NULL
) STRICT;
CREATE INDEX word_by_folded ON word (folded, dictionary);
CREATE INDEX word_of_dictionary ON word (dictionary);

CREATE TABLE lookup (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES account (id),
    -- As it was asked for.
    word    TEXT    NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX lookup_of_account ON lookup (account);
