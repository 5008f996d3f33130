-- number_take --
-- Move the counter of ticket numbers on.
UPDATE counters SET value = value + :count WHERE name = 'ticket' RETURNING value

-- lease_show --
-- Who holds a name.
SELECT key, holder, fence, expires_at FROM leases WHERE key = :key

-- lease_take --
-- Hold a name until a time.
INSERT INTO leases (key, holder, fence, expires_at) VALUES (:key, :holder, :fence, :expires_at)
ON CONFLICT (key) DO UPDATE
SET holder = excluded.holder, fence = excluded.fence, expires_at = excluded.expires_at

-- lease_drop --
-- Give a name back; its fence goes on counting.
UPDATE leases SET holder = '', expires_at = 0 WHERE key = :key AND holder = :holder

-- lease_list --
-- Every name that is held.
SELECT key, holder, fence, expires_at FROM leases WHERE holder <> '' ORDER BY key

-- lease_forsake --
-- Let the leases of a dead process run out now.
UPDATE leases SET expires_at = 0

-- lease_prove --
-- Change something that nobody looks at: no holder, so it is never listed.
INSERT INTO leases (key, holder, fence, expires_at) VALUES ('ping', '', 1, 0)
ON CONFLICT (key) DO UPDATE SET fence = leases.fence + 1

-- secret_list --
-- The keys, newest first.
SELECT id, value, created_at FROM secrets ORDER BY id DESC

-- secret_insert --
-- Store a new key.
INSERT INTO secrets (value, created_at) VALUES (:value, :created_at) RETURNING id

-- depth_inbox --
-- Unfinished and quarantined events by channel.
SELECT channel, state, count(*) AS many, min(received_at) AS oldest_at FROM inbox
WHERE state IN ('new', 'claimed') GROUP BY channel, state
UNION ALL
SELECT channel, state, count(*), min(received_at) FROM inbox
WHERE state = 'quarantined' GROUP BY channel, state

-- depth_outbox --
-- Rows that wait or were given up, by channel.
SELECT channel, state, count(*) AS many, min(created_at) AS oldest_at FROM outbox
WHERE state IN ('queued', 'wire', 'retry', 'uncertain') GROUP BY channel, state
UNION ALL
SELECT channel, state, count(*), min(created_at) FROM outbox
WHERE state IN ('held', 'dead') GROUP BY channel, state

-- audit_accepted --
-- All events that were ever stored.
SELECT count(*) AS many FROM inbox

-- audit_inbox --
-- Events by what became of them.
SELECT state, outcome, count(*) AS many FROM inbox GROUP BY state, outcome

-- audit_problems --
-- What does not hold beside the sum.
SELECT
    (SELECT count(*) FROM inbox WHERE state = 'done' AND outcome IS NULL)
    + (SELECT count(*) FROM inbox
       WHERE state = 'done' AND outcome IN ('routed', 'appended') AND ticket IS NULL)
    + (SELECT count(*) FROM inbox WHERE ticket IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM tickets WHERE tickets.number = inbox.ticket))
    + (SELECT count(*) FROM outbox WHERE state IN ('sent', 'bounced')
       AND NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.position = outbox.position
                       AND attempts.state = outbox.state))
    + (SELECT count(*) FROM tickets
       WHERE NOT EXISTS (SELECT 1 FROM ticket_events WHERE ticket_events.ticket = tickets.number
                         AND ticket_events.kind = 'request')) AS problems
