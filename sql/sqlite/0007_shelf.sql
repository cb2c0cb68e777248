-- Quotas of the file shelf that differ from the club's; -1: the club's.
CREATE TABLE quota (
    account INTEGER NOT NULL PRIMARY KEY REFERENCES account (id),
    bytes   INTEGER NOT NULL,
    titles  INTEGER NOT NULL
) STRICT;
-- What somebody has on the shelf is summed up from the index alone.
CREATE INDEX title_on_shelf ON title (author, listed, kind, size);
