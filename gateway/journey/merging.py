"""An agent's word lets a ticket's story go on in another one, for everybody who was part of it.

Whoever asked the one becomes a party of the other: what is replied there reaches them too, under
the reference and subject that they know. Pure.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.journey import colleagues, story
from gateway.journey.deed import Deed, WordRefused
from gateway.journey.draft import Draft
from gateway.journey.naming import shown
from gateway.model.ticket import EventKind, Origin, Party, Ticket, TicketState

MOST_PARTIES = 20
_SERVED = (TicketState.OPEN, TicketState.WAITING)
"""People look after tickets in these."""


def merge(draft: Draft, deed: Deed) -> str:
    """Let a ticket's story go on in another one: replies follow."""
    into = _target(draft, deed)
    joining = _joining(draft, deed.ticket, into)
    _let_in(draft, deed.ticket, into, joining)
    draft.change(deed.ticket, merged_into=into.number)
    draft.set_state(deed.ticket, TicketState.MERGED, f"into {into.reference} by {deed.by}")
    names = ", ".join(shown(p.kind, p.name, p.address) for p in joining)
    reaches = f": replies reach {names} too" if names else ""
    what = f"{deed.ticket.reference} was merged into this{reaches}"
    draft.event(into, EventKind.NOTE, what, by=deed.by)
    draft.change(into)
    if deed.ticket.state is TicketState.OPEN:
        draft.set_state(into, TicketState.OPEN, f"{deed.ticket.reference} is in it now")
    colleagues.tell(draft, deed, "merged", to=into.reference)
    target = replace(deed, ticket=into, heard_at=frozenset())
    told = story.for_team(draft, deed.ticket)
    colleagues.tell(draft, target, "merged_here", to=deed.ticket.reference, literal=told)
    if names:
        colleagues.tell(draft, target, "invited", to=names)
    return f"merged into {into.reference}{reaches}"


def _target(draft: Draft, deed: Deed) -> Ticket:
    """Return the ticket that a story may go on in.

    Raises:
        WordRefused: there is none, or whoever waits for an answer would be forgotten there.
    """
    ticket, into = deed.ticket, deed.other
    if ticket.state is TicketState.MERGED:
        raise WordRefused(f"{ticket.reference} is merged already")
    if into is not None and into.number == ticket.number:
        raise WordRefused(f"merge needs another ticket: {into.reference} is this one")
    if into is None or _is_hidden(draft, deed, into):
        named = deed.arguments.get("into", "")
        raise WordRefused(f"merge needs another ticket, and there is no {named or 'such one'}")
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
        WordRefused: they are too many.
    """
    new = [p for p in ticket.parties if p.address and into.party_of(p.kind, p.address) is None]
    if len(into.parties) + len(new) > MOST_PARTIES:
        raise WordRefused(f"{into.reference} would have more than {MOST_PARTIES} parties")
    first = max(party.number for party in into.parties) + 1
    return tuple(
        replace(party, number=number, invited=True, origin=_origin(draft, ticket, party))
        for number, party in enumerate(new, start=first)
    )


def _origin(draft: Draft, ticket: Ticket, party: Party) -> Origin:
    return party.origin or Origin(
        channel=draft.place_of(ticket, party).channel, reference=ticket.reference,
        subject=ticket.subject, language=ticket.language,
    )  # fmt: skip


def _let_in(draft: Draft, ticket: Ticket, into: Ticket, joining: tuple[Party, ...]) -> None:
    """Make them parties, and let their conversations go on where they are."""
    theirs = {str(draft.place_of(into, party)) for party in joining}
    known = {thread.place for thread in into.threads}
    kept = tuple(t for t in ticket.threads if t.place not in theirs)
    moved = tuple(t for t in ticket.threads if t.place in theirs - known)
    draft.change(ticket, threads=kept)
    draft.change(
        into, parties=(*into.parties, *joining), threads=(*into.threads, *moved)
    )  # fmt: skip
