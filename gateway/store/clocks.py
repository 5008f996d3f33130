"""The clocks of tickets, and what their stays took: to rows and back. For this package only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from gateway.model.timing import Stay, Timer, Timing
from gateway.store.steps import Steps, change_each
from gateway.store.values import (
    from_micros,
    from_micros_or_none,
    span_micros,
    storable,
    to_micros,
    to_micros_or_none,
)

Stored = list[Any]


def timing_row(timing: Timing) -> Stored:
    """Return clocks as JSON."""
    took = span_micros_or_none(timing.first_took)
    timers = (_timer_row(timing.answer), _timer_row(timing.resolve))
    return [to_micros(timing.began_at), *timers, timing.answers, took, list(timing.been)]


def _timer_row(timer: Timer) -> Stored:
    since = to_micros_or_none(timer.since)
    return [span_micros(timer.used), since, int(timer.warned), int(timer.ran_out)]


def timing_of(stored: Stored) -> Timing:
    """Return the clocks that `timing_row` wrote."""
    began_at, answer, resolve, answers, took, been = stored
    return Timing(
        began_at=from_micros(began_at),
        answer=_timer_of(answer),
        resolve=_timer_of(resolve),
        answers=answers,
        first_took=None if took is None else timedelta(microseconds=took),
        been=tuple(been),
    )


def _timer_of(stored: Stored) -> Timer:
    used, since, warned, ran_out = stored
    return Timer(
        used=timedelta(microseconds=used),
        since=from_micros_or_none(since),
        warned=bool(warned),
        ran_out=bool(ran_out),
    )


def add_stays(stays: Iterable[Stay]) -> Steps[None]:
    """Note what stays of tickets took."""
    yield from change_each("stay_insert", [_stay_row(stay) for stay in stays])


def _stay_row(stay: Stay) -> dict[str, object]:
    return {
        "ticket": stay.ticket,
        "began_at": to_micros(stay.began_at),
        "ended_at": to_micros(stay.ended_at),
        "level": stay.level,
        "team": storable(stay.team),
        "priority": stay.priority.value,
        "ending": stay.ending.value,
        "first_took": span_micros_or_none(stay.first),
        "first_late": _flag(stay.is_first_late),
        "took": span_micros(stay.took),
        "late": _flag(stay.is_late),
    }


def span_micros_or_none(span: timedelta | None) -> int | None:
    """Return a length of time in microseconds, None for none."""
    return None if span is None else span_micros(span)


def _flag(is_so: bool | None) -> int | None:
    return None if is_so is None else int(is_so)
