"""Durations, sizes and counts as people write them: ``2d 12h``, ``36 MiB``, ``2 tickets``.

Read from configuration and rule files, and shown to people. Every parser raises ValueError with
what was expected.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

_SECONDS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
}
_DAYS = ("d", "day", "days")
_WEEKS = ("w", "week", "weeks")
_DAY = timedelta(days=1)
_BYTES = {
    **dict.fromkeys(("b", "byte", "bytes"), 1),
    **{f"{letter}b": 1000**power for power, letter in enumerate("kmg", start=1)},
    **{f"{letter}ib": 1024**power for power, letter in enumerate("kmg", start=1)},
}
# Nine digits hold three centuries in seconds, and keep a typing error from overflowing.
_AMOUNT = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*([a-z]+)\s*", re.ASCII | re.IGNORECASE)
_LONGEST = timedelta(days=36_500)


def parse_duration(text: str, *, day: timedelta = _DAY, week: timedelta = 7 * _DAY) -> timedelta:
    """Return the time a text such as ``1 day``, ``8h`` or ``1 h 30 min`` means.

    ``day`` and ``week`` are what those two stand for, where they are not the calendar's.

    Raises:
        ValueError: it is no duration, or longer than a hundred years.
    """
    long = {
        **dict.fromkeys(_DAYS, day.total_seconds()),
        **dict.fromkeys(_WEEKS, week.total_seconds()),
    }
    seconds = _sum_of(text, {**_SECONDS, **long})
    if seconds is None or seconds > _LONGEST.total_seconds():
        raise ValueError(f'{text!r} is no duration: expected one such as "30 s" or "2 days"')
    return timedelta(seconds=seconds)


def format_duration(time: timedelta) -> str:
    """Return a time in hours and minutes, such as ``2 h 5 min``; below a minute in seconds."""
    seconds = int(time.total_seconds())
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    pieces = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return " ".join(pieces) or f"{seconds} s"


def parse_size(text: str) -> int:
    """Return the number of bytes that a text such as ``36 MiB`` or ``500 kB`` means.

    Raises:
        ValueError: it is no size.
    """
    size = _sum_of(text, _BYTES)
    if size is None:
        raise ValueError(f'{text!r} is no size: expected one such as "36 MiB"')
    return int(size)


def counted(count: int, one: str, many: str = "") -> str:
    """Return how many there are: ``1 ticket``, ``2 tickets``; ``many`` where an "s" is not all."""
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def _sum_of(text: str, units: Mapping[str, float]) -> float | None:
    total, position = 0.0, 0
    while position < len(text) or not position:
        found = _AMOUNT.match(text, position)
        unit = units.get(found[2].lower()) if found else None
        if found is None or unit is None:
            return None
        total += float(found[1]) * unit
        position = found.end()
    return total


def format_score(score: float) -> str:
    """Return a score from 0 to 1 with two digits, never rounded up: 0.949 is no 0.95."""
    return f"{int(score * 100 + 1e-9) / 100:.2f}"
