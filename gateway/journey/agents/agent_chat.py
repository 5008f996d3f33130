"""What is said in a team's room under a ticket's notice: an agent's word, or an internal note.

Forgetting ``!reply`` is harmless: nothing but a word of a listed agent, in the team's own room,
ever reaches the requester. A team may turn that round for itself: then what its listed agents say
there is an answer, unless it begins with ``!note``.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.contracts.words import Value
from gateway.errors import IllegalTransition
from gateway.journey.agents import agent_word
from gateway.journey.agents.agent_saying import deed_of, is_word, keep, refuse_slip, reply, say
from gateway.journey.agents.deed import Deed, WordRefused
from gateway.journey.handover import standing
from gateway.journey.plan import permission
from gateway.journey.plan.draft import Draft
from gateway.journey.plan.team_buttons import PROMPTED, prompt_ref
from gateway.journey.who.identity import Identity
from gateway.model.inbox import Outcome
from gateway.model.message import Message
from gateway.model.outgoing import Mark
from gateway.model.people import Place, Replies
from gateway.model.question import Known
from gateway.model.ticket import Ticket


def plan(draft: Draft, message: Message, identity: Identity, known: Known) -> None:
    """Draft what an agent's message in the team's room causes."""
    deed = deed_of(draft, message, identity)
    draft.heard_at_desk(deed.ticket, message)
    try:
        said, mark = _carry_out(draft, deed, message, known)
        draft.mark(deed.ticket, message, mark)
    except (WordRefused, IllegalTransition) as refused:
        said = keep(draft, deed, str(refused), known)
        draft.mark(deed.ticket, message, Mark.NOTED)
    draft.done(Outcome.ACTED, said, effect=message.digest, ticket=deed.ticket.number)


def _carry_out(draft: Draft, deed: Deed, message: Message, known: Known) -> tuple[str, Mark]:
    """Return what was done, and the sign that says so on the message itself."""
    if is_word(message.text) and not message.automatic:
        said = say(draft, deed, known)
        return said, Mark.NOTED if said == agent_word.NOTED else Mark.DONE
    team = draft.rules.teams.get(deed.ticket.team or "", draft.rules.fallback)
    is_machine = bool(message.automatic or message.forwarded)
    if not is_machine:
        refuse_slip(message.text)
    if not is_machine and (word := asked_for(message, known)):
        return say(draft, replace(deed, text=f"!{word} {deed.text}"), known), Mark.DONE
    if team.replies is Replies.THREAD and not is_machine:
        return reply(draft, deed), Mark.DONE
    return agent_word.note(draft, deed), Mark.NOTED


def asked_for(message: Message, known: Known) -> str:
    """Return the word whose text a message is, because it answers our asking for it."""
    refs = ((word, prompt_ref(word, ref)) for ref in message.refs[:1] for word in PROMPTED)
    return next((word for word, ref in refs if ref in known.refs), "")


def plan_of_colleague(draft: Draft, message: Message, identity: Identity, known: Known) -> None:
    """Draft what anybody else says there: a note that says who it is not.

    Who began with a word meant something to be done, and is told that it was not.
    """
    ticket = identity.ticket
    assert ticket is not None
    draft.heard_at_desk(ticket, message)
    ids = standing.ids_of(message)
    draft.note(ticket, message, {"warning": identity.doubt, "name": message.author.name, **ids})
    if not message.automatic:
        draft.mark(ticket, message, Mark.NOTED)
        if is_word(message.text) and not permission.tell(draft, known, draft.wallet.warning):
            _refuse(draft, message, ticket, identity.doubt)
    why = f"note: {identity.doubt}"
    draft.done(Outcome.APPENDED, why, effect=message.digest, ticket=ticket.number)


def _refuse(draft: Draft, message: Message, ticket: Ticket, doubt: str) -> None:
    if message.talk is not None:
        place = Place(message.channel, message.talk.where)
        language = draft.desk.policy.languages[0]
        values: dict[str, Value] = {"reference": ticket.reference, "reason": doubt}
        draft.to_address(place, "agent/kept", language, message, values)
