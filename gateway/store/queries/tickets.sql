-- ticket_insert --
-- Store a new ticket.
INSERT INTO tickets (
    number, version, state, level, team, kind, address, created_at, updated_at, due_at, body,
    wake_at, channel, went_to, reopened, helped, edition, said
) VALUES (
    :number, :version, :state, :level, :team, :kind, :address, :created_at, :updated_at, :due_at,
    :body, :wake_at, :channel, :went_to, :reopened, :helped, :edition, :said
)

-- ticket_update --
-- Store a ticket as it stands now, if nobody changed it since.
UPDATE tickets
SET version = :version, state = :state, level = :level, team = :team, kind = :kind,
    address = :address, updated_at = :updated_at, due_at = :due_at, body = :body,
    wake_at = :wake_at, channel = :channel, went_to = :went_to, reopened = :reopened,
    helped = :helped, edition = :edition, said = :said
WHERE number = :number AND version = :planned_on

-- ticket_show --
-- One ticket.
SELECT number, version, state, level, team, kind, created_at, updated_at, due_at, wake_at,
    reopened, helped, edition, said, body
FROM tickets WHERE number = :number AND body <> ''

-- ticket_list --
-- Tickets in some states, last changed first.
SELECT number, version, state, level, team, kind, created_at, updated_at, due_at, wake_at,
    reopened, helped, edition, said, body
FROM tickets
WHERE (:every_state = 1 OR state {{any:states}})
    AND (:every_team = 1 OR team = :team)
    AND (:every_level = 1 OR level = :level)
    AND (:due_or_not = 1 OR due_at < :due_before)
    AND body <> ''
ORDER BY updated_at DESC, number DESC LIMIT :count

-- ticket_list_open --
-- The same among the open ones.
SELECT number, version, state, level, team, kind, created_at, updated_at, due_at, wake_at,
    reopened, helped, edition, said, body
FROM tickets
WHERE state IN ('asking', 'open', 'waiting') AND (:every_state = 1 OR state {{any:states}})
    AND (:every_team = 1 OR team = :team)
    AND (:every_level = 1 OR level = :level)
    AND (:due_or_not = 1 OR due_at < :due_before)
ORDER BY updated_at DESC, number DESC LIMIT :count

-- ticket_list_closed --
-- The same among the closed ones.
SELECT number, version, state, level, team, kind, created_at, updated_at, due_at, wake_at,
    reopened, helped, edition, said, body
FROM tickets
WHERE state = 'closed' AND (:every_state = 1 OR state {{any:states}})
    AND (:every_team = 1 OR team = :team)
    AND (:every_level = 1 OR level = :level)
    AND (:due_or_not = 1 OR due_at < :due_before)
    AND body <> ''
ORDER BY updated_at DESC, number DESC LIMIT :count

-- ticket_of_person --
-- The open tickets of a requester, last changed first.
SELECT number, version, state, level, team, kind, created_at, updated_at, due_at, wake_at,
    reopened, helped, edition, said, body
FROM tickets
WHERE kind = :kind AND address = :address AND state IN ('asking', 'open', 'waiting')
ORDER BY updated_at DESC, number DESC LIMIT :count

-- ticket_merged_of_person --
-- Tickets of a requester that were merged into others, last asked first.
SELECT number, version, state, level, team, kind, created_at, updated_at, due_at, wake_at,
    reopened, helped, edition, said, body
FROM tickets
WHERE kind = :kind AND address = :address AND state = 'merged' AND body <> ''
ORDER BY number DESC LIMIT :count

-- ticket_due --
-- Tickets that the desk has to look at, oldest first.
SELECT number, version, state, level, team, kind, created_at, updated_at, due_at, wake_at,
    reopened, helped, edition, said, body
FROM tickets WHERE wake_at IS NOT NULL AND wake_at <= :now ORDER BY wake_at, number LIMIT :count

-- ticket_stray --
-- Open tickets of a team that is none of these.
SELECT number, version, state, level, team, kind, created_at, updated_at, due_at, wake_at,
    reopened, helped, edition, said, body
FROM tickets
WHERE state IN ('asking', 'open', 'waiting') AND team IS NOT NULL AND NOT (team {{any:teams}})
ORDER BY updated_at LIMIT :count

-- ticket_open_from --
-- Tickets that people have to work on, from one on, in the order of their last change.
SELECT number, version, state, level, team, kind, created_at, updated_at, due_at, wake_at,
    reopened, helped, edition, said, body
FROM tickets
WHERE state IN ('asking', 'open', 'waiting') AND state = 'open'
    AND updated_at >= :from_at AND (updated_at > :from_at OR number > :behind)
ORDER BY updated_at, number LIMIT :count

-- stay_insert --
-- Note what a stay of a ticket with a team took.
INSERT INTO stays (
    ticket, began_at, ended_at, level, team, priority, ending, first_took, first_late, took, late
) VALUES (
    :ticket, :began_at, :ended_at, :level, :team, :priority, :ending, :first_took, :first_late,
    :took, :late
)

