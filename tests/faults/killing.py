"""What the runs have in common that kill a desk again and again while people write to it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random  # noqa: TID251 - the moments are random, and can be had again by their seed
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol

from benchmarks.desk import COMMAND
from benchmarks.processes import Group


class Verdict(Protocol):
    """What came of a run, as a line with its figures and a line for each fault."""

    faults: list[str]


async def die(desk: Group, dice: random.Random) -> None:
    """End a desk with SIGKILL; its children may be left behind for a moment."""
    if dice.random() < 0.5:
        # As they are when the kernel picks only one to kill.
        os.kill(desk.pid, signal.SIGKILL)
        await asyncio.sleep(dice.random() * 0.2)
    await asyncio.to_thread(lambda: desk.stop(at_once=True))


@contextlib.asynccontextmanager
async def writing(
    write: Callable[[], Coroutine[Any, Any, None]], people: int
) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Have so many people write; give their tasks."""
    tasks = [asyncio.create_task(write()) for _ in range(people)]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def wrong_sums(config: Path, accepted: int) -> list[str]:
    """Return what a desk's own books say against it that took in so much and is at rest."""
    command = [*COMMAND, "audit", "--json", "-c", str(config)]
    audit = subprocess.run(command, capture_output=True, text=True, check=False)
    if audit.returncode:
        return [f"audit fails: {audit.stdout}{audit.stderr}"]
    sums = json.loads(audit.stdout)
    wrong = {
        "accepted": sums["accepted"] - accepted,
        "pending": sums["pending"],
        "quarantined": sums["quarantined"],
    }
    return [f"audit: {name} is off by {by}" for name, by in wrong.items() if by]


def main(about: str, run: Callable[..., Coroutine[Any, Any, Verdict]], **counts: int) -> int:
    """Run the long form with ``counts`` unless told otherwise; print it, return the exit code."""
    options = argparse.ArgumentParser(description=about.splitlines()[0])
    for name, count in counts.items():
        options.add_argument(f"--{name}", type=int, default=count)
    options.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3)))
    chosen = vars(options.parse_args())
    sys.stderr.write(f"seed {chosen['seed']}\n")
    with tempfile.TemporaryDirectory() as folder:
        verdict = asyncio.run(run(Path(folder), **chosen))
    sys.stdout.write(f"{verdict}\n")
    return 1 if verdict.faults else 0
