"""Winds the clocks of a ticket: from how it stood and how it shall stand to how they run. Pure.

Called for every ticket that a plan changes, so that no use case has to think of time. A ticket that
comes to another team or level, or is opened again, has fresh clocks; while the desk waits for the
requester they stand; another priority, another rule book only change what they run against.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.contracts.rules import Times
from gateway.model.business_time import after, between
from gateway.model.calendar import Calendar
from gateway.model.level import Clocks
from gateway.model.ticket import BY_DESK, EventKind, Ticket, TicketEvent, TicketState, Visibility
from gateway.model.timing import Clock, Ending, Stay, Timer, Timing
from gateway.model.units import format_duration

BY_VENDOR = "vendor"
"""Marks, in the details of a note, what an outside vendor answered."""

_ENDINGS = {
    TicketState.CLOSED: Ending.CLOSED,
    TicketState.ANSWERED: Ending.ANSWERED,
    TicketState.MERGED: Ending.DROPPED,
    TicketState.SPAM: Ending.DROPPED,
}
_DUE_BY_ITSELF = (TicketState.ASKING, TicketState.ANSWERED)
"""What becomes of these after a time does not hang on a level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A clock with a limit: when people are warned, and when it runs out; None while it stands."""

    clock: Clock
    timer: Timer
    limit: timedelta
    warn_at: datetime | None
    due_at: datetime | None

    @property
    def next_step_at(self) -> datetime | None:
        """Return when it wants something of the desk: to warn, or to run out."""
        if self.timer.ran_out:
            return None
        return self.due_at if self.timer.warned else self.warn_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A ticket as a plan leaves it, and as it was stored; None: it is new.

    ``said`` is what the plan adds to its history.
    """

    before: Ticket | None
    ticket: Ticket
    rules: Times
    at: datetime
    said: Sequence[TicketEvent] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wound:
    """A ticket with its clocks set, and what is to be told of its stay: a first answer, its end."""

    ticket: Ticket
    stays: tuple[Stay, ...] = ()


def _is_answer(event: TicketEvent) -> bool:
    """Return whether a line of history is what an answer clock waits for: people's words."""
    if event.kind is EventKind.NOTE:
        return bool(event.details.get(BY_VENDOR))
    return event.kind in (EventKind.REPLY, EventKind.ANSWER) and event.by != BY_DESK


def _is_question(event: TicketEvent) -> bool:
    """Return whether a line of history lets somebody wait for an answer again."""
    return event.kind is EventKind.FOLLOWUP and event.visibility is Visibility.PUBLIC


def wind(change: Change) -> Wound:
    """Return a ticket with its clocks as they run from now on."""
    ticket, before = change.ticket, change.before
    timing = ticket.timing
    first = None
    if timing is not None and before is not None and any(map(_is_answer, change.said)):
        is_first = not timing.answers
        timing = _answered(timing, change)
        first = _stay(timing, before, Ending.GOES_ON, change) if is_first else None
    end = _ended(timing, change) if timing else None
    if ticket.state is TicketState.OPEN:
        timing = _fresh(timing, change) if end or timing is None else _go_on(timing, change)
    elif timing is not None:
        timing = None if end else _stand(timing, change)
    is_again = before is not None and before.state is TicketState.CLOSED
    if is_again and ticket.state in (TicketState.OPEN, TicketState.WAITING):
        ticket = replace(ticket, reopened=ticket.reopened + 1)
    stays = tuple(stay for stay in (first, end) if stay)
    return Wound(ticket=_with_times(ticket, timing, change), stays=stays)


def _answered(timing: Timing, change: Change) -> Timing:
    """Return the clocks after an answer: nobody waits for one any more."""
    took = timing.first_took
    if not timing.answers:
        took = _stopped(timing.answer, change).used
    return replace(timing, answer=Timer(), answers=timing.answers + 1, first_took=took)


def _ended(timing: Timing, change: Change) -> Stay | None:
    """Return the stay that a change ends: the ticket leaves its team or level, or is done with."""
    before, ticket = change.before, change.ticket
    if before is None:
        return None
    ending = _ENDINGS.get(ticket.state)
    if ending is None and _where(before) != _where(ticket):
        was = before.timing.been if before.timing else ()
        ending = Ending.HANDED_ON if timing.been == was else Ending.RAN_OUT
    return _stay(timing, before, ending, change) if ending else None


def _stay(timing: Timing, before: Ticket, ending: Ending, change: Change) -> Stay:
    """Return what a ticket took where it lay before."""
    times = times_of(change.rules, before)
    waited = _stopped(timing.answer, change).used
    took = _stopped(timing.resolve, change).used
    first = timing.first_took
    began_unanswered = first is not None or not timing.answers
    return Stay(
        ticket=before.number,
        level=before.level,
        team=before.vendor or before.team or "",
        priority=before.priority,
        began_at=timing.began_at,
        ended_at=change.at,
        ending=ending,
        first=first,
        is_first_late=(
            _is_late(first if first is not None else waited, times.first)
            if began_unanswered
            else None
        ),
        took=took,
        is_late=_is_late(took, times.resolve),
    )


def _is_late(took: timedelta, limit: timedelta | None) -> bool | None:
    return None if limit is None else took >= limit


