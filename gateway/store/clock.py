"""The clock of leases: starts at the wall's time and then never jumps with it.

A wall clock that is set forward would end every lease at once, and one set back would hold them
for hours. Rows hold this clock's microseconds, which other processes can compare with their own.
"""

from __future__ import annotations

from datetime import datetime

from gateway.store.values import span_micros, to_micros
from gateway.world import World


class LeaseClock:
    """Microseconds since 1970 that only grow."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._wall_start = to_micros(world.now())
        self._start = world.monotonic()

    def now(self) -> int:
        """Return the present in microseconds."""
        return self._wall_start + int((self._world.monotonic() - self._start) * 1_000_000)

    def at(self, wall: datetime) -> int:
        """Return this clock's time for an instant of the wall's."""
        return self.now() + span_micros(wall - self._world.now())

    def behind(self) -> int:
        """Return how many microseconds this clock is behind the wall's."""
        return to_micros(self._world.now()) - self.now()
