"""What time alone changes: requests nobody took up close, unanswered questions go to people.

One node of many does this at a time; doing it twice is harmless, because each change is planned on
the ticket's version.
"""

from __future__ import annotations

import structlog

from gateway.errors import VersionConflict
from gateway.journey import new_request
from gateway.journey.desk import Desk
from gateway.journey.draft import Draft
from gateway.model.message import Trust
from gateway.model.ticket import Ticket, TicketState

log = structlog.get_logger()

BATCH = 100


async def sweep(desk: Desk) -> int:
    """Carry out everything that is due now; return how many tickets changed."""
    changed = 0
    for ticket in await desk.store.due_tickets(desk.world.now(), BATCH):
        draft = Draft(desk, desk.rules)
        draft.history = await desk.store.events(ticket.number)
        plan_due(draft, ticket)
        plan = draft.plan()
        try:
            await desk.store.apply(plan)
        except VersionConflict:
            continue
        changed += 1
        desk.wake_delivery([send.lane for send in plan.sends])
    if changed:
        log.info("due", tickets=changed)
    return changed


def plan_due(draft: Draft, ticket: Ticket) -> None:
    """Draft what the end of a ticket's time causes."""
    if ticket.state is TicketState.ANSWERED:
        draft.set_state(ticket, TicketState.CLOSED, "nobody asked on")
    elif ticket.state is TicketState.ASKING:
        why = "the question was not answered in time"
        new_request.route_again(draft, ticket, Trust.CLAIMED, why)
        new_request.tell_new(draft, ticket, why, None)
    else:
        draft.set_state(ticket, ticket.state, "")
