-- The tables of sqlite/0005_scale.sql, where they are explained. Every statement may be run again.

SET SESSION group_concat_max_len = 1048576;

CREATE TABLE IF NOT EXISTS posting (
    term    VARCHAR(64) NOT NULL,
    block   BIGINT NOT NULL,
    members VARCHAR(8192) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    PRIMARY KEY (term, block),
    KEY posting_of_block (block, term)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE IF NOT EXISTS account_posting (
    term    VARCHAR(16) NOT NULL,
    block   BIGINT NOT NULL,
    members VARCHAR(8192) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    PRIMARY KEY (term, block)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Gone already, if this is run again.
CREATE TABLE IF NOT EXISTS term (term VARCHAR(64) NOT NULL, title BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS account_term (term VARCHAR(16) NOT NULL, account BIGINT NOT NULL);
INSERT IGNORE INTO posting (term, block, members)
    SELECT w.term, w.title DIV 4096, GROUP_CONCAT(
        CHAR(48 + w.title MOD 4096 DIV 64 USING ascii), CHAR(48 + w.title MOD 64 USING ascii) SEPARATOR '')
    FROM term w JOIN title t ON t.id = w.title WHERE t.listed = 1 GROUP BY w.term, w.title DIV 4096;
INSERT IGNORE INTO account_posting (term, block, members)
    SELECT term, account DIV 4096, GROUP_CONCAT(
        CHAR(48 + account MOD 4096 DIV 64 USING ascii), CHAR(48 + account MOD 64 USING ascii) SEPARATOR '')
    FROM account_term GROUP BY term, account DIV 4096;
DROP TABLE IF EXISTS term;
DROP TABLE IF EXISTS account_term;

INSERT IGNORE INTO tally (name, day, value)
    SELECT 'members', member_until DIV 86400000 + 1, COUNT(*)
    FROM account WHERE member_until IS NOT NULL GROUP BY member_until DIV 86400000 + 1;

ALTER TABLE ledger DROP INDEX ledger_by_time, ADD INDEX ledger_by_time (at, book, amount);
-- Not every server knows CREATE INDEX IF NOT EXISTS.
SET @there = (SELECT COUNT(*) FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND index_name = 'ledger_of_account_by_time');
SET @make = IF(@there > 0, 'DO 0', 'CREATE INDEX ledger_of_account_by_time ON ledger (account, at)');
PREPARE make FROM @make;
EXECUTE make;
SET @there = (SELECT COUNT(*) FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND index_name = 'account_by_role');
SET @make = IF(@there > 0, 'DO 0', 'CREATE INDEX account_by_role ON account (role, id)');
PREPARE make FROM @make;
EXECUTE make;
DEALLOCATE PREPARE make;
