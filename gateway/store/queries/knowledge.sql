-- draft_write --
-- Draft an entry from a ticket; once more, if it was dropped or approved before.
INSERT INTO faq_drafts (ticket, at, by_whom, state, entry)
VALUES (:ticket, :at, :by_whom, :state, :entry)
ON CONFLICT (ticket) DO UPDATE SET at = excluded.at, by_whom = excluded.by_whom,
    state = excluded.state, entry = excluded.entry

-- draft_list --
-- Drafts in some states, the newest first.
SELECT ticket, at, by_whom, state, entry FROM faq_drafts
WHERE state {{any:states}} ORDER BY at DESC, ticket DESC LIMIT :count

-- draft_end --
-- Note what became of an open draft.
UPDATE faq_drafts SET state = :state, entry = :entry WHERE ticket = :ticket AND state = 'open'

-- faq_sent --
-- What was said of the entries that the FAQ chose, what changed last first, from a place on.
SELECT number, updated_at, kind, address, edition, said FROM tickets
WHERE edition <> '' AND (updated_at, number) < (:at, :number) ORDER BY updated_at DESC, number DESC LIMIT :count
