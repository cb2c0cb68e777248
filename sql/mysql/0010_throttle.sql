-- The table of sqlite/0010_throttle.sql, where it is explained.

CREATE TABLE IF NOT EXISTS throttle (
    id       BIGINT NOT NULL PRIMARY KEY AUTO_INCREMENT,
    mark     VARBINARY(32) NOT NULL UNIQUE,
    failures BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    KEY throttle_by_time (at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
