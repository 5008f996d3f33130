"""The solved tickets most like a new one, with their solutions: shown to the team that gets it.

The archive finds them in memory; the few that come near are looked up in the store, so that none is
shown which was opened again, merged or erased meanwhile. Private teams' tickets stay theirs.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.journey.plan.record import Alike, Record
from gateway.model.ticket import EventKind, Ticket, TicketState

MOST = 3
# Some may fall away: they are private, or open again.
_LOOKED_AT = 6


async def to_request(draft: Record, subject: str, text: str) -> Sequence[Alike]:
    """Return solved tickets like a request, best first."""
    archive = draft.desk.archive
    found = []
    for one in archive.like(subject, text, _LOOKED_AT) if archive is not None else ():
        ticket = await draft.desk.store.ticket(one.number)
        if ticket is not None and ticket.state is TicketState.CLOSED:
            found.append(Alike(one, ticket.team))
    return found


async def to_ticket(draft: Record, ticket: Ticket) -> Sequence[Alike]:
    """Return the same for a ticket that no team has had yet, if its history was read."""
    if ticket.team is not None:
        return ()
    request = next((e.text for e in draft.history if e.kind is EventKind.REQUEST), "")
    return await to_request(draft, ticket.subject, request)


def lines(draft: Record, ticket: Ticket) -> tuple[str, ...]:
    """Return what the team of a ticket is shown: reference, subject and solution of each."""
    teams = draft.rules.teams
    private = {team.id for team in teams.values() if team.private and team.id != ticket.team}
    return tuple(
        f"{one.solved.reference}, {one.solved.subject}: {one.solved.solution}"
        for one in draft.similar
        if one.team not in private and one.solved.number != ticket.number
    )[:MOST]
