-- old_events --
-- Ended events with bytes, ended before a time, on no ticket that anybody still waits for.
SELECT id FROM inbox
WHERE id > :after AND state IN ('done', 'dropped') AND size > 0 AND done_at < :before
    AND NOT EXISTS (
        SELECT 1 FROM tickets
        WHERE number = inbox.ticket AND state IN ('answered', 'asking', 'open', 'waiting')
    )
ORDER BY id LIMIT :count

-- old_sends --
-- The same of what was sent, or never will be.
SELECT position FROM outbox
WHERE position > :after AND state IN ('sent', 'bounced', 'dead', 'dropped') AND size > 0
    AND created_at < :before
    AND NOT EXISTS (
        SELECT 1 FROM tickets
        WHERE number = outbox.ticket AND state IN ('answered', 'asking', 'open', 'waiting')
    )
ORDER BY position LIMIT :count

-- old_tickets --
-- Tickets that came to their end before a time.
SELECT number, body FROM tickets
WHERE number > :after AND state IN ('closed', 'merged', 'spam') AND body <> ''
    AND updated_at < :before
ORDER BY number LIMIT :count

-- ticket_is_open --
-- Does anybody still wait for a ticket?
SELECT number FROM tickets
WHERE number = :number AND state IN ('answered', 'asking', 'open', 'waiting')

-- events_with_files --
-- Lines of history that name files, with what their tickets are.
SELECT ticket_events.ticket, seq, ticket_events.body, state, updated_at
FROM ticket_events JOIN tickets ON tickets.number = ticket_events.ticket
WHERE (ticket_events.ticket > :ticket OR (ticket_events.ticket = :ticket AND seq > :seq))
    AND ticket_events.body NOT LIKE '[[],%'
ORDER BY ticket_events.ticket, seq LIMIT :count

-- old_files --
-- Files that were stored until a time.
SELECT id, digest FROM files WHERE id > :after AND stored_at <= :until ORDER BY id LIMIT :count

-- file_is_named --
-- Does any line of history name a file?
SELECT ticket FROM ticket_events WHERE body LIKE :like LIMIT 1

-- file_drop --
-- Forget a file.
DELETE FROM files WHERE id = :id

-- file_bytes_drop --
-- Forget the bytes of a file.
DELETE FROM file_bytes WHERE piece >= :first AND piece < :behind

-- event_bytes_drop --
-- Forget the bytes of an event.
DELETE FROM inbox_bytes WHERE piece >= :first AND piece < :behind

-- event_empty --
-- Keep of an ended event only that it was, and what became of it.
UPDATE inbox SET lane = '', burst = '', facts = '{}', size = 0
WHERE id = :id AND state IN ('done', 'dropped', 'quarantined')
RETURNING id

-- event_hush --
-- Take away why, too.
UPDATE inbox SET reason = '' WHERE id = :id

-- event_drop_quarantined --
-- End an event that was set aside.
UPDATE inbox SET state = 'dropped', done_at = :at WHERE id = :id AND state = 'quarantined'

-- send_bytes_drop --
-- Forget the bytes of a send.
DELETE FROM outbox_bytes WHERE piece >= :first AND piece < :behind

-- send_strip --
-- Keep of a send that it was, to whom, and what became of it.
UPDATE outbox SET facts = '{}', size = 0 WHERE position = :position

-- send_hush --
-- Take away why, too.
UPDATE outbox SET reason = '' WHERE position = :position

-- send_empty --
-- Keep of a send only that it was; one that still waits will not go out.
UPDATE outbox
SET state = CASE WHEN state IN ('sent', 'bounced', 'dead') THEN state ELSE 'dropped' END,
    fence = fence + 1, head = 0, due_at = NULL, destination = '', lane = '', facts = '{}',
    size = 0, reason = '', external_id = '', anchor = ''
WHERE position = :position

-- attempts_empty --
-- Keep of attempts to send only when they were and how they ended.
UPDATE attempts SET reason = '', exchange = '' WHERE position = :position

-- events_of_ticket --
-- The stored events that were about a ticket.
SELECT id FROM inbox WHERE ticket = :ticket

-- sends_of_ticket --
-- The sends about a ticket.
SELECT position FROM outbox WHERE ticket = :ticket

-- ticket_empty --
-- Keep of a ticket only its number, its times, and what figures are made of.
UPDATE tickets
SET version = version + 1, kind = '', address = '', body = '', due_at = NULL, wake_at = NULL,
    state = CASE WHEN state IN ('merged', 'spam') THEN state ELSE 'closed' END
WHERE number = :number

-- history_empty --
-- Keep of a ticket's history only what happened when.
UPDATE ticket_events SET by_whom = '', body = '[[],{}]', text = '' WHERE ticket = :ticket

-- refs_drop --
-- Forget which messages were about some tickets.
DELETE FROM message_refs WHERE ticket {{any:tickets}}

-- conversations_drop --
-- Forget which conversations were about some tickets.
DELETE FROM conversations WHERE ticket {{any:tickets}}

