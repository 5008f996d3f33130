"""A clock of a ticket comes near its end, or has run out: people are warned, or others take over.

Called by `gateway.journey.due` for tickets that people work on. One step each time: after a long
downtime every ticket is handed on at most once, and has fresh clocks where it comes. Time takes a
ticket only upwards, or to where it has not been taken from, so that it always comes to rest: at
the top its team and the alerts hear of it, once for each clock.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gateway.contracts.rules import Rules
from gateway.contracts.words import Value
from gateway.journey.deciding import routing
from gateway.journey.desk import Desk
from gateway.journey.handover import telling
from gateway.journey.plan import clocks
from gateway.journey.plan.clocks import Watched
from gateway.journey.plan.draft import Draft
from gateway.model.people import Team
from gateway.model.ticket import EventKind, Ticket
from gateway.model.timing import Clock, Timing
from gateway.model.units import format_duration

_NAMES = {
    Clock.FIRST: "the first answer",
    Clock.NEXT: "the next answer",
    Clock.RESOLVE: "the solution",
}


def plan(draft: Draft, ticket: Ticket) -> None:
    """Draft what the clocks of an open ticket want now; where nothing, they are wound anew."""
    timing = ticket.timing
    watched = clocks.watched(draft.rules, ticket, timing, draft.at) if timing else ()
    ended = [one for one in watched if _is_over(one.due_at, draft.at) and not one.timer.ran_out]
    near = [one for one in watched if _is_over(one.warn_at, draft.at) and not one.timer.warned]
    if timing is not None and ended:
        _run_out(draft, ticket, timing, min(ended, key=_due))
    elif timing is not None and near:
        _warn(draft, ticket, timing, min(near, key=_due))
    else:
        draft.change(ticket)


def _is_over(end: datetime | None, at: datetime) -> bool:
    return end is not None and end <= at


def _due(one: Watched) -> datetime:
    assert one.due_at is not None
    return one.due_at


def _warn(draft: Draft, ticket: Ticket, timing: Timing, one: Watched) -> None:
    draft.change(ticket, timing=clocks.told(timing, one.clock, ran_out=False))
    due = draft.rules.calendar.shown(_due(one))
    draft.event(ticket, EventKind.STATE, f"warned: {_NAMES[one.clock]} is due at {due}")
    _tell(draft, ticket, one, handed_to=None)


def _run_out(draft: Draft, ticket: Ticket, timing: Timing, one: Watched) -> None:
    why = (
        f"{_NAMES[one.clock]} was due at {draft.rules.calendar.shown(_due(one))}"
        f" (level {ticket.level}: {format_duration(one.limit)})"
    )
    team = next_team(draft.desk, draft.rules, ticket, timing)
    _tell(draft, ticket, one, handed_to=team.id if team else "")
    if team is None:
        draft.change(ticket, timing=clocks.told(timing, one.clock, ran_out=True))
        draft.event(ticket, EventKind.STATE, f"overdue: {why}; nobody is there to hand it to")
        draft.alert(f"{ticket.reference} is overdue", why)
        return
    draft.change(ticket, timing=replace(timing, been=(*timing.been, _holder(ticket))))
    routing.route(draft, ticket, team.id, None, why)
    telling.tell_new(draft, ticket, why, None)


def _tell(draft: Draft, ticket: Ticket, one: Watched, *, handed_to: str | None) -> None:
    """Tell the team of a clock that ends soon (None), or ended: who has the ticket now, or ""."""
    agent = draft.rules.agents.get(ticket.assignee or "")
    values: dict[str, Value] = {
        "reference": ticket.reference,
        "clock": str(one.clock),
        "due": draft.rules.calendar.shown(_due(one)),
        "assignee": agent.name if agent else ticket.assignee or "",
    }
    if handed_to is None:
        draft.to_team(ticket, "agent/warning", values)
    else:
        draft.to_team(ticket, "agent/overdue", {**values, "team": handed_to})


def _holder(ticket: Ticket) -> str:
    return ticket.vendor or ticket.team or ""


def next_team(desk: Desk, rules: Rules, ticket: Ticket, timing: Timing) -> Team | None:
    """Return who gets a ticket whose time ran out: the team's ``next``, else the next level's team.

    A ticket of a private team goes only where its ``next`` says, and nothing comes to a private
    team, or to one outside the house, but by that.
    """
    team = rules.teams.get(_holder(ticket), rules.fallback)
    named = rules.teams.get(team.next_team or "")
    is_new = named is not None and named.id not in (team.id, *timing.been)
    if named is not None and (is_new or named.level > ticket.level):
        return named
    if team.private:
        return None
    above = [
        other
        for other in rules.teams.values()
        if other.level > ticket.level and not other.private and not desk.outside(other)
    ]
    # Of two teams on a level, one that hears of it.
    return min(above, key=lambda other: (other.level, not other.tell), default=None)
