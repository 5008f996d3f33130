"""What is said in a team's room under a ticket's notice: an agent's word, or an internal note.

Forgetting ``!reply`` is harmless: nothing but a word of a listed agent, in the team's own room,
ever reaches the requester.
"""

from __future__ import annotations

from gateway.contracts.store import Known
from gateway.errors import IllegalTransition
from gateway.journey import agent_word
from gateway.journey.agent_saying import deed_of, is_word, keep, say
from gateway.journey.deed import WordRefused
from gateway.journey.draft import Draft
from gateway.journey.identity import Identity
from gateway.model.inbox import Outcome
from gateway.model.message import Message
from gateway.model.ticket import EventKind


def plan(draft: Draft, message: Message, identity: Identity, known: Known) -> None:
    """Draft what an agent's message in the team's room causes."""
    deed = deed_of(draft, message, identity)
    draft.heard_at_desk(deed.ticket, message)
    try:
        is_order = is_word(message.text) and not message.automatic
        said = say(draft, deed, known) if is_order else agent_word.note(draft, deed)
    except (WordRefused, IllegalTransition) as refused:
        said = keep(draft, deed, str(refused), known)
    draft.done(Outcome.ACTED, said, effect=message.digest, ticket=deed.ticket.number)


def plan_of_colleague(draft: Draft, message: Message, identity: Identity) -> None:
    """Draft what anybody else says there: a note that says who it is not."""
    ticket = identity.ticket
    assert ticket is not None
    draft.heard_at_desk(ticket, message)
    draft.event(
        ticket,
        EventKind.NOTE,
        message.text,
        by=message.author.address or "unknown sender",
        attachments=message.attachments,
        details={"warning": identity.doubt},
    )
    why = f"note: {identity.doubt}"
    draft.done(Outcome.APPENDED, why, effect=message.digest, ticket=ticket.number)
