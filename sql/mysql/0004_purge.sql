-- The table of sqlite/0004_purge.sql, where it is explained. Every statement may be run again.

CREATE TABLE IF NOT EXISTS removal (
    title     BIGINT NOT NULL PRIMARY KEY,
    at        BIGINT NOT NULL,
    purged_at BIGINT,
    FOREIGN KEY (title) REFERENCES title (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
INSERT IGNORE INTO removal (title, at) SELECT id, UNIX_TIMESTAMP() * 1000 FROM title WHERE listed = 0;
