-- The club's first schema. A statement ends with a semicolon at the end of its line. DDL commits by itself here:
-- IF NOT EXISTS lets a file that broke off in the middle be run again.
CREATE TABLE IF NOT EXISTS meta (
    name  VARCHAR(64) NOT NULL PRIMARY KEY,
    value TEXT
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
