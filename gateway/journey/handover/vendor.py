"""Level 4 outside the house: a vendor who is asked by mail, and whose answers are internal notes.

The team that had the ticket goes on looking after it, and alone speaks to the requester. The vendor
is handed what is public, and what an agent writes for them: never an internal note, a form's field,
or who the requester is. What comes back reaches the requester only by an agent's own words.
"""

from __future__ import annotations

from gateway.contracts.words import Value
from gateway.journey.handover import story
from gateway.journey.handover.naming import shown
from gateway.journey.plan import permission
from gateway.journey.plan.clocks import BY_VENDOR
from gateway.journey.plan.draft import Draft
from gateway.journey.who.identity import Identity
from gateway.model.inbox import Outcome
from gateway.model.message import Attachment, Json, Message
from gateway.model.people import Team
from gateway.model.question import Known
from gateway.model.ticket import EventKind, Ticket, TicketEvent, TicketState, Visibility


def hand_over(draft: Draft, ticket: Ticket, team: Team, why: str) -> Ticket:
    """Put a ticket on the vendor's level; its team, else the fallback's, keeps it."""
    owner = draft.now(ticket).team or draft.rules.fallback.id
    draft.change(ticket, team=owner, vendor=team.id, level=team.level)
    draft.set_state(ticket, TicketState.OPEN, why)
    said = f"handed to {team.id} outside, level {team.level}; {owner} keeps it: {why}"
    draft.event(ticket, EventKind.STATE, said)
    return draft.now(ticket)


def is_new_to(draft: Draft, ticket: Ticket) -> bool:
    """Return whether this draft hands a ticket to a vendor."""
    before, vendor = draft.before(ticket), draft.now(ticket).vendor
    return vendor is not None and (before is None or before.vendor != vendor)


def is_kept(draft: Draft, ticket: Ticket) -> bool:
    """Return whether the team that keeps a ticket had it before, and knows what it is about."""
    before = draft.before(ticket)
    return before is not None and before.team == draft.now(ticket).team


def ask(draft: Draft, ticket: Ticket, summary: str, files: tuple[Attachment, ...]) -> None:
    """Ask the vendor for help; a rule or a clock does so without a summary."""
    said = [event for event in story.of_ticket(draft, ticket) if _is_public(event)]
    before = story.lines(draft, said, lambda event: _named(draft, event))
    told = "\n\n".join((*([summary] if summary else []), *before))
    _write(draft, ticket, told, files, automatic=not summary)


def tell_more(
    draft: Draft, ticket: Ticket, by: str, text: str, files: tuple[Attachment, ...]
) -> None:
    """Send the vendor what an agent has to say beside."""
    said = f"to {ticket.vendor}: {text}"
    draft.event(ticket, EventKind.NOTE, said, by=by, attachments=files)
    _write(draft, ticket, text, files, automatic=False)


def _write(
    draft: Draft, ticket: Ticket, text: str, files: tuple[Attachment, ...], *, automatic: bool
) -> None:
    values: dict[str, Value] = {
        "reference": ticket.reference,
        "desk": draft.desk.policy.desk_name,
    }
    draft.to_vendor(
        ticket, "agent/vendor", values, literal=text, attachments=files, automatic=automatic
    )


def _is_public(event: TicketEvent) -> bool:
    return event.visibility is Visibility.PUBLIC


def _named(draft: Draft, event: TicketEvent) -> str:
    """Return whose words they are: the desk's under its name, the requester under none."""
    return "" if event.kind in story.ASKED else draft.desk.policy.desk_name


def plan(draft: Draft, message: Message, identity: Identity, known: Known) -> None:
    """Draft what a vendor's answer causes: a note, and the team that keeps the ticket is told."""
    ticket = identity.ticket
    assert ticket is not None
    details: dict[str, Json] = {"warning": identity.doubt} if identity.doubt else {}
    if not message.automatic and identity.vendor == ticket.vendor:
        details[BY_VENDOR] = identity.vendor
    draft.note(ticket, message, details)
    draft.change(ticket)
    if not message.automatic:
        _tell_team(draft, ticket, message, identity, known)
    why = f"note: the vendor answered{' automatically' if message.automatic else ''}"
    draft.done(Outcome.APPENDED, why, effect=message.digest, ticket=ticket.number)


def _tell_team(
    draft: Draft, ticket: Ticket, message: Message, identity: Identity, known: Known
) -> None:
    if limit := permission.tell(draft, known, draft.wallet.telling):
        draft.event(ticket, EventKind.NOTE, f"the team was not told: {limit}")
        return
    values: dict[str, Value] = {
        "reference": ticket.reference,
        "vendor": identity.vendor,
        "sender": shown("email", message.author.name, message.author.address),
        "doubt": identity.doubt,
    }
    draft.to_team(
        ticket, "agent/vendor_answer", values,
        literal=message.said, attachments=message.attachments,
    )  # fmt: skip
