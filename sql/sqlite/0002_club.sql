-- What admins do, and what the club counts.

-- A few values of the club as a whole. The row `admins` is locked by whoever changes who is one; `books` is
-- the last day whose revenue is tallied for good.
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta (name, value) VALUES ('admins', ''), ('books', '0');

-- There is a row for an account while it is locked.
CREATE TABLE account_lock (
    account INTEGER NOT NULL PRIMARY KEY REFERENCES account (id),
    why     TEXT    NOT NULL,
    admin   INTEGER NOT NULL,
    at      INTEGER NOT NULL
) STRICT;

-- What USERS looks in: characters and pairs of neighbours of folded names.
CREATE TABLE account_term (
    term    TEXT    NOT NULL,
    account INTEGER NOT NULL REFERENCES account (id),
    PRIMARY KEY (term, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_term_of ON account_term (account);

-- A code with which a forgotten password is set anew.
CREATE TABLE reset (
    code       BLOB    NOT NULL PRIMARY KEY,
    account    INTEGER NOT NULL REFERENCES account (id),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reset_of_account ON reset (account);
CREATE INDEX reset_by_expiry ON reset (expires_at);

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    admin   INTEGER NOT NULL REFERENCES account (id),
    deed    TEXT    NOT NULL,
    -- What it was done to.
    object  TEXT    NOT NULL,
    address TEXT    NOT NULL
) STRICT;

CREATE TABLE notice (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     INTEGER NOT NULL,
    author INTEGER NOT NULL REFERENCES account (id),
    title  TEXT    NOT NULL,
    text   TEXT    NOT NULL
) STRICT;

CREATE TABLE ad (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    text       TEXT    NOT NULL,
    link       TEXT    NOT NULL,
    weight     INTEGER NOT NULL,
    -- 1 while it is shown.
    active     INTEGER NOT NULL,
    -- Impressions: one a wait.
    shown      INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- The ad of an account's present or last wait.
CREATE TABLE wait_ad (
    account INTEGER NOT NULL PRIMARY KEY REFERENCES account (id),
    ad      INTEGER NOT NULL REFERENCES ad (id)
) STRICT;

CREATE TABLE voucher (
    code        BLOB    NOT NULL PRIMARY KEY,
    amount      INTEGER NOT NULL,
    maker       INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    redeemed_by INTEGER,
    redeemed_at INTEGER
) STRICT, WITHOUT ROWID;

-- Why an entry of the ledger was made, in somebody's words.
CREATE TABLE ledger_note (
    entry INTEGER NOT NULL PRIMARY KEY REFERENCES ledger (id),
    note  TEXT    NOT NULL
) STRICT;

-- What is counted as it happens: by day, and in all under day 0.
CREATE TABLE tally (
    name  TEXT    NOT NULL,
    day   INTEGER NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (name, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_by_membership ON account (member_until);
CREATE INDEX ledger_by_time ON ledger (at);
