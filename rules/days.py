"""Days, weekdays and hours as rule files write them; read for conditions and for the calendar."""

from __future__ import annotations

import re
from datetime import date, datetime

from gateway.model.calendar import MINUTES_A_DAY, WEEKDAYS, Days, Span
from rules import fields
from rules.nodes import Node, Scalar
from rules.problems import Mark, Problems, did_you_mean, one_of

_LEAP_YEAR = 2024
_RANGE = ".."
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_DATE = re.compile(r"(?:([0-9]{4})-)?([0-9]{2})-([0-9]{2})")
DATE_HINT = "2026-12-25, 12-25 (every year), or a range 2026-12-24..2026-12-31"


def weekdays(text: str, mark: Mark, what: str, problems: Problems) -> tuple[int, ...]:
    """Return the weekdays that ``mon`` or ``fri-mon`` means, as numbers from 0; () if it is wrong.

    A range may pass the end of the week.
    """
    first, dash, last = (part.strip() for part in text.lower().partition("-"))
    ends = [first, last] if dash else [first]
    for end in ends:
        if end not in WEEKDAYS:
            expected = f"{one_of(WEEKDAYS)}, or a range such as mon-fri"
            problems.error(
                mark, f"{what}: expected {expected}, found {text!r}", did_you_mean(end, WEEKDAYS)
            )
            return ()
    start, stop = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
    length = (stop - start) % len(WEEKDAYS) + 1
    return tuple((start + step) % len(WEEKDAYS) for step in range(length))


def days(text: str, mark: Mark, what: str, problems: Problems) -> Days | None:
    """Return the day or the range of days that a text means."""
    first_text, dots, last_text = (part.strip() for part in text.partition(_RANGE))
    first = _day(first_text)
    last = _day(last_text) if dots else first
    if first is None or last is None or len(first) != len(last):
        problems.error(mark, f"{what}: expected a date, found {text!r}", DATE_HINT)
        return None
    if len(first) == len(("year", "month", "day")) and last < first:
        problems.error(mark, f"{what}: {text!r} ends before it begins")
        return None
    return Days(first, last)


def _day(text: str) -> tuple[int, ...] | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    assert month is not None
    assert day is not None
    try:
        date(year or _LEAP_YEAR, month, day)
    except ValueError:
        return None
    return (month, day) if year is None else (year, month, day)


def span(node: Node, what: str, problems: Problems) -> Span | None:
    """Return the minutes that ``"09:00-17:00"`` means; ``24:00`` is the end of the day."""
    text = node.text.strip() if isinstance(node, Scalar) else ""
    first, last = (_minute(part.strip()) for part in text.partition("-")[::2])
    if first is None or last is None:
        shown = fields.show(node)
        hint = '"09:00-17:00"'
        problems.error(node.mark, f"{what}: expected hours, found {shown}", f"for instance {hint}")
        return None
    if last <= first:
        hint = "hours past midnight belong to the next day: 00:00-06:00 there"
        problems.error(node.mark, f"{what}: {text!r} ends before it begins", hint)
        return None
    return first, last


def _minute(text: str) -> int | None:
    match = _TIME.fullmatch(text)
    if match is None or int(match[2]) > 59:  # noqa: PLR2004 - minutes of an hour
        return None
    minute = int(match[1]) * 60 + int(match[2])
    return minute if minute <= MINUTES_A_DAY else None


def moment(node: Node, what: str, problems: Problems) -> datetime | None:
    """Return the day and time, by the desk's own clock, that ``2026-03-02 10:00`` means."""
    text = node.text.strip() if isinstance(node, Scalar) else ""
    try:
        return datetime.strptime(text.replace("T", " "), "%Y-%m-%d %H:%M")  # noqa: DTZ007 - local
    except ValueError:
        shown = fields.show(node)
        hint = "2026-03-02 10:00"
        problems.error(
            node.mark, f"{what}: expected day and time, found {shown}", f"for instance {hint}"
        )
        return None
