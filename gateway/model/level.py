"""How long each level may take: what ``levels`` in the rule files says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from gateway.model.decision import Priority

DEFAULT_WARN = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """Times that may pass, in business hours; None where there is no limit.

    ``first`` until somebody answers, ``next`` until each further answer, ``resolve`` until the
    ticket is closed.
    """

    first: timedelta | None = None
    next: timedelta | None = None
    resolve: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The clocks of a level. ``warn`` is the share of a time after which people are warned."""

    number: int
    clocks: Clocks = Clocks()
    warn: float = DEFAULT_WARN
    by_priority: Mapping[Priority, Clocks] = field(default_factory=dict)

    def clocks_for(self, priority: Priority) -> Clocks:
        """Return the times of a priority: its own where it has them, else the level's."""
        own = self.by_priority.get(priority, Clocks())
        return Clocks(
            first=own.first or self.clocks.first,
            next=own.next or self.clocks.next,
            resolve=own.resolve or self.clocks.resolve,
        )
