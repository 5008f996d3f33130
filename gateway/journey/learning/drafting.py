"""``!faq``: an agent says that a ticket is worth an entry of the FAQ.

Only that is stored, with the answer where the agent words one; question and answer are read from
the history when an admin looks (`drafted`). Tickets of private teams never become drafts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.contracts.rules import Rules
from gateway.journey.handover.standing import opening
from gateway.journey.learning.knowledge import asked
from gateway.journey.plan.draft import Draft
from gateway.model.knowledge import FaqDraft
from gateway.model.ticket import EventKind, Ticket, TicketEvent, TicketState, Visibility

_MARK = "draft"
_LAST_LINE = re.compile(r"(?:^|\n)[ \t]*!faq[ \t]*\s*\Z", re.IGNORECASE | re.ASCII)


def split_off(text: str) -> tuple[str, bool]:
    """Return a closing summary without a last line ``!faq``, and whether there was one."""
    found = _LAST_LINE.search(text)
    return (text[: found.start()].rstrip(), True) if found else (text, False)


def refusal(rules: Rules, ticket: Ticket) -> str:
    """Return why a ticket cannot become an entry, "" where it can."""
    if ticket.state in (TicketState.MERGED, TicketState.SPAM):
        return f"{ticket.reference} is {ticket.state}"
    team = rules.teams.get(ticket.team or "")
    return f"team {team.id} is private: its tickets stay there" if team and team.private else ""


def draft_entry(draft: Draft, ticket: Ticket, by: str, answer: str) -> str:
    """Draft an entry from a ticket; ``answer`` is the agent's wording, "" for what was said."""
    draft.worth_an_entry(FaqDraft(ticket=ticket.number, at=draft.at, by=by))
    kind = EventKind.NOTE if answer else EventKind.STATE
    text = answer or "an entry of the FAQ was drafted from this"
    draft.event(ticket, kind, text, by=by, details={_MARK: True})
    draft.change(ticket)
    return "drafted for the FAQ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A drafted entry as its ticket words it; ``answer`` is "" where nobody has answered yet."""

    draft: FaqDraft
    reference: str
    team: str | None
    language: str
    subject: str
    text: str
    answer: str

    @property
    def question(self) -> str:
        """Return what was asked, the subject with it."""
        return asked(self.subject, self.text)


def drafted(draft: FaqDraft, ticket: Ticket, events: Sequence[TicketEvent]) -> Drafted:
    """Return what a draft says. Pure.

    The answer is the agent's own wording for it, else the closing summary, else the last reply.
    """
    request = opening(events)
    worded = [e.text for e in events if e.kind is EventKind.NOTE and e.details.get(_MARK)]
    closing = [e.text for e in events if e.details.get("closing")]
    replies = [
        e.text for e in events if e.kind is EventKind.REPLY and e.visibility is Visibility.PUBLIC
    ]
    said = next((texts[-1] for texts in (worded, closing, replies) if texts), "")
    return Drafted(
        draft=draft,
        reference=ticket.reference,
        team=ticket.team,
        language=ticket.language,
        subject=ticket.subject if request else "",
        text=request.text if request else "",
        answer=said.strip(),
    )
