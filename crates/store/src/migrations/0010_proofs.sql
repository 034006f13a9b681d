-- Proofs of the audit log that were made, and how each ended. What was proved last survives a restart; its
-- head shows whether the log was cut or written anew since.
CREATE TABLE proofs (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    -- The head that was reached, as it is printed; null where the chain is broken.
    head TEXT,
    -- The entry at which it is broken, and how.
    broken INTEGER,
    why TEXT,
    CHECK ((head IS NULL) = (broken IS NOT NULL))
) STRICT;
