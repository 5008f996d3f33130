"""Make a desk die or fail at each of its named instants, on each channel, and see what people got.

``python -m tests.faults.instants [--jobs 4] [--only slack:sent]`` tries all of them. Each time a
new desk is told to fail at one instant (`gateway.failpoint`); people write; who was killed is
started again. In the end everybody must have one answer, the books must add up, and nothing may
have gone out twice but where its answer was lost: identical mails, and one more on Telegram.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from benchmarks.desk import audit
from benchmarks.processes import Group
from tests.faults.scenes import PERSONS, SCENES, Scene

PATIENCE_SECONDS = 90.0
QUIET_SECONDS = 1.5

# Those after whose loss the platform has the part already, or may have it.
ON_THE_WIRE = frozenset({"claimed", "send", "content", "sent", "settle", "commit", "committed"})
COMMITS = range(1, 9)
NAMES = (
    *("accept", "accepted", "read", "parsed", "apply", "applied"),
    *("claim", "send", "sent", "settle"),
)
# Nothing that can go wrong there raises anything.
NEVER_RAISED = frozenset({"claimed", "committed"})


class Instant(NamedTuple):
    """A channel, and what happens where and when."""

    channel: str
    name: str
    nth: int
    action: str

    def __str__(self) -> str:
        return ":".join(map(str, self))

    @property
    def fault(self) -> str:
        """Return what the desk is told."""
        return f"{self.name}:{self.nth}:{self.action}"


@dataclass
class Verdict:
    """What came of one instant; ``faults`` is empty when every promise was kept."""

    instant: Instant
    repeated: int = 0
    faults: list[str] = field(default_factory=list)


def all_instants() -> Iterator[Instant]:
    """Yield everything there is to try."""
    for channel, action in itertools.product(SCENES, ("kill", "raise")):
        for name, nth in [
            *itertools.product(NAMES, (1, 2)),
            *itertools.product(("commit", "committed"), COMMITS),
            ("claimed", 1),
        ]:
            if action == "kill" or name not in NEVER_RAISED:
                yield Instant(channel, name, nth, action)
    for action in ("kill", "raise", "short"):
        yield Instant("mail", "content", 1, action)


async def attempt(instant: Instant, folder: Path) -> Verdict:
    """Try one instant with a desk in a new folder."""
    verdict = Verdict(instant)
    async with SCENES[instant.channel](folder) as scene:
        desk = scene.start(instant.fault)
        first_log = scene.log
        try:
            writing = asyncio.create_task(_meet_and_write(scene, desk))
            if instant.action != "raise":
                try:
                    await asyncio.to_thread(desk.wait, PATIENCE_SECONDS)
                finally:
                    await asyncio.to_thread(desk.stop, at_once=True)
                desk = scene.start()
                await scene.meet(desk)
            await asyncio.wait_for(writing, PATIENCE_SECONDS)
            await _answered(scene)
        except (TimeoutError, RuntimeError) as exc:
            verdict.faults.append(f"{type(exc).__name__}: {exc}")
        finally:
            await asyncio.to_thread(desk.stop)
        if f"fault: {instant.name} " not in first_log.read_text():
            verdict.faults.append("never came to that instant")
        verdict.faults += scene.judge() + _wrong_sums(audit(scene.config))
        verdict.repeated = scene.repeated
    # The second time, the answer to the first event may be under way.
    if verdict.repeated and instant.name not in ON_THE_WIRE and instant.nth == 1:
        verdict.faults.append(f"{verdict.repeated} answers went out twice")
    return verdict


async def _meet_and_write(scene: Scene, desk: Group) -> None:
    # One that died before anybody could meet it has a successor, which is met by somebody else.
    with contextlib.suppress(RuntimeError):
        await scene.meet(desk)
    await scene.write()


async def _answered(scene: Scene) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not scene.are_answered():  # noqa: ASYNC110 - asks servers of our own, cheaply
            await asyncio.sleep(0.1)
    # What was under way at the fault may come once more.
    await asyncio.sleep(QUIET_SECONDS)


def _wrong_sums(sums: dict[str, int]) -> list[str]:
    wrong = {
        "accepted": sums["accepted"] - PERSONS,
        "pending": sums["pending"],
        "quarantined": sums["quarantined"],
        "problems": sums["problems"],
    }
    return [f"audit: {name} is off by {by}" for name, by in wrong.items() if by]


async def attempt_all(instants: Sequence[Instant], folder: Path, *, jobs: int) -> list[Verdict]:
    """Try instants, some at a time; return what came of each."""
    places = asyncio.Semaphore(jobs)

    async def one(number: int, instant: Instant) -> Verdict:
        async with places:
            verdict = await attempt(instant, folder / f"{number}")
        if verdict.faults:
            sys.stderr.write(f"{instant}: {'; '.join(verdict.faults)}\n")
        return verdict

    return await asyncio.gather(*(one(*each) for each in enumerate(instants)))


def main() -> int:
    """Try all of them; return the exit code."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--jobs", type=int, default=4)
    options.add_argument("--only", default="", help="instants that begin so, as slack:sent")
    chosen = options.parse_args()
    instants = [each for each in all_instants() if str(each).startswith(chosen.only)]
    with tempfile.TemporaryDirectory() as folder:
        verdicts = asyncio.run(attempt_all(instants, Path(folder), jobs=chosen.jobs))
    repeated = dict.fromkeys(SCENES, 0)
    for verdict in verdicts:
        repeated[verdict.instant.channel] += verdict.repeated
    bad = [verdict for verdict in verdicts if verdict.faults]
    sys.stdout.write(f"{len(verdicts)} instants, repeated {repeated}, {len(bad)} with faults\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