-- person_tickets --
-- The tickets that somebody asked, or had logged for them.
SELECT number FROM tickets
WHERE kind = :kind AND body <> ''
    AND (address = :address OR EXISTS (
        SELECT 1 FROM ticket_events
        WHERE ticket = number AND ticket_events.kind = 'request' AND by_whom = :address
    ))

-- person_drop --
-- Forget somebody.
DELETE FROM people WHERE kind = :kind AND address = :address

-- waiting_sends_to --
-- What still waits to go out to somebody.
SELECT position FROM outbox
WHERE destination = :destination AND state IN ('queued', 'wire', 'retry', 'uncertain')

-- person_budgets_drop --
-- Forget what somebody has spent.
DELETE FROM budgets WHERE key >= :first AND key < :behind

-- conversation_keys --
-- Conversations whose names hold some text.
SELECT key FROM conversations WHERE key LIKE :like

-- conversation_drop --
-- Forget a conversation.
DELETE FROM conversations WHERE key = :key

-- pace_keys --
-- Rates of rooms whose names hold some text.
SELECT key FROM paces WHERE key LIKE :like

-- pace_drop --
-- Forget a rate.
DELETE FROM paces WHERE key = :key

-- merged_tickets --
-- The tickets whose story goes on in others, from one on.
SELECT number, body FROM tickets
WHERE number > :after AND state = 'merged' AND body <> '' ORDER BY number LIMIT :count

-- ticket_let_go --
-- Let a ticket go on by itself that was merged into one which is forgotten.
UPDATE tickets
SET state = :state, body = :body, wake_at = :wake_at, version = version + 1,
    went_to = CASE WHEN team IS NOT NULL THEN 'people' ELSE 'nobody' END
WHERE number = :number

-- ticket_held --
-- A ticket that nobody else changes meanwhile.
SELECT number, body FROM tickets WHERE number = :number AND body <> ''
{{held:tickets}}

-- ticket_part --
-- Let a ticket be that of who is left in it.
UPDATE tickets
SET kind = :kind, address = :address, channel = :channel, body = :body, version = version + 1
WHERE number = :number

-- sends_to_parties --
-- The sends about a ticket, and whom they go to.
SELECT position, state, lane, destination, created_at, external_id FROM outbox
WHERE ticket = :ticket

-- answers_at --
-- What was answered at some places outside any ticket, and is ended.
SELECT position FROM outbox
WHERE ticket IS NULL AND lane {{any:lanes}} AND state IN ('sent', 'bounced', 'dead', 'dropped')

-- conversations_about --
-- The conversations that are about a ticket.
SELECT key FROM conversations WHERE ticket = :ticket

-- naming_tickets --
-- Tickets that hold some text.
SELECT number, body FROM tickets WHERE lower(body) LIKE :like

-- ticket_rewrite --
-- Change what a ticket says.
UPDATE tickets SET body = :body, version = version + 1 WHERE number = :number

-- naming_history --
-- Lines of history that hold some text.
SELECT ticket, seq, by_whom, body, text FROM ticket_events
WHERE lower(text) LIKE :like OR lower(body) LIKE :like OR lower(by_whom) LIKE :like

-- history_rewrite --
-- Change what a line of history says.
UPDATE ticket_events SET by_whom = :by_whom, body = :body, text = :text
WHERE ticket = :ticket AND seq = :seq

-- naming_events --
-- Ended events around which some text stands.
SELECT id, lane || ' ' || facts || ' ' || reason AS words FROM inbox
WHERE state IN ('done', 'dropped', 'quarantined')
    AND (lower(facts) LIKE :like OR lower(lane) LIKE :like OR lower(reason) LIKE :like)

-- naming_sends --
-- Ended sends around which some text stands.
SELECT position, destination || ' ' || lane || ' ' || facts || ' ' || reason AS words FROM outbox
WHERE state IN ('sent', 'bounced', 'dead', 'dropped') AND (lower(facts) LIKE :like
    OR lower(destination) LIKE :like OR lower(lane) LIKE :like OR lower(reason) LIKE :like)

-- naming_attempts --
-- Attempts to send that tell of some text.
SELECT position, reason || ' ' || exchange AS words FROM attempts
WHERE lower(reason) LIKE :like OR lower(exchange) LIKE :like

-- event_bytes_walk --
-- The bytes of all events, in order.
SELECT piece, bytes FROM inbox_bytes WHERE piece > :after ORDER BY piece LIMIT :count

-- send_bytes_walk --
-- The bytes of all sends, in order.
SELECT piece, bytes FROM outbox_bytes WHERE piece > :after ORDER BY piece LIMIT :count

-- send_is_ended --
-- Will a send never be looked at again?
SELECT position FROM outbox
WHERE position = :position AND state IN ('sent', 'bounced', 'dead', 'dropped')

-- refs_naming --
-- Message ids that hold some text.
SELECT ref FROM message_refs WHERE lower(ref) LIKE :like

-- ref_drop --
-- Forget what a message is about.
DELETE FROM message_refs WHERE ref = :ref

-- erasing_orders --
-- Orders that named whom to erase.
SELECT id FROM inbox
WHERE channel = 'cli' AND state = 'done' AND size > 0 AND reason LIKE 'erase%'
