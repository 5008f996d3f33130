"""How long to wait before a connection is tried again: longer each time, never all at once.

Used by the channels that stay connected. Pure but for the world's jitter.
"""

from __future__ import annotations

from gateway.world import World

FIRST_S = 1.0
LONGEST_S = 300.0


class Backoff:
    """Doubles from one second to five minutes, and spreads by half of it either way."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._failures = 0

    def after_failure(self, *, needs_mending: bool) -> float:
        """Return the seconds to wait. What somebody has to mend gets the longest wait at once."""
        usual_s = FIRST_S * 2 ** min(self._failures, 20)
        self._failures += 1
        wait_s = LONGEST_S if needs_mending else min(LONGEST_S, usual_s)
        return wait_s * (0.5 + self._world.jitter())

    def reset(self) -> None:
        """Begin anew: it works."""
        self._failures = 0
