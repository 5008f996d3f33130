"""What a team is told of a ticket that is theirs now, and a requester of files that got lost.

Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.contracts.words import Value
from gateway.journey.handover import linked, similar, story, vendor
from gateway.journey.handover.naming import shown
from gateway.journey.plan.draft import Draft
from gateway.model.message import Attachment, Message, Trust
from gateway.model.ticket import Ticket, TicketEvent

# Subjects of chat messages and of calls are cut; nobody begins with so much of one by chance.
_SURELY_SAID = 60


def tell_new(
    draft: Draft,
    ticket: Ticket,
    why: str,
    message: Message | None,
    *,
    summary: str = "",
    files: tuple[Attachment, ...] = (),
) -> None:
    """Tell the team that a ticket is theirs now, with everything that is known.

    ``summary`` and ``files`` are what an agent hands on to a vendor outside.
    """
    if vendor.is_new_to(draft, ticket):
        vendor.ask(draft, ticket, summary, files)
        if vendor.is_kept(draft, ticket):
            return
    now, due_at = draft.now(ticket), draft.due_at(ticket)
    said = story.of_ticket(draft, ticket)
    names = dict.fromkeys(file.name for event in said for file in event.attachments)
    values: dict[str, Value] = {
        "reference": now.reference,
        "requester": shown(now.kind, now.requester.name, now.requester.address),
        "linked": linked.noted(draft, now),
        "channel": now.channel,
        "subject": now.subject,
        "topic": "" if _is_said(now.subject, said) else now.subject,
        "language": now.language,
        "priority": str(now.priority),
        "level": now.level,
        "team": now.team or "",
        "fields": tuple(f"{name}: {value}" for name, value in now.fields.items()),
        "files": tuple(names),
        "flags": message.flags if message else (),
        "reason": why,
        "due": draft.rules.calendar.shown(due_at) if due_at else "",
        "similar": similar.lines(draft, now),
    }
    draft.to_team(
        ticket, "agent/new", values, literal=story.for_team(draft, ticket),
        attachments=(*draft.files, *(message.attachments if message else ())),
    )  # fmt: skip


def _is_said(subject: str, said: Sequence[TicketEvent]) -> bool:
    """Return whether what was said begins with a subject: on chat that is where it is from."""
    first = said[0].text.strip().partition("\n")[0].strip() if said else ""
    cut = subject.removesuffix("\N{HORIZONTAL ELLIPSIS}")
    return first == subject or (len(cut) > _SURELY_SAID and first.startswith(cut))


def tell_missing(draft: Draft, ticket: Ticket, message: Message, trust: Trust) -> None:
    """Tell somebody on chat which of their files did not reach us."""
    if message.missing and not message.automatic:
        values: dict[str, Value] = {"reference": ticket.reference, "files": message.missing}
        draft.to_requester(ticket, "requester/missing", values, trust=trust)
