-- There is a row for a title while it is deleted: since when, and since when its bytes are gone for good.
CREATE TABLE removal (
    title     INTEGER NOT NULL PRIMARY KEY REFERENCES title (id),
    at        INTEGER NOT NULL,
    -- A purged title never comes back.
    purged_at INTEGER
) STRICT;
-- When these were deleted is not known: at the latest now.
INSERT INTO removal (title, at)
    SELECT id, CAST(strftime('%s', 'now') AS INTEGER) * 1000 FROM title WHERE listed = 0;
