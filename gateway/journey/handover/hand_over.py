"""Hands the tickets of a team that vanished from the rule files to the fallback's team.

Called when a rule book is taken: at the start, and whenever a new one comes. Any number of nodes
may do it at the same time: each change is planned on the ticket's version.
"""

from __future__ import annotations

import structlog

from gateway.errors import VersionConflict
from gateway.journey.desk import Desk
from gateway.journey.handover import telling
from gateway.journey.handover.handing_on import read_rest
from gateway.journey.plan.draft import Draft
from gateway.model.ticket import EventKind, Ticket, TicketState

log = structlog.get_logger()

BATCH = 100
_CONFLICTS = 1000


async def hand_over(desk: Desk) -> int:
    """Return how many tickets went to the fallback's team."""
    moved = conflicts = 0
    rules = desk.rules
    while conflicts < _CONFLICTS and (
        strays := await desk.store.stray_tickets(frozenset(rules.teams), BATCH)
    ):
        for ticket in strays:
            draft = Draft(desk, rules)
            draft.history = await desk.store.events(ticket.number)
            await read_rest(draft)
            plan_hand_over(draft, ticket)
            plan = draft.plan()
            try:
                await desk.store.apply(plan)
            except VersionConflict:
                # Somebody wrote to it meanwhile: it comes again with the next look.
                conflicts += 1
                continue
            moved += 1
            desk.wake_delivery([send.lane for send in plan.sends])
    if moved:
        log.warning("tickets of vanished teams handed over", tickets=moved, team=rules.fallback.id)
    return moved


def plan_hand_over(draft: Draft, ticket: Ticket) -> None:
    """Draft what a vanished team causes; a question that waits for its answer goes on waiting."""
    team = draft.rules.fallback
    why = f"the rule files have no team {ticket.team} any more"
    draft.change(ticket, team=team.id, level=team.level)
    draft.event(ticket, EventKind.STATE, f"handed to {team.id}, level {team.level}: {why}")
    if ticket.state is not TicketState.ASKING:
        telling.tell_new(draft, ticket, why, None)
