-- What the log counts up to, by the hour, so that an overview reads a few rows instead of all entries.
-- It can be made anew from the log at any time.
CREATE TABLE tallies (
    hour INTEGER NOT NULL,
    what TEXT NOT NULL,
    name TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (hour, what, name)
) STRICT, WITHOUT ROWID;
-- How far the log has been counted.
CREATE TABLE tallied (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL
) STRICT;
INSERT INTO tallied (one, seq) VALUES (1, 0);
