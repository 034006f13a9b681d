-- Who was asked about which held mail, each once in each step; a sweep of several cases has one time.
CREATE TABLE asked (
    case_id TEXT NOT NULL REFERENCES cases (id),
    step TEXT NOT NULL,
    person TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (case_id, step, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX asked_person ON asked (person, at);

-- When somebody is to be asked about a held mail again; without a row, at once.
CREATE TABLE asking (
    case_id TEXT PRIMARY KEY REFERENCES cases (id),
    next_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Decisions of second persons: by what right, and how soon after the page was opened.
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    at INTEGER NOT NULL,
    person TEXT NOT NULL,
    standing TEXT NOT NULL,
    outcome TEXT NOT NULL,
    seconds INTEGER,
    quick INTEGER NOT NULL
) STRICT;
CREATE INDEX decisions_case ON decisions (case_id);
CREATE INDEX decisions_quick ON decisions (at) WHERE quick;
