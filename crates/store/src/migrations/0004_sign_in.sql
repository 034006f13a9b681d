-- A password that somebody else has set is changed at the first sign-in.
ALTER TABLE accounts ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0;
-- Where a session was begun from: the address, as the site saw it.
ALTER TABLE sessions ADD COLUMN origin TEXT NOT NULL DEFAULT '';
