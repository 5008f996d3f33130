-- What the report counts tickets by.

-- Whether the requester said that it helped: 1, 0, or NULL while they did not.
ALTER TABLE tickets ADD COLUMN helped {{int}};

DROP INDEX tickets_created;

CREATE INDEX tickets_created
    ON tickets (created_at, channel, went_to, team, level, reopened, helped);
