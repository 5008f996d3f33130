-- Whoever asks how their requests stand is told of those that were merged into others, too.

CREATE INDEX tickets_merged ON tickets (kind, address, number) WHERE state = 'merged';
