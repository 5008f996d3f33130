-- What emptying rows needs: what belongs to a ticket, and when a file was stored last.

CREATE INDEX inbox_of_ticket ON inbox (ticket) WHERE ticket IS NOT NULL;

CREATE INDEX outbox_of_ticket ON outbox (ticket) WHERE ticket IS NOT NULL;

-- Microseconds since 1970; 0 for files from before there was this column.
ALTER TABLE files ADD COLUMN stored_at {{int}} NOT NULL DEFAULT 0;
