-- What keeps lists as quick in a large club as in a small one.

-- What SEARCH looks in: folded words, Chinese characters and pairs of neighbours. A row is for 4,096 neighbouring
-- titles: `members` are those that have the term, two characters from `0` to `o` each (sql/src/posting.rs). Deleted
-- titles are not in it.
CREATE TABLE posting (
    term    TEXT    NOT NULL,
    block   INTEGER NOT NULL,
    members TEXT    NOT NULL,
    PRIMARY KEY (term, block)
) STRICT, WITHOUT ROWID;
INSERT INTO posting
    SELECT w.term, w.title / 4096, group_concat(char(48 + w.title % 4096 / 64, 48 + w.title % 64), '')
    FROM term w JOIN title t ON t.id = w.title WHERE t.listed = 1 GROUP BY w.term, w.title / 4096;
DROP TABLE term;
-- For `reeld check`: what the titles of a block are found by.
CREATE INDEX posting_of_block ON posting (block, term);

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