def _where(ticket: Ticket) -> tuple[object, ...]:
    return (ticket.team, ticket.level, ticket.vendor)


def _fresh(timing: Timing | None, change: Change) -> Timing:
    """Return clocks that begin now; after an answer elsewhere the next one runs, not the first."""
    before = change.before
    was_answered = before is not None and before.state in (TicketState.CLOSED, TicketState.WAITING)
    began = Timer(since=change.at)
    return Timing(
        began_at=change.at,
        answer=began,
        resolve=began,
        answers=int(was_answered and timing is None),
        been=timing.been if timing else (),
    )


def _go_on(timing: Timing, change: Change) -> Timing:
    """Return clocks that run on; that of the answer only where somebody waits for one."""
    before, at = change.before, change.at
    was_open = before is not None and before.state is TicketState.OPEN
    waits = timing.answer.since is not None or not was_open or any(map(_is_question, change.said))
    return replace(
        timing,
        answer=_running(timing.answer, at) if waits else timing.answer,
        resolve=_running(timing.resolve, at),
    )


def _stand(timing: Timing, change: Change) -> Timing:
    answer, resolve = _stopped(timing.answer, change), _stopped(timing.resolve, change)
    return replace(timing, answer=answer, resolve=resolve)


def _running(timer: Timer, at: datetime) -> Timer:
    return timer if timer.since is not None else replace(timer, since=at)


def _stopped(timer: Timer, change: Change) -> Timer:
    used = used_by(timer, change.rules.calendar, change.at)
    return replace(timer, used=used, since=None)


def used_by(timer: Timer, calendar: Calendar, at: datetime) -> timedelta:
    """Return the business time that a clock has used by an instant."""
    if timer.since is None:
        return timer.used
    return timer.used + between(calendar, timer.since, at)


def _with_times(ticket: Ticket, timing: Timing | None, change: Change) -> Ticket:
    """Return a ticket with what is due, and when the desk has to look at it again."""
    if ticket.state in _DUE_BY_ITSELF:
        return replace(ticket, timing=timing, wake_at=ticket.due_at)
    if timing is None or ticket.state is not TicketState.OPEN:
        return replace(ticket, timing=timing, due_at=None, wake_at=None)
    clocks = watched(change.rules, ticket, timing, change.at)
    for one in clocks:
        timing = _put(timing, one.clock, one.timer)
    steps = (one.next_step_at for one in clocks)
    return replace(
        ticket,
        timing=timing,
        due_at=min((one.due_at for one in clocks if one.due_at), default=None),
        wake_at=min((step for step in steps if step), default=None),
    )


def watched(rules: Times, ticket: Ticket, timing: Timing, at: datetime) -> tuple[Watched, ...]:
    """Return the clocks of a ticket that have a limit.

    What people were told of a clock that has more time now than it had then is forgotten.
    """
    level, times = rules.levels.get(ticket.level), times_of(rules, ticket)
    answer = Clock.NEXT if timing.answers else Clock.FIRST
    each = (
        (answer, timing.answer, times.next if timing.answers else times.first),
        (Clock.RESOLVE, timing.resolve, times.resolve),
    )
    return tuple(
        _against(limit, level.warn, clock, timer, rules.calendar, at)
        for clock, timer, limit in each
        if level is not None and limit is not None
    )


def _against(
    limit: timedelta, share: float, clock: Clock, timer: Timer, calendar: Calendar, at: datetime
) -> Watched:
    if timer.since is None:
        return Watched(clock=clock, timer=timer, limit=limit, warn_at=None, due_at=None)
    warn_at = after(calendar, timer.since, limit * share - timer.used)
    due_at = after(calendar, timer.since, limit - timer.used)
    told = replace(
        timer,
        warned=timer.warned and warn_at is not None and warn_at <= at,
        ran_out=timer.ran_out and due_at is not None and due_at <= at,
    )
    return Watched(clock=clock, timer=told, limit=limit, warn_at=warn_at, due_at=due_at)


def times_of(rules: Times, ticket: Ticket) -> Clocks:
    """Return what a ticket's clocks run against, by its level and priority."""
    level = rules.levels.get(ticket.level)
    return level.clocks_for(ticket.priority) if level else Clocks()


def told(timing: Timing, clock: Clock, *, ran_out: bool) -> Timing:
    """Return clocks that remember that people were warned of one, or that it ran out."""
    timer = timing.resolve if clock is Clock.RESOLVE else timing.answer
    return _put(timing, clock, replace(timer, warned=True, ran_out=ran_out))


def _put(timing: Timing, clock: Clock, timer: Timer) -> Timing:
    if clock is Clock.RESOLVE:
        return replace(timing, resolve=timer)
    return replace(timing, answer=timer)


def line_of(stay: Stay) -> TicketEvent:
    """Return the line of history that tells what a stay took."""
    first = stay.first
    said = "no answer" if first is None else f"first answer after {format_duration(first)}"
    took = format_duration(stay.took)
    return TicketEvent(
        ticket=stay.ticket,
        at=stay.ended_at,
        kind=EventKind.STATE,
        visibility=Visibility.INTERNAL,
        by=BY_DESK,
        text=f"time on level {stay.level}, {stay.team}: {said}, {took} in all",
    )
