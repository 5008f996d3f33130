-- inbox_before --
-- Was an offer key ever stored, and in whose hands is the newest unfinished row of a lane?
SELECT known, state, holder, ready_at
FROM (
    SELECT (SELECT inbox FROM inbox_keys WHERE key = :key) AS known, (
        SELECT max(id) FROM inbox WHERE lane = :lane AND state IN ('new', 'claimed')
    ) AS newest
) AS before
LEFT JOIN inbox ON inbox.id = newest

-- inbox_insert --
-- Store an event, claimed or new.
INSERT INTO inbox (
    channel, lane, state, head, ready_at, fence, holder, attempts, received_at, size, reason,
    keys, facts, burst
) VALUES (
    :channel, :lane, :state, :head, :ready_at, :fence, :holder, 0, :received_at, :size, '',
    :keys, :facts, :burst
) RETURNING id

-- inbox_key_insert --
-- Remember an offer key for ever.
INSERT INTO inbox_keys (key, inbox) VALUES (:key, :inbox)

-- inbox_bytes_insert --
-- Store one chunk of an event's bytes.
INSERT INTO inbox_bytes (piece, bytes) VALUES (:piece, :bytes)

-- inbox_bytes_read --
-- The chunks of an event, in order.
SELECT bytes FROM inbox_bytes WHERE piece >= :first AND piece < :behind ORDER BY piece

-- inbox_claimable --
-- Heads of lanes that are new, or whose lease ran out, oldest first; no suspects.
SELECT id, channel, lane, state, fence, attempts, received_at, size, facts, burst FROM inbox
WHERE head = 1 AND state IN ('new', 'claimed') AND ready_at <= :now
    AND attempts + CASE WHEN state = 'claimed' THEN 1 ELSE 0 END < :suspicious
ORDER BY id LIMIT :count
{{free:inbox}}

-- inbox_suspect --
-- The oldest head of a lane that may have brought processes down, if none is in anybody's hands.
SELECT id, channel, lane, state, fence, attempts, received_at, size, facts, burst FROM inbox
WHERE head = 1 AND state IN ('new', 'claimed') AND ready_at <= :now
    AND attempts + CASE WHEN state = 'claimed' THEN 1 ELSE 0 END >= :suspicious
    AND NOT EXISTS (
        SELECT 1 FROM inbox
        WHERE state IN ('new', 'claimed') AND state = 'claimed' AND ready_at > :now
            AND attempts >= :suspicious
    )
    AND {{alone:suspect}}
ORDER BY id LIMIT 1
{{free:inbox}}

-- inbox_behind --
-- What may be claimed behind a row of its lane, in order: the rest of its burst comes first.
SELECT id, channel, lane, state, fence, attempts, received_at, size, facts, burst FROM inbox
WHERE lane = :lane AND state IN ('new', 'claimed') AND id > :id AND ready_at <= :now
ORDER BY id LIMIT :count
{{held:inbox}}

-- inbox_claim --
-- Take a row under a new fence.
UPDATE inbox
SET state = 'claimed', fence = :fence, holder = :holder, attempts = :attempts, ready_at = :ready_at
WHERE id = :id

-- inbox_release --
-- Give a claimed row back.
UPDATE inbox SET state = 'new', holder = '', ready_at = :ready_at
WHERE id = :id AND fence = :fence AND state = 'claimed'

-- inbox_done --
-- End a claimed row with its one effect.
UPDATE inbox
SET state = 'done', head = 0, outcome = :outcome, reason = :reason, effect = :effect,
    ticket = :ticket, done_at = :at
WHERE id = :id AND fence = :fence AND state = 'claimed'
RETURNING lane

-- inbox_quarantine --
-- Set a claimed row aside for people.
UPDATE inbox SET state = 'quarantined', head = 0, reason = :reason, done_at = :at
WHERE id = :id AND fence = :fence AND state = 'claimed'
RETURNING lane

-- inbox_promote --
-- Let the oldest unfinished row of a lane be its head.
UPDATE inbox SET head = 1
WHERE id = (
    SELECT id FROM inbox WHERE lane = :lane AND state IN ('new', 'claimed') ORDER BY id LIMIT 1
)

-- inbox_retry --
-- Put a quarantined row back to new.
UPDATE inbox SET state = 'new', head = 0, attempts = 0, ready_at = 0, reason = '', done_at = NULL
WHERE id = :id AND state = 'quarantined'
RETURNING lane

-- inbox_unseat --
-- Take the head of a lane away.
UPDATE inbox SET head = 0 WHERE lane = :lane AND state IN ('new', 'claimed') AND head = 1

-- inbox_drop --
-- End a quarantined row by a person's word.
UPDATE inbox SET state = 'dropped', done_at = :at WHERE id = :id AND state = 'quarantined'
RETURNING id

-- inbox_forsake --
-- Let the claims of a dead process run out now.
UPDATE inbox SET ready_at = 0, holder = '' WHERE state IN ('new', 'claimed') AND state = 'claimed'

-- inbox_bury --
-- Let the claims of nodes run out now that are not there any more.
UPDATE inbox SET ready_at = 0
WHERE state IN ('new', 'claimed') AND state = 'claimed' AND ready_at > :now AND NOT EXISTS (
    SELECT 1 FROM leases WHERE leases.key = 'node ' || inbox.holder AND expires_at > :now
)

-- inbox_of_effect --
-- The row that had an effect.
SELECT id FROM inbox WHERE effect = :effect

-- inbox_show --
-- One row without its bytes.
SELECT id, channel, state, outcome, reason, ticket, attempts, size, received_at, done_at, keys, facts
FROM inbox WHERE id = :id

-- inbox_list --
-- Rows in some states, newest first.
SELECT id, channel, state, outcome, reason, ticket, attempts, size, received_at, done_at, keys
FROM inbox WHERE state {{any:states}} ORDER BY id DESC LIMIT :count

-- inbox_list_aside --
-- Quarantined rows, newest first.
SELECT id, channel, state, outcome, reason, ticket, attempts, size, received_at, done_at, keys
FROM inbox WHERE state = 'quarantined' ORDER BY id DESC LIMIT :count

-- cursor_read --
-- How far a receiver has read.
SELECT value FROM cursors WHERE key = :key

-- cursor_write --
-- Remember how far a receiver has read.
INSERT INTO cursors (key, value) VALUES (:key, :value)
ON CONFLICT (key) DO UPDATE SET value = excluded.value
