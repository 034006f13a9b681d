-- For the lists of the review site: cases of one state or one sender, the newest first.
CREATE INDEX cases_state_opened ON cases (state, opened_at);
CREATE INDEX cases_sender_opened ON cases (sender, opened_at);
-- The register of overrides. No other entry touches it.
CREATE INDEX audit_overrides ON audit (at) WHERE kind = 'case' AND action IN ('released', 'repaired');
