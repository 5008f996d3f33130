"""Conditions on when a request came, by the desk's calendar and its time zone."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.model.calendar import WEEKDAYS, Days
from rules.conditions.base import Condition, Failure
from rules.conditions.facts import Fact
from rules.view import View

HOURS = ("open", "closed")


def _moment(view: View) -> str:
    local = view.local
    return f"{WEEKDAYS[local.weekday()]} {local:%Y-%m-%d %H:%M} ({view.calendar.timezone})"


@dataclass(frozen=True, slots=True)
class HoursAre(Fact):
    """It came within business hours, or outside of them."""

    expected: str

    def holds(self, view: View) -> bool:
        """See `Condition.holds`."""
        return view.hours == self.expected

    def failure(self, view: View) -> Failure:
        """See `Condition.failure`."""
        return Failure(self.name, self.expected, f"{view.hours}: {_moment(view)}")


@dataclass(frozen=True, slots=True)
class OnWeekday(Fact):
    """It came on one of these weekdays."""

    sources: tuple[str, ...] = field(compare=False)
    wanted: frozenset[int]

    def holds(self, view: View) -> bool:
        """See `Condition.holds`."""
        return view.local.weekday() in self.wanted

    def implies(self, wider: Condition) -> bool:
        """See `Condition.implies`: fewer days are narrower."""
        return isinstance(wider, OnWeekday) and self.wanted <= wider.wanted

    def failure(self, view: View) -> Failure:
        """See `Condition.failure`."""
        return Failure(self.name, " or ".join(self.sources), _moment(view))


@dataclass(frozen=True, slots=True)
class OnDate(Fact):
    """It came on one of these days."""

    sources: tuple[str, ...] = field(compare=False)
    runs: tuple[Days, ...]

    def holds(self, view: View) -> bool:
        """See `Condition.holds`."""
        today = view.local.date()
        return any(today in run for run in self.runs)

    def failure(self, view: View) -> Failure:
        """See `Condition.failure`."""
        return Failure(self.name, " or ".join(self.sources), _moment(view))
