-- The club's first schema.
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT
) STRICT;
