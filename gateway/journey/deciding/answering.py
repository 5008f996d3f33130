"""An entry of the FAQ goes to whoever asked, chosen by the FAQ or by an agent. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.contracts.words import Meaning
from gateway.journey.plan.draft import Draft
from gateway.model.decision import Answer
from gateway.model.knowledge import Said, Sent
from gateway.model.message import Trust
from gateway.model.people import Entry
from gateway.model.ticket import BY_DESK, EventKind, Ticket, TicketState, Visibility


def answer(
    draft: Draft, ticket: Ticket, chosen: Answer, *, trust: Trust, by: str | None = None
) -> None:
    """Send a FAQ entry and keep the ticket as answered, where no team is troubled.

    ``by`` names the agent who chose it, whose team keeps it on its level; None where the FAQ did.
    """
    entry, now = draft.rules.entries[chosen.faq], draft.now(ticket)
    body = _in_words(draft, entry, now.language)
    draft.change(ticket, faq=chosen.faq, sent=_sent(now, chosen, entry, by))
    draft.set_state(ticket, TicketState.ANSWERED, f"FAQ entry {chosen.faq}")
    outbox_id = draft.to_requester(
        ticket,
        "requester/answer",
        lambda language: {
            "reference": now.reference,
            "answer": _in_words(draft, entry, language),
        },
        trust=trust,
        automatic=by is None,
        buttons=(Meaning.HELPED, Meaning.PERSON) if draft.desk.policy.feedback else (),
    )
    draft.event(
        ticket, EventKind.ANSWER, body,
        by=by or BY_DESK, visibility=Visibility.PUBLIC,
        details={"faq": chosen.faq, "score": chosen.score, "outbox": outbox_id},
    )  # fmt: skip


def _in_words(draft: Draft, entry: Entry, language: str) -> str:
    return in_language(entry.answers, language, draft.desk.policy.languages[0])


def _sent(ticket: Ticket, chosen: Answer, entry: Entry, by: str | None) -> Sent | None:
    """Return what is to be learned from an entry that is sent.

    Only where the FAQ was sure of it by itself, or where an agent sends what it thought of first.
    """
    if by is None:
        return ticket.sent if chosen.score is None else Sent(edition=entry.edition)
    near = ticket.why.get("near")
    first = near[0] if isinstance(near, list) and near else None
    was_right = isinstance(first, dict) and first.get("faq") == chosen.faq
    if was_right and ticket.sent is None:
        return Sent(edition=entry.edition, said=Said.BY_AGENT)
    return ticket.sent


def in_language(texts: Mapping[str, str], language: str, default: str) -> str:
    """Return the text in a language, else in the desk's default, else in any."""
    for wanted in (language, default):
        if wanted in texts:
            return texts[wanted]
    return next(iter(texts.values()))
