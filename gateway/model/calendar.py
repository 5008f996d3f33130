"""When the desk is at work: business hours, holidays, and the time zone that both are meant in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_A_DAY = 24 * 60

Span = tuple[int, int]
"""From and until, in minutes since midnight; the last one does not belong to it."""


@dataclass(frozen=True, slots=True)
class Days:
    """A run of days; both ends belong to it. (year, month, day), or (month, day) of every year."""

    first: tuple[int, ...]
    last: tuple[int, ...]

    def __contains__(self, day: date) -> bool:
        """Return whether a day is one of them; a yearly run may pass the turn of the year."""
        key = (day.year, day.month, day.day)[-len(self.first) :]
        if self.first <= self.last:
            return self.first <= key <= self.last
        return key >= self.first or key <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Business hours by weekday, Monday first, and the days that have none."""

    timezone: str = "UTC"
    hours: tuple[tuple[Span, ...], ...] = ((),) * len(WEEKDAYS)
    holidays: tuple[Days, ...] = ()

    def local(self, at: datetime) -> datetime:
        """Return an instant as the clock on the desk's wall shows it."""
        return at.astimezone(ZoneInfo(self.timezone))

    def shown(self, at: datetime) -> str:
        """Return an instant as people of the desk read it."""
        return self.local(at).strftime("%Y-%m-%d %H:%M")

    def is_holiday(self, day: date) -> bool:
        """Return whether nobody works on a day, whatever weekday it is."""
        return any(day in days for days in self.holidays)

    def is_open(self, at: datetime) -> bool:
        """Return whether an instant lies within business hours."""
        local = self.local(at)
        if self.is_holiday(local.date()):
            return False
        minute = local.hour * 60 + local.minute
        return any(first <= minute < last for first, last in self.hours[local.weekday()])
