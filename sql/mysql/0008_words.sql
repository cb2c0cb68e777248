-- The tables of sqlite/0008_words.sql, where they are explained. Every statement may be run again.

CREATE TABLE IF NOT EXISTS dictionary (
    id          BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    name        VARCHAR(64) NOT NULL UNIQUE,
    title       VARCHAR(255) NOT NULL,
    entries     BIGINT NOT NULL,
    imported_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- An index of InnoDB ends with the id by itself, as one of SQLite does.
CREATE TABLE IF NOT EXISTS word (
    id         BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    dictionary BIGINT NOT NULL,
    word       VARCHAR(255) NOT NULL,
    folded     VARCHAR(255) NOT NULL,
    part       BIGINT NOT NULL,
    text       TEXT NOT NULL,
    KEY word_by_folded (folded, dictionary),
    KEY word_of_dictionary (dictionary),
    FOREIGN KEY (dictionary) REFERENCES dictionary (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS lookup (
    id      BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    account BIGINT NOT NULL,
    word    VARCHAR(255) NOT NULL,
    at      BIGINT NOT NULL,
    KEY lookup_of_account (account),
    FOREIGN KEY (account) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
