"""The clock of leases: starts at the wall's time, or the database's, and never jumps with it.

A wall clock that is set forward would end every lease at once, and one set back would hold them
for hours. Rows hold this clock's microseconds, which other processes can compare with their own;
those on other machines can because all of them go by the database's clock.
"""

from __future__ import annotations

from datetime import datetime

from gateway.store.values import span_micros, to_micros
from gateway.world import World


class LeaseClock:
    """Microseconds since 1970 that only grow."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.set(to_micros(world.now()))

    def set(self, now: int) -> None:
        """Go on from a time that somebody else's clock shows."""
        self._start = now
        self._started = self._world.monotonic()

    def now(self) -> int:
        """Return the present in microseconds."""
        return self._start + int((self._world.monotonic() - self._started) * 1_000_000)

    def at(self, wall: datetime) -> int:
        """Return this clock's time for an instant of the wall's."""
        return self.now() + span_micros(wall - self._world.now())

    def behind(self) -> int:
        """Return how many microseconds this clock is behind the wall's."""
        return to_micros(self._world.now()) - self.now()
