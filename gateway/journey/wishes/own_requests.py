"""Looks up the requests of somebody that still wait for an answer, for whoever asks how they stand.

Those of linked accounts are among them, and those that were merged into others: such a one keeps
the reference that they know, and stands as the other does: it is for showing, never for a change.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace

from gateway.journey.desk import Desk
from gateway.model.message import Message, Wish
from gateway.model.question import Known
from gateway.model.ticket import Ticket, TicketState

MOST_SHOWN = 20
_WAIT = (TicketState.ASKING, TicketState.OPEN, TicketState.WAITING)


async def requests_of(desk: Desk, said: Message | Wish, known: Known) -> Sequence[Ticket]:
    """Return the requests of whoever said something, last changed first."""
    kind, address = desk.kind_of(said.channel), said.author.address
    if not address:
        return ()
    found: list[Ticket] = []
    for one in ((kind, address), *known.linked):
        found += await desk.store.open_tickets_of(*one, MOST_SHOWN)
        found += [
            replace(ticket, state=into.state, updated_at=into.updated_at)
            async for ticket, into in _merged(desk, *one)
        ]
    found.sort(key=lambda ticket: ticket.updated_at, reverse=True)
    return found[:MOST_SHOWN]


async def joined_by(desk: Desk, said: Wish) -> Mapping[int, Ticket]:
    """Return others' tickets, by number, that requests of whoever said something go on in."""
    kind, address = desk.kind_of(said.channel), said.author.address
    return {into.number: into async for _, into in _merged(desk, kind, address)}


async def _merged(desk: Desk, kind: str, address: str) -> AsyncIterator[tuple[Ticket, Ticket]]:
    """Yield somebody's merged tickets, each with the ticket of somebody else that it goes on in."""
    for ticket in await desk.store.merged_tickets_of(kind, address, MOST_SHOWN):
        into = await end_of(desk, ticket)
        is_own = (into.kind, into.requester.address) == (kind, address)
        if into.state in _WAIT and not is_own:
            yield ticket, into


async def end_of(desk: Desk, ticket: Ticket) -> Ticket:
    """Return the ticket that a merged one's story goes on in."""
    for _ in range(MOST_SHOWN):
        if ticket.state is not TicketState.MERGED or ticket.merged_into is None:
            break
        ticket = await desk.store.ticket(ticket.merged_into) or ticket
    return ticket
