-- What this database is: the node whose chain it holds, and a sealed word that proves the key.
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The audit log. The columns between hash and entry repeat the entry for searching; verify compares.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    hash BLOB NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    action TEXT NOT NULL,
    case_id TEXT,
    message_id TEXT,
    sender TEXT,
    entry TEXT NOT NULL
) STRICT;
-- Both grow at their end or stay small, so that a passing mail touches few pages.
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_case ON audit (case_id) WHERE case_id IS NOT NULL;

-- The last hours of sending, hashed, one row a commit; folded into `seen` afterwards.
CREATE TABLE history (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;
-- A row for the log and, with the last one of a commit, one for the history: so that a commit is one
-- statement, which is a transaction by itself.
CREATE VIEW appending (
    seq, hash, at, kind, action, case_id, message_id, sender, entry, traced_at, traces
) AS SELECT seq, hash, at, kind, action, case_id, message_id, sender, entry, NULL, NULL FROM audit;
CREATE TRIGGER append INSTEAD OF INSERT ON appending BEGIN
    INSERT INTO audit (seq, hash, at, kind, action, case_id, message_id, sender, entry)
    VALUES (NEW.seq, NEW.hash, NEW.at, NEW.kind, NEW.action, NEW.case_id, NEW.message_id, NEW.sender,
        NEW.entry);
    INSERT INTO history (id, at, data)
    SELECT NEW.seq, NEW.traced_at, NEW.traces WHERE NEW.traces IS NOT NULL;
END;
-- Who has written to whom, and from where: 64-bit hashes, little-endian, one after the other.
CREATE TABLE seen (
    id INTEGER PRIMARY KEY,
    day INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;

CREATE TABLE cases (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    message_id TEXT,
    sender TEXT NOT NULL,
    subject TEXT,
    recipients TEXT NOT NULL,
    outside BLOB NOT NULL,
    parts INTEGER NOT NULL,
    rewrite TEXT,
    approval TEXT NOT NULL,
    rules TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    concluded_at INTEGER,
    purged INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX cases_state ON cases (state, ends_at);
CREATE INDEX cases_sender ON cases (sender, message_id);
CREATE INDEX cases_opened ON cases (opened_at);

-- One transaction of a case. The bytes of a delayed part stand in the outbox.
CREATE TABLE parts (
    case_id TEXT NOT NULL REFERENCES cases (id),
    part INTEGER NOT NULL,
    mail TEXT,
    digest BLOB NOT NULL,
    size INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    envelope BLOB,
    bytes BLOB,
    PRIMARY KEY (case_id, part)
) STRICT;
CREATE INDEX parts_digest ON parts (digest);

-- Mail that was split into single copies, so that the same mail sent again is not split twice.
CREATE TABLE accepted (
    digest BLOB PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A body that one or more items of the outbox share.
CREATE TABLE bodies (
    id TEXT PRIMARY KEY,
    data BLOB NOT NULL
) STRICT;
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    case_id TEXT,
    part INTEGER,
    mail TEXT,
    body TEXT NOT NULL REFERENCES bodies (id),
    head BLOB NOT NULL,
    envelope BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    warned INTEGER NOT NULL DEFAULT 0,
    taken_by TEXT,
    taken_until INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outbox_due ON outbox (not_before);
CREATE INDEX outbox_body ON outbox (body);
CREATE INDEX outbox_case ON outbox (case_id) WHERE case_id IS NOT NULL;

CREATE TABLE tellings (
    id INTEGER PRIMARY KEY,
    once TEXT,
    case_id TEXT,
    due_at INTEGER NOT NULL,
    told_at INTEGER,
    body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX tellings_once ON tellings (once) WHERE once IS NOT NULL;
CREATE INDEX tellings_due ON tellings (due_at) WHERE told_at IS NULL;
CREATE INDEX tellings_told ON tellings (told_at) WHERE told_at IS NOT NULL;

CREATE TABLE warnings (
    control TEXT NOT NULL,
    expires TEXT NOT NULL,
    step INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (control, expires, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
