-- The tables of sqlite/0002_club.sql, where they are explained. Every statement may be run again.

CREATE TABLE IF NOT EXISTS meta (
    name  VARCHAR(64) NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
INSERT IGNORE INTO meta (name, value) VALUES ('admins', ''), ('books', '0');

CREATE TABLE IF NOT EXISTS account_lock (
    account BIGINT NOT NULL PRIMARY KEY,
    why     VARCHAR(255) NOT NULL,
    admin   BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    FOREIGN KEY (account) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS account_term (
    term    VARCHAR(16) NOT NULL,
    account BIGINT NOT NULL,
    PRIMARY KEY (term, account),
    KEY account_term_of (account),
    FOREIGN KEY (account) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS reset (
    code       VARBINARY(32) NOT NULL PRIMARY KEY,
    account    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    KEY reset_of_account (account),
    KEY reset_by_expiry (expires_at),
    FOREIGN KEY (account) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS audit (
    id      BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    at      BIGINT NOT NULL,
    admin   BIGINT NOT NULL,
    deed    VARCHAR(32) NOT NULL,
    object  VARCHAR(255) NOT NULL,
    address VARCHAR(64) NOT NULL,
    FOREIGN KEY (admin) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS notice (
    id     BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    at     BIGINT NOT NULL,
    author BIGINT NOT NULL,
    title  VARCHAR(255) NOT NULL,
    text   TEXT NOT NULL,
    FOREIGN KEY (author) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS ad (
    id         BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    text       TEXT NOT NULL,
    link       TEXT NOT NULL,
    weight     BIGINT NOT NULL,
    active     BIGINT NOT NULL,
    shown      BIGINT NOT NULL,
    created_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS wait_ad (
    account BIGINT NOT NULL PRIMARY KEY,
    ad      BIGINT NOT NULL,
    FOREIGN KEY (account) REFERENCES account (id),
    FOREIGN KEY (ad) REFERENCES ad (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS voucher (
    code        VARBINARY(32) NOT NULL PRIMARY KEY,
    amount      BIGINT NOT NULL,
    maker       BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    redeemed_by BIGINT,
    redeemed_at BIGINT
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS ledger_note (
    entry BIGINT NOT NULL PRIMARY KEY,
    note  VARCHAR(255) NOT NULL,
    FOREIGN KEY (entry) REFERENCES ledger (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS tally (
    name  VARCHAR(32) NOT NULL,
    day   BIGINT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (name, day)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE INDEX account_by_membership ON account (member_until);
CREATE INDEX ledger_by_time ON ledger (at);
