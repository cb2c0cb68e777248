-- Who guesses passwords and codes, and how often: what is counted is known by a hash, and the rows are bounded.

CREATE TABLE throttle (
    -- In the order of the last failures: a row that counts once more becomes a new one.
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    -- SHA-256 of what is counted: a name with an address, an address, an account.
    mark     BLOB    NOT NULL UNIQUE,
    failures INTEGER NOT NULL,
    -- When the last of them was.
    at       INTEGER NOT NULL
) STRICT;
CREATE INDEX throttle_by_time ON throttle (at);
