"""``python -m tests.fuzz``: chance against every reader of strangers' bytes, with figures.

Ends with exit code 1 when something was found. The seed is printed; with ``--seed`` the same is
tried again. ``--mails DIR`` adds the mails in a folder to the seeds.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path

from tests.fuzz import mails, patterns, payloads, senders
from tests.fuzz.outcome import Outcome

COUNTS = {"mails": 200_000, "senders": 100_000, "payloads": 100_000, "patterns": 1000}


def tried(what: str, count: int, seed: int, folder: Path | None) -> Outcome:
    """Return what a round comes to."""
    if what == "mails":
        return asyncio.run(mails.run(count, seed, folder))
    return {"senders": senders, "payloads": payloads, "patterns": patterns}[what].run(count, seed)


def main() -> int:
    """Run the rounds that were asked for; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", choices=[*COUNTS, []], help="default: all of them")
    parser.add_argument("--count", type=int, help="how many; default: as many as the docs quote")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3)))
    parser.add_argument("--mails", type=Path, metavar="DIR")
    asked = parser.parse_args()
    failed = False
    for what in asked.what or COUNTS:
        before = time.perf_counter()
        outcome = tried(what, asked.count or COUNTS[what], asked.seed, asked.mails)
        seconds = time.perf_counter() - before
        print(  # noqa: T201 - its report
            f"{what} (seed {asked.seed}, {seconds:.0f} s): {outcome}",
            flush=True,
        )
        failed = failed or bool(outcome.faults)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
