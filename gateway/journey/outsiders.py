"""Somebody writes about a ticket that they are no party of, or not proven to be of its team.

What they write never reaches the requester: it is a note, or a ticket of their own. Pure.
"""

from __future__ import annotations

from gateway.contracts.words import Value
from gateway.journey import new_request
from gateway.journey.new_request import end
from gateway.journey.plan import permission
from gateway.journey.plan.draft import Draft
from gateway.journey.who.identity import Identity
from gateway.model.inbox import Outcome
from gateway.model.message import Message, Trust
from gateway.model.people import Place
from gateway.model.question import Known


def plan_of_stranger(draft: Draft, message: Message, identity: Identity, known: Known) -> None:
    """Draft what somebody who is no party causes: a ticket of their own, linked.

    A machine's message leaves only a note on the ticket it names: it never reaches the requester.
    """
    ticket = identity.ticket
    assert ticket is not None
    if not message.automatic:
        new_request.plan(draft, message, identity, known)
        return
    why = "an automatic message from somebody who is not a party"
    draft.note(ticket, message, {"warning": why})
    end(draft, message, Outcome.APPENDED, "note: automatic message by no party", ticket.number)


def plan_of_unproven(draft: Draft, message: Message, identity: Identity, known: Known) -> None:
    """Draft what a message in the team's name without proof causes: a note, and the team told."""
    ticket = identity.ticket
    assert ticket is not None
    why = f"written as the team, not proven: {identity.doubt}"
    draft.note(ticket, message, {"warning": why})
    if not message.automatic and not permission.tell(draft, known, draft.wallet.warning):
        values: dict[str, Value] = {"reference": ticket.reference, "reason": identity.doubt}
        draft.to_team(ticket, "agent/kept", values)
        draft.alert(f"{ticket.reference}: a mail in the team's name was kept back", identity.doubt)
        if message.author.trust >= Trust.AUTHENTICATED:
            # Removed, or of another team. Nobody is told who only claims the address.
            place = Place(message.channel, message.author.address)
            language = draft.desk.policy.languages[0]
            draft.to_address(place, "agent/kept", language, message, values)
    end(draft, message, Outcome.APPENDED, f"note: {identity.doubt}", ticket.number)
