-- What keeps lists as quick in a large club as in a small one.

-- What SEARCH looks in: folded words, Chinese characters and pairs of neighbours. A row is for 4,096 neighbouring
-- titles: `members` are those that have the term, two characters from `0` to `o` each (sql/src/posting.rs). Deleted
-- titles have the empty term besides their own.
CREATE TABLE posting (
    term    TEXT    NOT NULL,
    block   INTEGER NOT NULL,
    members TEXT    NOT NULL,
    PRIMARY KEY (term, block)
) STRICT, WITHOUT ROWID;
INSERT INTO posting
    SELECT term, title / 4096, group_concat(char(48 + title % 4096 / 64, 48 + title % 64), '')
    FROM term GROUP BY term, title / 4096;
INSERT INTO posting
    SELECT '', id / 4096, group_concat(char(48 + id % 4096 / 64, 48 + id % 64), '')
    FROM title WHERE listed = 0 GROUP BY id / 4096;
DROP TABLE term;

-- The same of accounts, for USERS: characters and pairs of neighbours of folded names.
CREATE TABLE account_posting (
    term    TEXT    NOT NULL,
    block   INTEGER NOT NULL,
    members TEXT    NOT NULL,
    PRIMARY KEY (term, block)
) STRICT, WITHOUT ROWID;
INSERT INTO account_posting
    SELECT term, account / 4096, group_concat(char(48 + account % 4096 / 64, 48 + account % 64), '')
    FROM account_term GROUP BY term, account / 4096;
DROP TABLE account_term;

-- How many memberships end on a day, so that STATS counts the accounts of one day and no more.
INSERT INTO tally (name, day, value)
    SELECT 'members', member_until / 86400000 + 1, COUNT(*)
    FROM account WHERE member_until IS NOT NULL GROUP BY member_until / 86400000;

CREATE INDEX account_by_role ON account (role, id);
-- With what the revenue of a day is summed up from.
DROP INDEX ledger_by_time;
CREATE INDEX ledger_by_time ON ledger (at, book, amount);
-- What an account topped up on a day.
CREATE INDEX ledger_of_account_by_time ON ledger (account, at);
