-- Times are milliseconds since 1970 UTC; money is in cents; hashes are SHA-256.

CREATE TABLE account (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT    NOT NULL,
    -- NFKC and case fold of the name: what is unique.
    folded       TEXT    NOT NULL UNIQUE,
    role         TEXT    NOT NULL,
    -- Argon2id in PHC form.
    password     TEXT    NOT NULL,
    balance      INTEGER NOT NULL DEFAULT 0 CHECK (balance >= 0),
    member_until INTEGER,
    -- When the one ad wait that runs, or ran last, is over.
    wait_until   INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL,
    seen_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account    INTEGER NOT NULL REFERENCES account (id),
    -- Hash of the token.
    token      BLOB    NOT NULL UNIQUE,
    address    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_of_account ON session (account, id);
CREATE INDEX session_by_expiry ON session (expires_at);

CREATE TABLE invite (
    -- Hash of the code.
    code       BLOB    NOT NULL PRIMARY KEY,
    role       TEXT    NOT NULL,
    uses       INTEGER NOT NULL,
    maker      INTEGER,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX invite_by_expiry ON invite (expires_at);

CREATE TABLE content (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256    BLOB    NOT NULL UNIQUE,
    md5       BLOB    NOT NULL,
    size      INTEGER NOT NULL,
    stored_at INTEGER NOT NULL
) STRICT;

CREATE TABLE title (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT    NOT NULL,
    -- What `sort=name` goes by.
    folded       TEXT    NOT NULL,
    description  TEXT    NOT NULL,
    author       INTEGER NOT NULL REFERENCES account (id),
    kind         TEXT    NOT NULL,
    price        INTEGER NOT NULL,
    member_price INTEGER NOT NULL,
    content      INTEGER NOT NULL REFERENCES content (id),
    size         INTEGER NOT NULL,
    fetched      INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL,
    -- 1, or 0 when it is deleted.
    listed       INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX title_by_id ON title (listed, id);
CREATE INDEX title_by_name ON title (listed, folded, id);
CREATE INDEX title_by_size ON title (listed, size, id);
CREATE INDEX title_by_fetched ON title (listed, fetched, id);
CREATE INDEX title_kind_by_id ON title (listed, kind, id);
CREATE INDEX title_kind_by_name ON title (listed, kind, folded, id);
CREATE INDEX title_kind_by_size ON title (listed, kind, size, id);
CREATE INDEX title_kind_by_fetched ON title (listed, kind, fetched, id);
CREATE INDEX title_of_content ON title (content);
CREATE INDEX title_of_author ON title (author, id);

-- What SEARCH looks in: folded words, Chinese characters and pairs of neighbours.
CREATE TABLE term (
    term  TEXT    NOT NULL,
    title INTEGER NOT NULL REFERENCES title (id),
    PRIMARY KEY (term, title)
) STRICT, WITHOUT ROWID;
CREATE INDEX term_of_title ON term (title);

CREATE TABLE purchase (
    account   INTEGER NOT NULL REFERENCES account (id),
    title     INTEGER NOT NULL REFERENCES title (id),
    paid      INTEGER NOT NULL,
    bought_at INTEGER NOT NULL,
    PRIMARY KEY (account, title)
) STRICT, WITHOUT ROWID;
CREATE INDEX purchase_of_title ON purchase (title);

-- An ad wait, and the grant that it becomes at `starts_at`.
CREATE TABLE pass (
    account   INTEGER NOT NULL REFERENCES account (id),
    title     INTEGER NOT NULL REFERENCES title (id),
    starts_at INTEGER NOT NULL,
    ends_at   INTEGER NOT NULL,
    PRIMARY KEY (account, title)
) STRICT, WITHOUT ROWID;
CREATE INDEX pass_by_end ON pass (ends_at);

-- Append-only, double entry: a row is both sides of a movement. `amount` goes to the wallet of
-- `account` and comes from `book`; less than zero the other way round.
CREATE TABLE ledger (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    account INTEGER NOT NULL REFERENCES account (id),
    book    TEXT    NOT NULL,
    amount  INTEGER NOT NULL,
    -- Of the wallet, afterwards.
    balance INTEGER NOT NULL,
    why     TEXT    NOT NULL,
    title   INTEGER,
    -- Who did it, where that was somebody else.
    actor   INTEGER
) STRICT;
CREATE INDEX ledger_of_account ON ledger (account, id);

-- First answers, so that a command given again with the same key has no second effect.
CREATE TABLE once (
    account   INTEGER NOT NULL REFERENCES account (id),
    verb      TEXT    NOT NULL,
    -- Hash of the key.
    mark      BLOB    NOT NULL,
    -- Hash of the other arguments.
    arguments BLOB    NOT NULL,
    answer    TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    -- 0 for a refusal: nothing happened, so it need not be kept for ever.
    effect    INTEGER NOT NULL,
    PRIMARY KEY (account, verb, mark)
) STRICT, WITHOUT ROWID;
CREATE INDEX once_by_time ON once (effect, at);

CREATE TABLE download (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES account (id),
    title   INTEGER NOT NULL REFERENCES title (id),
    how     TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    -- Bytes of the file that arrived, none counted twice.
    bytes   INTEGER NOT NULL,
    -- The stretches that arrived: `0-500,900-1000`.
    got     TEXT    NOT NULL,
    done    INTEGER NOT NULL
) STRICT;
CREATE INDEX download_of_account ON download (account, id);
CREATE INDEX download_of_title ON download (account, title, id);
