"""The period of a report: days as they begin and end on the desk's wall. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.model.units import parse_duration

DEFAULT_DAYS = 30
_EXPECTED = 'expected a day such as 2026-03-01, a time such as "2026-03-01 14:00", or "30 days"'


def period(since: str, until: str, now: datetime, timezone: str) -> tuple[datetime, datetime]:
    """Return when a period begins and ends; a day that ends it belongs to it.

    Without ``since`` it begins with the day thirty days before its end, without ``until`` it ends
    now.

    Raises:
        ValueError: one of them is no time, or it ends before it begins.
    """
    zone = ZoneInfo(timezone)
    end = _instant(until, now, zone, ends=True) if until else now
    if since:
        begin = _instant(since, now, zone, ends=False)
    else:
        day = (end.astimezone(zone) - timedelta(days=DEFAULT_DAYS)).date()
        begin = _midnight(day, zone)
    if end <= begin:
        raise ValueError("the period ends before it begins")
    return begin, end


def bounds(begin: datetime, end: datetime, timezone: str) -> list[datetime]:
    """Return when a period begins, each midnight in it, and when it ends."""
    zone = ZoneInfo(timezone)
    day, found = begin.astimezone(zone).date(), [begin]
    while (midnight := _midnight(day := day + timedelta(days=1), zone)) < end:
        found.append(midnight)
    return [*found, end]


def _instant(text: str, now: datetime, zone: ZoneInfo, *, ends: bool) -> datetime:
    """Return what a text means: a day, a time, or so long ago."""
    try:
        return _midnight(date.fromisoformat(text) + ends * timedelta(days=1), zone)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return _ago(text, now)
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _ago(text: str, now: datetime) -> datetime:
    try:
        return now - parse_duration(text)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no time: {_EXPECTED}") from None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
