-- Exceptions made on the pages, besides those of the rules' own exceptions.toml. `until` is the last day
-- (ISO 8601); `recipient_domains` a JSON array. What has ended stays, so that one can see what there was.
CREATE TABLE exceptions (
    id INTEGER PRIMARY KEY,
    rule TEXT NOT NULL,
    sender TEXT,
    sender_domain TEXT,
    recipient_domains TEXT NOT NULL,
    reason TEXT NOT NULL,
    owner TEXT NOT NULL,
    until TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    ended_at INTEGER,
    ended_by TEXT
) STRICT;

-- "This was a false alarm": proposes an exception and makes none. `rules` and `recipient_domains` are
-- JSON arrays, of the rules that held the case and of the domains it was addressed to.
CREATE TABLE feedback (
    id INTEGER PRIMARY KEY,
    case_id TEXT NOT NULL,
    said_by TEXT NOT NULL,
    why TEXT NOT NULL,
    sender TEXT NOT NULL,
    rules TEXT NOT NULL,
    recipient_domains TEXT NOT NULL,
    said_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    decided_at INTEGER,
    decided_by TEXT,
    answer TEXT,
    exception INTEGER REFERENCES exceptions (id)
) STRICT;
-- Each person says it once of a case.
CREATE UNIQUE INDEX feedback_once ON feedback (case_id, said_by);
CREATE INDEX feedback_state ON feedback (state, said_at);

-- The entries in which an exception was used; few, so that counting them needs no walk through the log.
CREATE INDEX audit_excepted ON audit (at) WHERE instr(entry, '"exception: ') > 0;
