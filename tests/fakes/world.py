"""A world whose clock the tests set and whose randomness a seed decides.

Handed to whatever takes a `gateway.world.World`. Nothing in here waits.
"""

from __future__ import annotations

import random  # noqa: TID251 - this is where the tests' randomness comes from
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class FakeWorld:
    """Time stands still until `advance`; the same seed gives the same bytes."""

    def __init__(self, start: datetime = START, seed: int = 0) -> None:
        self._start = start
        self._now = start
        self._random = random.Random(seed)

    def now(self) -> datetime:
        """See `gateway.world.World.now`."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Let time pass, for both clocks."""
        self._now += by

    def monotonic(self) -> float:
        """See `gateway.world.World.monotonic`: the seconds since the start."""
        return (self._now - self._start).total_seconds()

    def random_bytes(self, count: int) -> bytes:
        """See `gateway.world.World.random_bytes`."""
        return self._random.randbytes(count)

    def jitter(self) -> float:
        """See `gateway.world.World.jitter`."""
        return self._random.random()
