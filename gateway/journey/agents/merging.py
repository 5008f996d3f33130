"""An agent's word lets a ticket's story go on in another one, for everybody who was part of it.

Whoever asked the one becomes a party of the other: what is replied there reaches them too, under
the reference and subject that they know. Pure.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.journey.agents import colleagues
from gateway.journey.agents.deed import Deed, WordRefused
from gateway.journey.agents.joining import MOST_PARTIES, is_a_teams
from gateway.journey.handover import story
from gateway.journey.handover.naming import shown
from gateway.journey.plan.draft import Draft
from gateway.model.ticket import (
    MERGED,
    WAS_MERGED,
    EventKind,
    Origin,
    Party,
    Ticket,
    TicketState,
)
from gateway.model.ticket_id import no_reference, no_ticket

_SERVED = (TicketState.OPEN, TicketState.WAITING)
"""People look after tickets in these."""


def merge(draft: Draft, deed: Deed) -> str:
    """Let a ticket's story go on in another one: replies follow."""
    gone, into = deed.ticket, _target(draft, deed)
    joining, left = _joining(draft, gone, into), _unreached(gone)
    _let_in(draft, gone, into, joining)
    left += _keep_vendor(draft, gone, into)
    draft.change(gone, merged_into=into.number)
    draft.set_state(gone, TicketState.MERGED, f"into {into.reference} by {deed.by}")
    # By their addresses: a name would stay where somebody is erased.
    addresses = ", ".join(party.address for party in joining)
    reaches = f": replies reach {addresses} too" if joining else ""
    what = f"{gone.reference}{WAS_MERGED}{reaches}{left}"
    draft.event(into, EventKind.NOTE, what, by=deed.by, details={MERGED: gone.number})
    draft.change(into)
    if gone.state is TicketState.OPEN:
        draft.set_state(into, TicketState.OPEN, f"{gone.reference} is in it now")
    _tell(draft, deed, into, joining)
    return f"merged into {into.reference}{reaches}{left}"


def _tell(draft: Draft, deed: Deed, into: Ticket, joining: tuple[Party, ...]) -> None:
    """Tell both teams; the one that goes on with it what was said, and whom replies reach."""
    colleagues.tell(draft, deed, "merged", to=into.reference)
    here = replace(deed, ticket=into, heard_at=frozenset())
    said = story.for_team(draft, deed.ticket)
    colleagues.tell(
        draft, here, "merged_here",
        to=deed.ticket.reference, literal=said, attachments=tuple(draft.files),
    )  # fmt: skip
    if joining:
        names = ", ".join(shown(p.kind, p.name, p.address) for p in joining)
        colleagues.tell(draft, here, "invited", to=names)


def _target(draft: Draft, deed: Deed) -> Ticket:
    """Return the ticket that a story may go on in.

    Raises:
        WordRefused: there is none, or whoever waits for an answer would be forgotten there.
    """
    ticket, into = deed.ticket, deed.other
    if ticket.state in (TicketState.MERGED, TicketState.SPAM):
        raise WordRefused(f"{ticket.reference} is {ticket.state} already")
    if into is not None and into.number == ticket.number:
        raise WordRefused(f"merge needs another ticket: {into.reference} is this one")
    if into is None or _is_hidden(draft, deed, into):
        named = deed.need_argument("into", "merge needs another ticket: into which one?")
        why = no_reference(draft.desk.policy.prefix, named) or no_ticket(named)
        raise WordRefused(f"merge needs another ticket: {why}")
    if into.state in (TicketState.MERGED, TicketState.SPAM):
        raise WordRefused(f"{into.reference} is {into.state} itself")
    if ticket.state in _SERVED and into.state not in _SERVED:
        why = f"{into.reference} is {into.state}, and nobody works on it"
        raise WordRefused(f"{why}: merge it into {ticket.reference} instead")
    return into


def _is_hidden(draft: Draft, deed: Deed, ticket: Ticket) -> bool:
    """Return whether a ticket is a private team's that the doer is not of."""
    kind, _, name = deed.by.partition(":")
    team = draft.rules.teams.get(ticket.team or "")
    is_of_it = kind != "agent" or (team is not None and name in team.agents)
    return team is not None and team.private and not is_of_it


def _joining(draft: Draft, ticket: Ticket, into: Ticket) -> tuple[Party, ...]:
    """Return who becomes a party of the other ticket, as they stand there.

    Raises:
        WordRefused: they are too many, or would be taken for somebody else.
    """
    new = [p for p in ticket.parties if p.address and into.party_of(p.kind, p.address) is None]
    new = [party for party in new if not is_a_teams(draft, party.kind, party.address)]
    if len(into.parties) + len(new) > MOST_PARTIES:
        raise WordRefused(f"{into.reference} would have more than {MOST_PARTIES} parties")
    if new and into.state is TicketState.ASKING:
        whose = f"{into.requester.address} answers, and not {new[0].address}"
        why = f"{into.reference} waits for what {whose}"
        raise WordRefused(f"{why}: merge it into {ticket.reference} instead")
    first = max(party.number for party in into.parties) + 1
    return tuple(
        replace(party, number=number, invited=True, origin=_origin(draft, ticket, party))
        for number, party in enumerate(new, start=first)
    )


def _unreached(ticket: Ticket) -> str:
    """Return a remark on whoever called and left no address, "" where nobody did."""
    who = f"the caller of {ticket.reference}"
    return f"; no reply reaches {who}: call back" if ticket.caller else ""


def _origin(draft: Draft, ticket: Ticket, party: Party) -> Origin:
    return party.origin or Origin(
        channel=draft.place_of(ticket, party).channel, reference=ticket.reference,
        subject=ticket.subject, language=ticket.language,
    )  # fmt: skip


def _let_in(draft: Draft, ticket: Ticket, into: Ticket, joining: tuple[Party, ...]) -> None:
    """Make them parties, and let their conversations go on where they are."""
    theirs = {str(draft.place_of(into, party)) for party in joining}
    known = {thread.place for thread in into.threads}
    moved = tuple(t for t in ticket.threads if t.place in theirs - known)
    kept = tuple(t for t in ticket.threads if t not in moved)
    draft.change(ticket, threads=kept)
    draft.change(into, parties=(*into.parties, *joining), threads=(*into.threads, *moved))


def _keep_vendor(draft: Draft, ticket: Ticket, into: Ticket) -> str:
    """Let a vendor who is asked about the one go on with the other; return a remark on that.

    Not where that one has a vendor of its own. What either writes comes to it all the same.
    """
    team = draft.rules.teams.get(ticket.vendor or "")
    if team is None or ticket.state not in _SERVED or into.vendor is not None:
        return ""
    theirs = {str(place) for place in draft.desk.outside(team)}
    now = draft.now(into)
    moved = tuple(t for t in ticket.threads if t.place in theirs and now.thread_at(t.place) is None)
    draft.change(
        into, vendor=team.id, level=ticket.level, team=now.team or ticket.team,
        threads=(*now.threads, *moved),
    )  # fmt: skip
    goes_on = f"{team.id} outside goes on with it, level {ticket.level}"
    draft.event(into, EventKind.STATE, f"{goes_on}: {ticket.reference} was merged into this")
    return f"; {goes_on}"
