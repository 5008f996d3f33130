-- Which node has a part on the wire: when it is gone, another one goes on.

ALTER TABLE outbox ADD COLUMN holder {{text}} NOT NULL DEFAULT '';
