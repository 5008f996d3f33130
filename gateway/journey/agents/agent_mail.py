"""What a proven agent writes by mail: a reply to the requester, unless its first line is a word.

By mail a reply is public; a forwarded message never gets here (see `identify`), and one whose
recipients go beyond the desk is kept as a note, because somebody else was meant too.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from gateway.errors import IllegalTransition
from gateway.journey.agents import inside
from gateway.journey.agents.agent_saying import (
    deed_of,
    goes_out,
    is_word,
    keep,
    note,
    refuse_slip,
    reply,
    say,
)
from gateway.journey.agents.deed import Deed, WordRefused
from gateway.journey.agents.quoted_notice import said_apart
from gateway.journey.agents.signature import is_signature
from gateway.journey.plan import permission
from gateway.journey.plan.draft import Draft
from gateway.journey.who.identity import Identity
from gateway.model import cut_line
from gateway.model.inbox import Outcome
from gateway.model.message import Message
from gateway.model.question import Known


def plan(draft: Draft, message: Message, identity: Identity, known: Known) -> None:
    """Draft what an agent's mail causes."""
    deed = _shown_to(draft, deed_of(draft, message, identity), message, known)
    said = said_apart(
        message,
        draft.notice,
        public=inside.public(draft, deed),
        is_signature=partial(is_signature, draft, deed),
    )
    deed = replace(deed, text=said.text)
    did = (
        note(draft, deed, f"automatic ({message.automatic})")
        if message.automatic
        else _carry_out(draft, deed, message, said.doubt, known)
    )
    draft.done(Outcome.ACTED, did, effect=message.digest, ticket=deed.ticket.number)


def _shown_to(draft: Draft, deed: Deed, message: Message, known: Known) -> Deed:
    """Return a deed that colleagues are told of; not whoever wrote, and not without end.

    A machine that answers from an agent's mailbox would go on talking to itself.
    """
    team = draft.rules.teams.get(deed.ticket.team or "", draft.rules.fallback)
    own = {p for p in map(draft.desk.resolve, team.tell) if p.where == message.author.address}
    is_quiet = bool(permission.tell(draft, known, draft.wallet.telling))
    return replace(deed, heard_at=frozenset(own), is_quiet=is_quiet)


def _carry_out(draft: Draft, deed: Deed, message: Message, doubt: str, known: Known) -> str:
    try:
        # A word that stands below what is quoted is none that anybody looked for there.
        if goes_out(deed.text) or not is_word(message.text):
            _refuse_quoting(draft, deed, doubt)
        if is_word(deed.text):
            return say(draft, deed, known)
        if _outsiders(draft, deed, message):
            return keep(draft, deed, "it went to others too, not only to the desk", known)
        refuse_slip(deed.text)
        inside.refuse_notes(draft, deed)
        return reply(draft, deed)
    except inside.Repeats as refused:
        return keep(draft, replace(deed, text=_whole(deed, message)), str(refused), known)
    except (WordRefused, IllegalTransition) as refused:
        return keep(draft, deed, str(refused), known)


def _refuse_quoting(draft: Draft, deed: Deed, doubt: str) -> None:
    """Pass what is surely an answer, and nothing that it quotes.

    Raises:
        WordRefused: it is not.
    """
    if doubt:
        raise WordRefused(doubt)
    inside.refuse_notice(draft, deed)


def _whole(deed: Deed, message: Message) -> str:
    """Return what is kept of a mail in which nobody knows what is quoted: all of it, but once.

    An answer below a quote is easily taken for the end of it.
    """
    if cut_line.notices(message.quoted):
        return deed.text
    return "\n\n".join(filter(None, (message.text, message.quoted)))


def _outsiders(draft: Draft, deed: Deed, message: Message) -> frozenset[str]:
    """Return whom else a mail went to, apart from the team's own places and its agents."""
    team = draft.rules.teams.get(deed.ticket.team or "", draft.rules.fallback)
    agents = (draft.rules.agents[name] for name in team.agents if name in draft.rules.agents)
    own = {address.lower() for agent in agents for address in agent.addresses.values()}
    own |= {place.where.lower() for place in team.tell}
    return frozenset(message.copied) - own
