-- Times are milliseconds since 1970 UTC; money is in cents; hashes are SHA-256.

CREATE TABLE account (
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

CREATE TABLE session (
    id         BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    account    BIGINT NOT NULL,
    -- Hash of the token.
    token      VARBINARY(32) NOT NULL UNIQUE,
    address    VARCHAR(64) NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    FOREIGN KEY (account) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE INDEX session_of_account ON session (account, id);
CREATE INDEX session_by_expiry ON session (expires_at);

CREATE TABLE invite (
    -- Hash of the code.
    code       VARBINARY(32) NOT NULL PRIMARY KEY,
    role       VARCHAR(16) NOT NULL,
    uses       BIGINT NOT NULL,
    maker      BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE INDEX invite_by_expiry ON invite (expires_at);

CREATE TABLE content (
    id        BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    sha256    VARBINARY(32) NOT NULL UNIQUE,
    md5       VARBINARY(16) NOT NULL,
    size      BIGINT NOT NULL,
    stored_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE title (
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
    FOREIGN KEY (author) REFERENCES account (id),
    FOREIGN KEY (content) REFERENCES content (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
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
    term  VARCHAR(64) NOT NULL,
    title BIGINT NOT NULL,
    PRIMARY KEY (term, title),
    FOREIGN KEY (title) REFERENCES title (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE INDEX term_of_title ON term (title);

CREATE TABLE purchase (
    account   BIGINT NOT NULL,
    title     BIGINT NOT NULL,
    paid      BIGINT NOT NULL,
    bought_at BIGINT NOT NULL,
    PRIMARY KEY (account, title),
    FOREIGN KEY (account) REFERENCES account (id),
    FOREIGN KEY (title) REFERENCES title (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE INDEX purchase_of_title ON purchase (title);

-- An ad wait, and the grant that it becomes at `starts_at`.
CREATE TABLE pass (
    account   BIGINT NOT NULL,
    title     BIGINT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at   BIGINT NOT NULL,
    PRIMARY KEY (account, title),
    FOREIGN KEY (account) REFERENCES account (id),
    FOREIGN KEY (title) REFERENCES title (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE INDEX pass_by_end ON pass (ends_at);

-- Append-only, double entry: a row is both sides of a movement. `amount` goes to the wallet of
-- `account` and comes from `book`; less than zero the other way round.
CREATE TABLE ledger (
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
    FOREIGN KEY (account) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE INDEX ledger_of_account ON ledger (account, id);

-- First answers, so that a command given again with the same key has no second effect.
CREATE TABLE once (
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
    FOREIGN KEY (account) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE INDEX once_by_time ON once (effect, at);

CREATE TABLE download (
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
    FOREIGN KEY (account) REFERENCES account (id),
    FOREIGN KEY (title) REFERENCES title (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE INDEX download_of_account ON download (account, id);
CREATE INDEX download_of_title ON download (account, title, id);

