"""The clocks of a ticket as ``tickets show`` tells them: what was used, of how much, until when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from gateway.cli.shapes import instant
from gateway.journey.plan.clocks import used_by, watched
from gateway.model.units import format_duration

if TYPE_CHECKING:
    from gateway.contracts.rules import Times
    from gateway.model.message import Json
    from gateway.model.ticket import Ticket

_NAMES = {"first": "first answer", "next": "next answer", "resolve": "solution"}


def clocks_json(ticket: Ticket, times: Times, now: datetime) -> Sequence[Json]:
    """Return the clocks that have a limit; times in seconds of business time."""
    found = watched(times, ticket, ticket.timing, now) if ticket.timing else ()
    return [
        {
            "clock": str(one.clock),
            "used": int(used_by(one.timer, times.calendar, now).total_seconds()),
            "limit": int(one.limit.total_seconds()),
            "runs": one.timer.since is not None,
            "due_at": instant(one.due_at),
            "overdue": one.due_at is not None and one.due_at <= now,
        }
        for one in found
    ]


def clock_lines(ticket: Ticket, times: Times, now: datetime) -> Iterator[str]:
    """Yield a line for each clock that has a limit."""
    for one in watched(times, ticket, ticket.timing, now) if ticket.timing else ():
        used = format_duration(used_by(one.timer, times.calendar, now))
        line = f"{_NAMES[one.clock]}: {used} of {format_duration(one.limit)}"
        if one.due_at is None:
            yield f"{line}, stands" if one.timer.since is None else line
        else:
            late = ", overdue" if one.due_at <= now else ""
            yield f"{line}, due {times.calendar.shown(one.due_at)}{late}"
