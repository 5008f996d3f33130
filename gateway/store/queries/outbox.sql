-- outbox_insert --
-- Queue a part; it is the head of its lane when nothing older blocks it.
INSERT INTO outbox (
    id, channel, destination, lane, ticket, state, head, due_at, lease_until, fence, attempts,
    was_uncertain, automatic, created_at, size, code, reason, external_id, facts, anchor
) VALUES (
    :id, :channel, :destination, :lane, :ticket, 'queued',
    CASE WHEN EXISTS (
        SELECT 1 FROM outbox
        WHERE lane = :lane AND state IN ('queued', 'wire', 'retry', 'uncertain')
    ) THEN 0 ELSE 1 END,
    :due_at, 0, 0, 0, 0, :automatic, :created_at, :size, '', '', :external_id, :facts, :anchor
) RETURNING position

-- outbox_bytes_insert --
-- Store one chunk of a part's bytes.
INSERT INTO outbox_bytes (piece, bytes) VALUES (:piece, :bytes)

-- outbox_bytes_read --
-- The chunks of a part, in order.
SELECT bytes FROM outbox_bytes WHERE piece >= :first AND piece < :behind ORDER BY piece

-- outbox_due --
-- Heads of lanes that are due, longest due first, with the first chunk of their bytes.
SELECT position, id, channel, destination, lane, ticket, state, fence, attempts, was_uncertain,
    automatic, created_at, size, external_id, facts, anchor, paced, code, bytes
FROM outbox LEFT JOIN outbox_bytes ON piece = position * 4096
WHERE head = 1 AND state IN ('queued', 'retry', 'uncertain') AND due_at <= :now
ORDER BY due_at, position LIMIT :count
{{free:outbox}}

-- outbox_due_elsewhere --
-- The same without some channels.
SELECT position, id, channel, destination, lane, ticket, state, fence, attempts, was_uncertain,
    automatic, created_at, size, external_id, facts, anchor, paced, code, bytes
FROM outbox LEFT JOIN outbox_bytes ON piece = position * 4096
WHERE head = 1 AND state IN ('queued', 'retry', 'uncertain') AND due_at <= :now
    AND NOT channel {{any:busy}}
ORDER BY due_at, position LIMIT :count
{{free:outbox}}

-- outbox_overdue --
-- Rows on the wire whose lease ran out.
SELECT position, id, channel, destination, lane, ticket, state, fence, attempts, was_uncertain,
    automatic, created_at, size, external_id, facts, anchor, paced, code, bytes
FROM outbox LEFT JOIN outbox_bytes ON piece = position * 4096
WHERE state = 'wire' AND lease_until <= :now
ORDER BY lease_until LIMIT :count
{{free:outbox}}

-- outbox_claim --
-- Mark a row as on the wire, under a new fence; one that was may have reached the platform.
UPDATE outbox
SET state = 'wire', fence = fence + 1, attempts = attempts + 1, lease_until = :lease_until,
    holder = :holder, paced = 0,
    was_uncertain = CASE WHEN state = 'wire' THEN 1 ELSE was_uncertain END
WHERE position = :position

-- outbox_pace --
-- Let a row wait for the turn that is set aside for it.
UPDATE outbox SET due_at = :due_at, paced = 1 WHERE position = :position

-- outbox_anchor --
-- The platform's id of an earlier row, and where its bytes are.
SELECT position, external_id FROM outbox WHERE id = :id

-- pace_show --
-- The turns of the last sends at one rate.
SELECT turns FROM paces WHERE key = :key

-- pace_write --
-- Remember the turns of the last sends at one rate.
INSERT INTO paces (key, turns, last) VALUES (:key, :turns, :last)
ON CONFLICT (key) DO UPDATE SET turns = excluded.turns, last = excluded.last

-- pace_prune --
-- Forget rates that nothing was sent at for long.
DELETE FROM paces WHERE last < :before

-- conversation_of_room --
-- The conversations of a room, and of rooms whose ids begin with its own.
SELECT key, ticket, at FROM conversations WHERE key >= :first AND key < :behind

-- outbox_move --
-- Re-aim what waits for a room that has another id now.
UPDATE outbox
SET destination = :after || substr(destination, length(:before) + 1)
WHERE state IN ('queued', 'wire', 'retry', 'uncertain') AND channel = :channel
    AND (destination = :before OR substr(destination, 1, length(:before) + 1) = :before || '/')

-- move_write --
-- Remember that a room has another id now.
INSERT INTO moves (channel, before, after) VALUES (:channel, :before, :after)
ON CONFLICT (channel, before) DO UPDATE SET after = excluded.after

-- move_list --
-- The rooms that moved.
SELECT channel, before, after FROM moves

-- outbox_next --
-- When the next row is due, and when the next lease on the wire ends.
SELECT
    (SELECT min(due_at) FROM outbox
     WHERE head = 1 AND state IN ('queued', 'retry', 'uncertain') AND due_at IS NOT NULL) AS due_at,
    (SELECT min(lease_until) FROM outbox WHERE state = 'wire') AS lease_until

