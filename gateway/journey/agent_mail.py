"""What a proven agent writes by mail: a reply to the requester, unless its first line is a word.

By mail a reply is public; a forwarded message never gets here (see `identify`), and one whose
recipients go beyond the desk is kept as a note, because somebody else was meant too.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.errors import IllegalTransition
from gateway.journey import permission
from gateway.journey.agent_saying import deed_of, is_word, keep, note, refuse_slip, reply, say
from gateway.journey.deed import Deed, WordRefused
from gateway.journey.draft import Draft
from gateway.journey.identity import Identity
from gateway.model.inbox import Outcome
from gateway.model.message import Message
from gateway.model.question import Known
from gateway.model.ticket import BY_DESK, EventKind

# A shorter one is in many a text by chance.
SHORTEST_NOTE = 12


def plan(draft: Draft, message: Message, identity: Identity, known: Known) -> None:
    """Draft what an agent's mail causes."""
    deed = _shown_to(draft, deed_of(draft, message, identity), message, known)
    said = (
        note(draft, deed, f"automatic ({message.automatic})")
        if message.automatic
        else _carry_out(draft, deed, message, known)
    )
    draft.done(Outcome.ACTED, said, effect=message.digest, ticket=deed.ticket.number)


def _shown_to(draft: Draft, deed: Deed, message: Message, known: Known) -> Deed:
    """Return a deed that colleagues are told of; not whoever wrote, and not without end.

    A machine that answers from an agent's mailbox would go on talking to itself.
    """
    team = draft.rules.teams.get(deed.ticket.team or "", draft.rules.fallback)
    own = {p for p in map(draft.desk.resolve, team.tell) if p.where == message.author.address}
    is_quiet = bool(permission.tell(draft, known, draft.wallet.telling))
    return replace(deed, heard_at=frozenset(own), is_quiet=is_quiet)


def _carry_out(draft: Draft, deed: Deed, message: Message, known: Known) -> str:
    try:
        if is_word(message.text):
            return say(draft, deed, known)
        if _outsiders(draft, deed, message):
            return keep(draft, deed, "it went to others too, not only to the desk", known)
        refuse_slip(message.text)
        _refuse_notes(draft, deed)
        return reply(draft, deed)
    except (WordRefused, IllegalTransition) as refused:
        return keep(draft, deed, str(refused), known)


def _refuse_notes(draft: Draft, deed: Deed) -> None:
    """Pass a text that repeats no note of its ticket.

    Where a mail program marks what it quotes in a way that nobody knows, the notice that is
    answered stands below the answer, and colleagues' notes in it. `!reply` says that it is meant.

    Raises:
        WordRefused: it repeats one.
    """
    said = _plain(deed.text)
    for event in draft.history:
        is_note = event.kind is EventKind.NOTE and event.by != BY_DESK
        # What was kept of somebody's answer may be sent again, and rightly this time.
        if is_note and "warning" not in event.details:
            inside = _plain(event.text)
            if len(inside) >= SHORTEST_NOTE and inside in said:
                raise WordRefused(
                    "it repeats a note of this ticket, perhaps in what it quotes: leave that out,"
                    " or begin with !reply if the requester is to read it"
                )


def _plain(text: str) -> str:
    """Return a text without what quoting it changes: line breaks, and marks before the lines."""
    return " ".join(text.replace(">", " ").split())


def _outsiders(draft: Draft, deed: Deed, message: Message) -> frozenset[str]:
    """Return whom else a mail went to, apart from the team's own places and its agents."""
    team = draft.rules.teams.get(deed.ticket.team or "", draft.rules.fallback)
    agents = (draft.rules.agents[name] for name in team.agents if name in draft.rules.agents)
    own = {address.lower() for agent in agents for address in agent.addresses.values()}
    own |= {place.where.lower() for place in team.tell}
    return frozenset(message.copied) - own