-- person_known --
-- A requester, how many open tickets he has, and the newest of them; the mail address that an
-- account is linked with, and how many accounts are linked with an address.
SELECT name, language, wished, automatic_at, dead, people.kind AS stored, open_tickets, newest,
    (SELECT mail FROM links WHERE links.kind = :kind AND links.address = :address) AS mail,
    (SELECT count(*) FROM links WHERE links.mail = :address) AS accounts
FROM (
    SELECT count(*) AS open_tickets, max(number) AS newest FROM tickets
    WHERE kind = :kind AND address = :address AND state IN ('asking', 'open', 'waiting')
) AS theirs
LEFT JOIN people ON people.kind = :kind AND people.address = :address

-- event_insert --
-- Add a line of history.
INSERT INTO ticket_events (ticket, seq, at, kind, visibility, by_whom, inbox, body, text)
VALUES (
    :ticket, (SELECT coalesce(max(seq), 0) + 1 FROM ticket_events WHERE ticket = :ticket),
    :at, :kind, :visibility, :by_whom, :inbox, :body, :text
)

-- event_list --
-- A ticket's history, oldest first.
SELECT ticket, seq, at, kind, visibility, by_whom, inbox, body, text
FROM ticket_events WHERE ticket = :ticket ORDER BY seq

-- ref_show --
-- The ticket that a message belongs to.
SELECT ticket FROM message_refs WHERE ref = :ref

-- ref_insert --
-- Connect a message with a ticket; the first word on it stands.
INSERT INTO message_refs (ref, ticket) VALUES (:ref, :ticket) ON CONFLICT (ref) DO NOTHING

-- conversation_show --
-- The ticket that a conversation was about last.
SELECT ticket, at FROM conversations WHERE key = :key

-- conversation_write --
-- A conversation is about this ticket now; 0 for none.
INSERT INTO conversations (key, ticket, at) VALUES (:key, :ticket, :at)
ON CONFLICT (key) DO UPDATE SET ticket = excluded.ticket, at = excluded.at

-- conversation_speak --
-- People spoke of this ticket in a conversation; nothing changes where something else comes next.
INSERT INTO conversations (key, ticket, at) VALUES (:key, :ticket, :at)
ON CONFLICT (key) DO UPDATE SET ticket = excluded.ticket, at = excluded.at
WHERE conversations.ticket <> 0

-- person_died --
-- Remember why nothing should be sent to a requester.
UPDATE people SET dead = :why WHERE kind = :kind AND address = :address

-- person_write --
-- Store a requester whole.
INSERT INTO people (kind, address, name, language, wished, automatic_at, dead)
VALUES (:kind, :address, :name, :language, :wished, :automatic_at, :dead)
ON CONFLICT (kind, address) DO UPDATE SET name = excluded.name, language = excluded.language,
    wished = excluded.wished, automatic_at = excluded.automatic_at, dead = excluded.dead

-- budget_spent --
-- What was spent of some keys, by their spans, since the bucket that a span ending now begins in.
SELECT key, span, sum(spent) AS spent FROM budgets
WHERE key {{any:keys}} AND bucket >= (:now - span) * 20 / span
GROUP BY key, span

-- budget_spend --
-- Spend one.
INSERT INTO budgets (key, span, bucket, spent, ends_at) VALUES (:key, :span, :bucket, 1, :ends_at)
ON CONFLICT (key, span, bucket) DO UPDATE SET spent = budgets.spent + 1

-- budget_spend_striped --
-- Spend one, on the stripe that this transaction has for itself.
INSERT INTO budgets (key, span, bucket, spent, ends_at)
VALUES (:key || {{stripe}}, :span, :bucket, 1, :ends_at)
ON CONFLICT (key, span, bucket) DO UPDATE SET spent = budgets.spent + 1

-- budget_prune --
-- Forget spendings that no window can see any more, a few at a time.
DELETE FROM budgets WHERE (key, span, bucket) IN (
    SELECT key, span, bucket FROM budgets WHERE ends_at <= :now ORDER BY ends_at LIMIT :count
)

-- file_again --
-- Note that a file is stored once more.
UPDATE files SET stored_at = :at WHERE digest = :digest

-- file_insert --
-- Store a file.
INSERT INTO files (digest, stored_at) VALUES (:digest, :at) RETURNING id

-- file_bytes_insert --
-- Store one chunk of a file's bytes.
INSERT INTO file_bytes (piece, bytes) VALUES (:piece, :bytes)

-- file_show --
-- A file's row.
SELECT id FROM files WHERE digest = :digest

-- file_bytes_read --
-- The chunks of a file, in order.
SELECT bytes FROM file_bytes WHERE piece >= :first AND piece < :behind ORDER BY piece