-- outbox_end --
-- Write down that a row on the wire will not be sent again: nothing behind it waits for it.
UPDATE outbox
SET state = :state, head = 0, due_at = NULL, code = :code, reason = :reason,
    external_id = CASE WHEN :external_id = '' THEN external_id ELSE :external_id END
WHERE id = :id AND fence = :fence AND state = 'wire'
RETURNING position, lane

-- outbox_wait --
-- Write down that a row on the wire waits again.
UPDATE outbox
SET state = :state, due_at = :due_at, code = :code, reason = :reason,
    was_uncertain = CASE WHEN :state = 'uncertain' THEN 1 ELSE was_uncertain END
WHERE id = :id AND fence = :fence AND state = 'wire'
RETURNING position, lane

-- outbox_bounce --
-- Write down that a sent row came back; fence 0 stands for any.
UPDATE outbox
SET state = 'bounced', head = 0, due_at = NULL, code = :code, reason = :reason
WHERE id = :id AND state IN ('sent', 'wire', 'uncertain') AND (:fence = 0 OR fence = :fence)
RETURNING position, lane

-- outbox_promote --
-- Let the oldest blocking row of a lane be its head.
UPDATE outbox SET head = 1
WHERE position = (
    SELECT position FROM outbox
    WHERE lane = :lane AND state IN ('queued', 'wire', 'retry', 'uncertain')
    ORDER BY position LIMIT 1
)

-- outbox_retry --
-- Queue a row again that was given up, set aside or dropped.
UPDATE outbox SET state = 'queued', head = 0, due_at = :now
WHERE id = :id AND state IN ('dead', 'held', 'uncertain', 'dropped')
RETURNING lane

-- outbox_drop --
-- End a row that has not been sent, by a person's word; one on the wire may have been.
UPDATE outbox SET state = 'dropped', head = 0, due_at = NULL
WHERE id = :id AND state IN ('queued', 'retry', 'uncertain', 'held', 'dead')
RETURNING lane

-- outbox_unseat --
-- Take the head of a lane away, unless it is on the wire.
UPDATE outbox SET head = 0
WHERE lane = :lane AND state IN ('queued', 'wire', 'retry', 'uncertain') AND state <> 'wire'
    AND head = 1

-- outbox_head --
-- The head of a lane.
SELECT position FROM outbox
WHERE lane = :lane AND state IN ('queued', 'wire', 'retry', 'uncertain') AND head = 1

-- outbox_forsake --
-- Let the wire marks of a dead process run out now.
UPDATE outbox SET lease_until = 0 WHERE state = 'wire'

-- outbox_bury --
-- Let the wire marks of nodes run out now that are not there any more.
UPDATE outbox SET lease_until = 0
WHERE state = 'wire' AND lease_until > :now AND NOT EXISTS (
    SELECT 1 FROM leases WHERE leases.key = 'node ' || outbox.holder AND expires_at > :now
)

-- outbox_pull --
-- Let what is due later by a clock that was set back be due by so much earlier.
UPDATE outbox SET due_at = CASE WHEN due_at - :by < :now THEN :now ELSE due_at - :by END
WHERE state IN ('queued', 'wire', 'retry', 'uncertain') AND state <> 'wire' AND due_at > :now

-- outbox_hold --
-- Hold everything that has not gone out, as far as this database knows.
UPDATE outbox
SET state = 'held', head = 0, due_at = NULL, was_uncertain = 1, code = 'restored',
    reason = 'the desk was restored from a backup; this may have gone out since'
WHERE state IN ('queued', 'wire', 'retry', 'uncertain')

-- attempt_insert --
-- Log what became of an attempt.
INSERT INTO attempts (position, seq, at, state, code, reason, exchange)
VALUES (
    :position, (SELECT coalesce(max(seq), 0) + 1 FROM attempts WHERE position = :position),
    :at, :state, :code, :reason, :exchange
)

-- attempt_list --
-- The log of a row, oldest first.
SELECT at, state, code, reason, exchange FROM attempts WHERE position = :position ORDER BY seq

-- outbox_show --
-- One row without its bytes.
SELECT position, id, channel, destination, lane, ticket, state, attempts, created_at, due_at, code,
    reason, external_id, automatic, size
FROM outbox WHERE id = :id

-- outbox_list --
-- Rows in some states, newest first.
SELECT position, id, channel, destination, lane, ticket, state, attempts, created_at, due_at, code,
    reason, external_id, automatic, size
FROM outbox WHERE state {{any:states}} ORDER BY position DESC LIMIT :count

-- outbox_list_unsent --
-- The same among those that wait or were given up.
SELECT position, id, channel, destination, lane, ticket, state, attempts, created_at, due_at, code,
    reason, external_id, automatic, size
FROM outbox WHERE state IN ('held', 'dead') AND state {{any:states}}
UNION ALL
SELECT position, id, channel, destination, lane, ticket, state, attempts, created_at, due_at, code,
    reason, external_id, automatic, size
FROM outbox WHERE state IN ('queued', 'wire', 'retry', 'uncertain') AND state {{any:states}}
ORDER BY created_at DESC, position DESC LIMIT :count
