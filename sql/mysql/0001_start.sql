-- The tables of sqlite/0001_start.sql, where each column is explained. DDL commits by itself here, so every
-- statement may be run again.
-- Times are milliseconds since 1970 UTC; money is in cents; hashes are SHA-256.

CREATE TABLE IF NOT EXISTS account (
    id           BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    name         VARCHAR(255) NOT NULL,
    -- NFKC and case fold of the name: what is unique.
    folded       VARCHAR(700) NOT NULL UNIQUE,
    role         VARCHAR(16) NOT NULL,
    -- Argon2id in PHC form.
    password     VARCHAR(255) NOT NULL,
    balance      BIGINT NOT NULL DEFAULT 0 CHECK (balance >= 0),
    member_until BIGINT,
    -- When the one ad wait that runs, or ran last, is over.
    wait_until   BIGINT NOT NULL DEFAULT 0,
    created_at   BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS session (
    id         BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    account    BIGINT NOT NULL,
    -- Hash of the token.
    token      VARBINARY(32) NOT NULL UNIQUE,
    address    VARCHAR(64) NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    KEY session_of_account (account, id),
    KEY session_by_expiry (expires_at),
    FOREIGN KEY (account) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS invite (
    -- Hash of the code.
    code       VARBINARY(32) NOT NULL PRIMARY KEY,
    role       VARCHAR(16) NOT NULL,
    uses       BIGINT NOT NULL,
    maker      BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    KEY invite_by_expiry (expires_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS content (
    id        BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    sha256    VARBINARY(32) NOT NULL UNIQUE,
    md5       VARBINARY(16) NOT NULL,
    size      BIGINT NOT NULL,
    stored_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS title (
    id           BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    name         VARCHAR(255) NOT NULL,
    -- What `sort=name` goes by.
    folded       VARCHAR(255) NOT NULL,
    description  TEXT NOT NULL,
    author       BIGINT NOT NULL,
    kind         VARCHAR(16) NOT NULL,
    price        BIGINT NOT NULL,
    member_price BIGINT NOT NULL,
    content      BIGINT NOT NULL,
    size         BIGINT NOT NULL,
    fetched      BIGINT NOT NULL DEFAULT 0,
    created_at   BIGINT NOT NULL,
    -- 1, or 0 when it is deleted.
    listed       BIGINT NOT NULL DEFAULT 1,
    KEY title_by_id (listed, id),
    KEY title_by_name (listed, folded, id),
    KEY title_by_size (listed, size, id),
    KEY title_by_fetched (listed, fetched, id),
    KEY title_kind_by_id (listed, kind, id),
    KEY title_kind_by_name (listed, kind, folded, id),
    KEY title_kind_by_size (listed, kind, size, id),
    KEY title_kind_by_fetched (listed, kind, fetched, id),
    KEY title_of_content (content),
    KEY title_of_author (author, id),
    FOREIGN KEY (author) REFERENCES account (id),
    FOREIGN KEY (content) REFERENCES content (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- What SEARCH looks in: folded words, Chinese characters and pairs of neighbours.
CREATE TABLE IF NOT EXISTS term (
    term  VARCHAR(64) NOT NULL,
    title BIGINT NOT NULL,
    PRIMARY KEY (term, title),
    KEY term_of_title (title),
    FOREIGN KEY (title) REFERENCES title (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS purchase (
    account   BIGINT NOT NULL,
    title     BIGINT NOT NULL,
    paid      BIGINT NOT NULL,
    bought_at BIGINT NOT NULL,
    PRIMARY KEY (account, title),
    KEY purchase_of_title (title),
    FOREIGN KEY (account) REFERENCES account (id),
    FOREIGN KEY (title) REFERENCES title (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- An ad wait, and the grant that it becomes at `starts_at`.
CREATE TABLE IF NOT EXISTS pass (
    account   BIGINT NOT NULL,
    title     BIGINT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at   BIGINT NOT NULL,
    PRIMARY KEY (account, title),
    KEY pass_by_end (ends_at),
    FOREIGN KEY (account) REFERENCES account (id),
    FOREIGN KEY (title) REFERENCES title (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Append-only, double entry: a row is both sides of a movement. `amount` goes to the wallet of
-- `account` and comes from `book`; less than zero the other way round.
CREATE TABLE IF NOT EXISTS ledger (
    id      BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    at      BIGINT NOT NULL,
    account BIGINT NOT NULL,
    book    VARCHAR(32) NOT NULL,
    amount  BIGINT NOT NULL,
    -- Of the wallet, afterwards.
    balance BIGINT NOT NULL,
    why     VARCHAR(32) NOT NULL,
    title   BIGINT,
    -- Who did it, where that was somebody else.
    actor   BIGINT,
    KEY ledger_of_account (account, id),
    FOREIGN KEY (account) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- First answers, so that a command given again with the same key has no second effect.
CREATE TABLE IF NOT EXISTS once (
    account   BIGINT NOT NULL,
    verb      VARCHAR(16) NOT NULL,
    -- Hash of the key.
    mark      VARBINARY(32) NOT NULL,
    -- Hash of the other arguments.
    arguments VARBINARY(32) NOT NULL,
    answer    TEXT NOT NULL,
    at        BIGINT NOT NULL,
    -- 0 for a refusal: nothing happened, so it need not be kept for ever.
    effect    BIGINT NOT NULL,
    PRIMARY KEY (account, verb, mark),
    KEY once_by_time (effect, at),
    FOREIGN KEY (account) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS download (
    id      BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    account BIGINT NOT NULL,
    title   BIGINT NOT NULL,
    how     VARCHAR(16) NOT NULL,
    at      BIGINT NOT NULL,
    -- Bytes of the file that arrived, none counted twice.
    bytes   BIGINT NOT NULL,
    -- The stretches that arrived: `0-500,900-1000`.
    got     TEXT NOT NULL,
    done    BIGINT NOT NULL,
    KEY download_of_account (account, id),
    KEY download_of_title (account, title, id),
    FOREIGN KEY (account) REFERENCES account (id),
    FOREIGN KEY (title) REFERENCES title (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

