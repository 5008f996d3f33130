"""How much memory a desk takes: when it idles, and after a burst of mails.

Resident sets summed over the process group: pages that processes share count once for each.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.end_to_end import start_desk
from benchmarks.figures import Figure

CONNECTIONS = 32
SETTLE_SECONDS = 3.0
_PATIENCE_SECONDS = 600


def run(*, long: bool) -> Iterator[Figure]:
    """Measure; see the module."""
    yield from asyncio.run(_measure(10_000 if long else 2_500))


async def _measure(burst: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        case = await start_desk(Path(name), stack)
        await asyncio.sleep(SETTLE_SECONDS)
        idle = _figure("idle", case.group.resident_mib(), goal=60.0)
        _, ids = await case.load.flood(burst, size="multipart", connections=CONNECTIONS)
        await case.sink.wait_for(ids, _PATIENCE_SECONDS)
        after = f"after a burst of {burst:,} mails"
        return [
            idle,
            _figure(f"peak of a burst of {burst:,} mails", case.group.peak_mib(), goal=256.0),
            _figure(after, case.group.resident_mib(), goal=None),
        ]


def _figure(name: str, sizes: list[float], goal: float | None) -> Figure:
    note = " + ".join(f"{size:.0f}" for size in sizes)
    return Figure(name=name, value=sum(sizes), unit="MiB", goal=goal, note=note)
