-- Until when the end of a case can be taken back, and what it was before.
ALTER TABLE cases ADD COLUMN undo_until INTEGER;
ALTER TABLE cases ADD COLUMN undo TEXT;

-- What a delayed mail had in the outbox when it was stopped, for as long as that can be taken back.
-- Nothing leaves from here.
CREATE TABLE shelved (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    case_id TEXT NOT NULL,
    part INTEGER,
    mail TEXT,
    body TEXT NOT NULL REFERENCES bodies (id),
    head BLOB NOT NULL,
    envelope BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX shelved_case ON shelved (case_id);
CREATE INDEX shelved_body ON shelved (body);
CREATE INDEX cases_undo ON cases (undo_until) WHERE undo_until IS NOT NULL;
