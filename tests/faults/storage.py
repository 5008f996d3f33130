"""Fill and free the disk of a desk again and again, and lock its file for a minute.

``python -m tests.faults.storage --cycles 50 --locked 60``. Customers write all the time. Nothing
that was taken may be lost, and mail must be taken again within seconds of the disk having room.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.under_load import Work, working

RESUMED_SECONDS = 5.0
# Python ignores SIGXFSZ, so that a file over the limit is an error of the write.
NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


async def fill_and_free(work: Work) -> float:
    """Let no file of the desk grow, then free it; return after how long it took mails again."""
    sizes = [path.stat().st_size for path in work.config.parent.glob("desk.db*")]
    resource.prlimit(work.desk.pid, resource.RLIMIT_FSIZE, (max(sizes), NO_LIMIT[1]))
    # What is below the size of the largest file can still be written.
    while not await work.nothing_is_taken(0.3):
        pass
    resource.prlimit(work.desk.pid, resource.RLIMIT_FSIZE, NO_LIMIT)
    began = time.monotonic()
    await work.go_on(1)
    return time.monotonic() - began


async def hold_the_file(work: Work, seconds: float) -> tuple[float, bool]:
    """Lock the file; return the longest time that /healthz took, and whether nothing was taken."""
    other = sqlite3.connect(work.database, isolation_level=None)
    try:
        other.execute("PRAGMA wal_autocheckpoint = 0")
        other.execute("BEGIN IMMEDIATE")
        taken = asyncio.create_task(work.nothing_is_taken(seconds))
        gap = 0.0
        while not taken.done():
            began = time.monotonic()
            await work.page("/healthz")
            gap = max(gap, time.monotonic() - began)
            await asyncio.sleep(0.05)
        other.execute("ROLLBACK")
    finally:
        other.close()
    return gap, taken.result()


async def run(folder: Path, *, cycles: int, locked: float) -> list[str]:
    """Do both to one desk; return what was not kept."""
    async with working(folder / "desk") as work:
        await work.go_on()
        took = [await fill_and_free(work) for _ in range(cycles)]
        gap, is_held = await hold_the_file(work, locked)
        await work.go_on()
        faults = await work.judged()
        mails = len(work.load.acknowledged)
    sys.stdout.write(
        f"{cycles} full disks, {mails} mails, taken again after {max(took):.2f} s at most\n"
        f"locked for {locked:.0f} s: /healthz took {gap * 1000:.0f} ms at most\n"
    )
    if max(took) > RESUMED_SECONDS:
        faults.append(f"mail was taken again after {max(took):.1f} s only")
    return faults if is_held else [*faults, "a mail was taken while the file was locked"]


def main() -> int:
    """Run the long form; return the exit code."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--cycles", type=int, default=50)
    options.add_argument("--locked", type=float, default=60.0)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        faults = asyncio.run(run(Path(folder), cycles=chosen.cycles, locked=chosen.locked))
    sys.stdout.write("".join(f"{fault}\n" for fault in faults) + f"{len(faults)} faults\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
