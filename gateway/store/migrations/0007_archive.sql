-- The tickets that were closed last, however many others there are.

CREATE INDEX tickets_closed ON tickets (updated_at) WHERE state = 'closed';
