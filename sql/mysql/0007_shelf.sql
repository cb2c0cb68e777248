-- Quotas of the file shelf that differ from the club's; -1: the club's.
CREATE TABLE IF NOT EXISTS quota (
    account BIGINT NOT NULL PRIMARY KEY,
    bytes   BIGINT NOT NULL,
    titles  BIGINT NOT NULL,
    FOREIGN KEY (account) REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
-- What somebody has on the shelf is summed up from the index alone.
CREATE INDEX title_on_shelf ON title (author, listed, kind, size);
