"""Reads ``calendar`` and ``levels``: when people work, and how long each level may take."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from gateway.model.business_time import working_day, working_week
from gateway.model.calendar import WEEKDAYS, Calendar, Days, Span
from gateway.model.decision import Priority
from gateway.model.level import DEFAULT_WARN, Clocks, Level
from gateway.model.units import parse_duration
from rules import days, fields
from rules.fields import Fields
from rules.known import Known
from rules.nodes import Node, Scalar
from rules.outcome import MAX_LEVEL

CALENDAR_KEYS = ("timezone", "hours", "holidays")
CLOCK_KEYS = ("first", "next", "resolve")
LEVEL_KEYS = (*CLOCK_KEYS, "warn", "priority")

Value = TypeVar("Value")


def read_calendar(key: Scalar, node: Node, known: Known) -> Calendar:
    """Return the calendar; faults are noted, and what is wrong is left out."""
    found = fields.fields(node, "calendar", CALENDAR_KEYS, known.problems) or {}
    if "hours" not in found:
        hint = 'hours: {mon-fri: ["09:00-17:00"]}'
        known.problems.error(key.mark, "calendar: hours is missing", hint)
    return Calendar(
        timezone=_timezone(found, known),
        hours=_hours(found["hours"], known) if "hours" in found else Calendar().hours,
        holidays=_holidays(found["holidays"], known) if "holidays" in found else (),
    )


def _timezone(found: Fields, known: Known) -> str:
    if "timezone" not in found:
        return known.timezone
    name = fields.text(found["timezone"], "calendar.timezone", known.problems)
    if name is None:
        return known.timezone
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, LookupError):
        mark = found["timezone"].mark
        known.problems.error(mark, f"there is no time zone {name!r}", "for instance Europe/Lisbon")
        return known.timezone


def _hours(node: Node, known: Known) -> tuple[tuple[Span, ...], ...]:
    by_day: dict[int, tuple[Span, ...]] = {}
    mapping = fields.table(node, "calendar.hours", known.problems)
    for key, value in mapping.items if mapping else ():
        what = f"calendar.hours.{key.text}"
        spans = _spans(value, what, known)
        for day in days.weekdays(key.text, key.mark, "calendar.hours", known.problems):
            if day in by_day:
                known.problems.error(key.mark, f"{what}: {WEEKDAYS[day]} stands here twice")
            by_day[day] = spans
    return tuple(by_day.get(day, ()) for day in range(len(WEEKDAYS)))


def _spans(node: Node, what: str, known: Known) -> tuple[Span, ...]:
    read = ((item, days.span(item, what, known.problems)) for item in fields.one_or_more(node))
    kept: list[Span] = []
    for item, one in read:
        if one is None:
            continue
        if any(one[0] < last and first < one[1] for first, last in kept):
            known.problems.error(item.mark, f"{what}: {fields.show(item)} overlaps earlier hours")
        kept.append(one)
    return tuple(sorted(kept))


def _holidays(node: Node, known: Known) -> tuple[Days, ...]:
    if fields.one_or_more(node) == ():
        return ()
    what = "calendar.holidays"
    pairs = fields.texts(node, what, known.problems)
    read = (days.days(text, mark, what, known.problems) for text, mark in pairs)
    return tuple(run for run in read if run is not None)


def read_level(key: Scalar, node: Node, calendar: Calendar, known: Known) -> Level | None:
    """Return the clocks of one level; a day in them is a working day of the calendar."""
    what = f"levels.{key.text}"
    number = fields.integer(key, "levels", known.problems, 1, MAX_LEVEL)
    found = fields.fields(node, what, LEVEL_KEYS, known.problems)
    if found is None or number is None:
        return None
    return Level(
        number=number,
        clocks=_clocks(found, what, calendar, known),
        warn=_share(found["warn"], f"{what}.warn", known) if "warn" in found else DEFAULT_WARN,
        by_priority=(
            _priorities(found["priority"], what, calendar, known) if "priority" in found else {}
        ),
    )


def _clocks(found: Fields, what: str, calendar: Calendar, known: Known) -> Clocks:
    times = {
        key: _time(found[key], f"{what}.{key}", calendar, known)
        for key in CLOCK_KEYS
        if key in found
    }
    clocks = Clocks(**times)
    if clocks.first and clocks.resolve and clocks.resolve < clocks.first:
        mark = found["resolve"].mark
        known.problems.error(mark, f"{what}: resolve is shorter than first: it would end before")
    return clocks


def _time(node: Node, what: str, calendar: Calendar, known: Known) -> timedelta | None:
    text = node.text if isinstance(node, Scalar) else ""
    try:
        time = parse_duration(text, day=working_day(calendar), week=working_week(calendar))
    except ValueError:
        time = timedelta()
    if time <= timedelta():
        shown = fields.show(node)
        hint = "for instance 30m, 4h or 2d"
        known.problems.error(node.mark, f"{what}: expected a time, found {shown}", hint)
        return None
    return time


def _share(node: Node, what: str, known: Known) -> float:
    text = node.text.strip() if isinstance(node, Scalar) else ""
    number = text.removesuffix("%").strip()
    if text.endswith("%") and number.isascii() and number.isdigit() and 0 < int(number) < 100:  # noqa: PLR2004 - per cent
        return int(number) / 100
    shown = fields.show(node)
    known.problems.error(node.mark, f"{what}: expected 1% to 99%, found {shown}")
    return DEFAULT_WARN


def _priorities(
    node: Node, what: str, calendar: Calendar, known: Known
) -> Mapping[Priority, Clocks]:
    names = tuple(map(str, Priority))
    found = fields.fields(node, f"{what}.priority", names, known.problems) or {}
    clocks: dict[Priority, Clocks] = {}
    for name, value in found.items():
        inner = f"{what}.priority.{name}"
        times = fields.fields(value, inner, CLOCK_KEYS, known.problems)
        if times is not None:
            clocks[Priority(name)] = _clocks(times, inner, calendar, known)
    return clocks
