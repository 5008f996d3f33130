-- The edition of the FAQ entry that was sent, and what was said of it; '' where none was.

ALTER TABLE tickets ADD COLUMN edition {{text}} NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN said {{text}} NOT NULL DEFAULT '';

CREATE INDEX tickets_sent ON tickets (updated_at) WHERE edition <> '';
