"""A real desk whose wall clock jumps while customers write, and while nobody takes its replies.

``python -m tests.faults.clock`` sets it forward and back by an hour, to 1970, over the two changes
of daylight saving, and years ahead; each time mails are taken and answered, and the way out is
closed for a while, so that replies wait over the jump.
"""

from __future__ import annotations

import asyncio
import os
import struct
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.world import RealWorld
from tests.faults.power import built
from tests.faults.under_load import Work, working

# A few seconds before Lisbon's clocks go on, and go back, and the beginning of time.
SPRING = datetime(2027, 3, 28, 0, 59, 57, tzinfo=UTC)
AUTUMN = datetime(2026, 10, 25, 0, 59, 57, tzinfo=UTC)
LONG_AGO = datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC)
JUMPS: Mapping[str, timedelta | datetime] = {
    "an hour on": timedelta(hours=1),
    "an hour back": timedelta(hours=-1),
    "1970": LONG_AGO,
    "spring": SPRING,
    "autumn": AUTUMN,
    "right again": timedelta(),
}
MAILS = 6


class WallClock:
    """The wall clock of a desk that has not been started yet."""

    def __init__(self, work: Work, folder: Path) -> None:
        self._file = folder / "offset"
        self.set(timedelta())
        shim = {"LD_PRELOAD": str(built("clock", folder)), "CLOCK_OFFSET": str(self._file)}
        work.environment = {**os.environ, **shim}

    def set(self, to: timedelta | datetime) -> None:
        """Let it differ by so much from the true time, or show a time from now on."""
        by = to - RealWorld().now() if isinstance(to, datetime) else to
        # Into the file that is there: the desk has it mapped.
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("=q", by // timedelta(microseconds=1) * 1000))


async def run(folder: Path) -> list[str]:
    """Let the clock jump to and fro; return what was not kept."""
    async with working(folder / "desk", starts=False) as work:
        clock = WallClock(work, folder)
        await work.start()
        for name, to in JUMPS.items():
            clock.set(to)
            await work.go_on(MAILS)
            await answered(work)
            sys.stdout.write(f"{name}: {len(work.load.acknowledged)} mails, all answered\n")
        waiting = await _waiting_over_a_jump(work, clock)
        sys.stdout.write(f"{waiting} replies waited in 1970, and went out in our days\n")
        faults = await work.judged()
    copies = sum(len(each) - 1 for each in work.sink.replies.values())
    if copies:
        faults.append(f"{copies} replies were sent twice")
    return faults if waiting else [*faults, "no reply waited over the jump"]


async def _waiting_over_a_jump(work: Work, clock: WallClock) -> int:
    """Close the way out in 1970, and open it when the clock is right; count what waited."""
    clock.set(LONG_AGO)
    work.sink.close()
    await work.go_on(MAILS)
    waiting = len(work.load.acknowledged - set(work.sink.replies))
    clock.set(timedelta())
    # Once more in vain, decades after they were written: that is not their end.
    await asyncio.sleep(3.0)
    await work.sink.start(work.sink.port)
    await answered(work)
    return waiting


async def answered(work: Work) -> None:
    """Return when everything that was taken by now is answered.

    Raises:
        TimeoutError: it is not, in half a minute.
    """
    taken = set(work.load.acknowledged)
    await work.until(lambda: taken <= set(work.sink.replies), 30.0)


def main() -> int:
    """Try it; return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        faults = asyncio.run(run(Path(folder)))
    sys.stdout.write("".join(f"{fault}\n" for fault in faults) + f"{len(faults)} faults\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
