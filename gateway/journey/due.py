"""What time alone changes: clocks run out, questions and answers nobody took up come to an end.

One node of many does this at a time; doing it twice is harmless, because each change is planned on
the ticket's version.
"""

from __future__ import annotations

from datetime import UTC, datetime

import structlog

from gateway.errors import VersionConflict
from gateway.journey import overdue
from gateway.journey.deciding import routing
from gateway.journey.desk import Desk
from gateway.journey.handover import telling
from gateway.journey.handover.handing_on import read_rest
from gateway.journey.plan import limits
from gateway.journey.plan.clocks import Change, wind
from gateway.journey.plan.draft import Draft
from gateway.model.calendar import Calendar
from gateway.model.level import Level
from gateway.model.message import Trust
from gateway.model.plan import Plan, TicketWrite
from gateway.model.question import Question
from gateway.model.ticket import Ticket, TicketState

log = structlog.get_logger()

BATCH = 100
MOST_BATCHES = 20
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Sweeper:
    """Sweeps time and again; times tickets anew when the rule files have other clocks."""

    def __init__(self) -> None:
        self._timed_by: tuple[dict[int, Level], Calendar] | None = None

    async def sweep(self, desk: Desk) -> int:
        """See `sweep`."""
        timed_by = (dict(desk.rules.levels), desk.rules.calendar)
        if timed_by != self._timed_by:
            await time_anew(desk)
            self._timed_by = timed_by
        return await sweep(desk)


async def sweep(desk: Desk) -> int:
    """Carry out everything that is due now; return how many tickets changed."""
    changed = 0
    for _ in range(MOST_BATCHES):
        found = await desk.store.due_tickets(desk.world.now(), BATCH)
        for ticket in found:
            changed += await _carry_out(desk, ticket)
        if len(found) < BATCH:
            break
    if changed:
        log.info("due", tickets=changed)
    return changed


async def _carry_out(desk: Desk, ticket: Ticket) -> bool:
    """Change one ticket; False when somebody else changed it meanwhile."""
    draft = Draft(desk, desk.rules)
    draft.history = await desk.store.events(ticket.number)
    await read_rest(draft)
    known = await desk.store.know(Question(now=draft.at, budgets=(limits.ALERTS,)))
    draft.knows_alerts(known.spent)
    plan_due(draft, ticket)
    plan = draft.plan()
    try:
        await desk.store.apply(plan)
    except VersionConflict:
        return False
    desk.wake_delivery([send.lane for send in plan.sends])
    return True


def plan_due(draft: Draft, ticket: Ticket) -> None:
    """Draft what the end of a ticket's time causes."""
    if ticket.state is TicketState.ANSWERED:
        draft.set_state(ticket, TicketState.CLOSED, "nobody asked on")
    elif ticket.state is TicketState.ASKING:
        why = "the question was not answered in time"
        routing.route_again(draft, ticket, Trust.CLAIMED, why)
        telling.tell_new(draft, ticket, why, None)
    elif ticket.state is TicketState.OPEN:
        overdue.plan(draft, ticket)
    else:
        draft.set_state(ticket, ticket.state, "")


async def time_anew(desk: Desk) -> int:
    """Wind the clocks of all open tickets by the rule book as it is now; return how many changed.

    Nothing else of them changes, nor when they were changed last.
    """
    changed, begun_at = 0, desk.world.now()
    place = (_BEGINNING, 0)
    while found := await desk.store.open_tickets_from(*place, BATCH):
        for ticket in found:
            changed += await _wind_anew(desk, ticket)
        place = (found[-1].updated_at, found[-1].number)
        if place[0] > begun_at:
            break
    if changed:
        log.info("timed anew", tickets=changed)
    return changed


async def _wind_anew(desk: Desk, ticket: Ticket) -> bool:
    at = desk.world.now()
    wound = wind(Change(before=ticket, ticket=ticket, rules=desk.rules, at=at)).ticket
    if wound == ticket:
        return False
    write = TicketWrite(ticket=wound, planned_on=ticket.version)
    try:
        await desk.store.apply(Plan(at=at, tickets=(write,)))
    except VersionConflict:
        return False
    return True
