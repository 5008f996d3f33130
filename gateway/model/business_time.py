"""Reckons in business time: how much of it lies between two instants, and when some has passed.

Pure. An instant counts exactly when `Calendar.is_open` says so, and so the days on which clocks are
put forward or back come out right. A calendar that names no hours at all is always open: without
one, time is just time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from gateway.model.calendar import Calendar, Span

MOST_DAYS = 3660
"""What lies further ahead than these ten years counts as never."""

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
# The offsets of all zones lie between these; a day of any of them lies between its own midnight in
# UTC less the one and the next midnight plus the other.
_FURTHEST_EAST = timedelta(hours=15)
_FURTHEST_WEST = timedelta(hours=13)

Interval = tuple[datetime, datetime]


def after(calendar: Calendar, start: datetime, amount: timedelta) -> datetime | None:
    """Return the first instant when an amount of business time has passed since ``start``.

    None when that takes more than `MOST_DAYS`. An amount of nothing has passed at once.
    """
    if amount <= timedelta():
        return start
    if not any(calendar.hours):
        return start + amount if amount <= _DAY * MOST_DAYS else None
    left = amount
    for begin, end in _open_from(calendar, start):
        if end - begin >= left:
            return begin + left
        left -= end - begin
    return None


def between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Return the business time from one instant to another; nothing when that is not later."""
    if end <= start:
        return timedelta()
    if not any(calendar.hours):
        return end - start
    passed = timedelta()
    for first, last in _open_from(calendar, start):
        if first >= end:
            break
        passed += min(last, end) - first
    return passed


def working_day(calendar: Calendar) -> timedelta:
    """Return how much business time a day has: that of the longest weekday."""
    lengths = [_length(spans) for spans in calendar.hours]
    return max(lengths, default=timedelta()) or _DAY


def working_week(calendar: Calendar) -> timedelta:
    """Return how much business time a week without holidays has."""
    return sum(map(_length, calendar.hours), timedelta()) or 7 * _DAY


def _length(spans: tuple[Span, ...]) -> timedelta:
    return sum(last - first for first, last in spans) * _MINUTE


def _open_from(calendar: Calendar, start: datetime) -> Iterator[Interval]:
    """Yield what is open from an instant on, in UTC and in order."""
    start = start.astimezone(UTC)
    day = calendar.local(start).date()
    for _ in range(MOST_DAYS):
        for begin, end in _open_on(calendar, day):
            if end > start:
                yield max(begin, start), end
        day += _DAY


# Every mail that becomes a ticket asks for today and the next few days.
@lru_cache(maxsize=64)
def _open_on(calendar: Calendar, day: date) -> tuple[Interval, ...]:
    """Return what is open on a local day, in UTC; a part that the clock shows twice comes twice."""
    spans = calendar.hours[day.weekday()]
    if not spans or calendar.is_holiday(day):
        return ()
    zone = ZoneInfo(calendar.timezone)
    midnight = datetime.combine(day, time(), UTC)
    pieces = _by_offset(zone, midnight - _FURTHEST_EAST, midnight + _DAY + _FURTHEST_WEST)
    found = [
        (
            max(midnight + first * _MINUTE - offset, begin),
            min(midnight + last * _MINUTE - offset, end),
        )
        for begin, end, offset in pieces
        for first, last in spans
    ]
    return tuple(sorted((begin, end) for begin, end in found if begin < end))


def _by_offset(
    zone: tzinfo, begin: datetime, end: datetime
) -> list[tuple[datetime, datetime, timedelta]]:
    """Return a few days cut where the zone's offset changes, if it does, each with its offset."""
    before, behind = _offset(zone, begin), _offset(zone, end)
    if before == behind:
        return [(begin, end, before)]
    low, high = begin, end
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    return [(begin, high, before), (high, end, behind)]


def _offset(zone: tzinfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
