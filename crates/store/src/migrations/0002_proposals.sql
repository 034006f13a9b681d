-- The repair that somebody proposes for a held mail: JSON, let go of with the bytes.
ALTER TABLE cases ADD COLUMN proposal TEXT;
