"""Kill a desk again and again while people write in Slack, and see what they got.

Many people write in support channels of an imitated Slack, which tells the desk of each message
four times at most, as Slack does; what it never managed to tell must come from the histories. The
desk is killed with SIGKILL at random moments, also while it starts or posts, and started again. In
the end every message must have got one answer in its thread, and nothing may be there twice.

``python -m tests.faults.kill_chat --kills 200 [--seed N]``; the seed is printed.
"""

from __future__ import annotations

import asyncio
import contextlib
import random  # noqa: TID251 - the moments are random, and can be had again by their seed
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.chat import make_desk, serve
from benchmarks.processes import Group
from gateway.world import RealWorld
from tests.fakes.slack.people import People
from tests.fakes.slack.server import SlackServer
from tests.faults.killing import die, main, writing, wrong_sums

WRITERS = 8
ROOMS = 24
PAUSE_SECONDS = 0.6
TELLINGS = 4
STALLED_SECONDS = 90.0
# Lost answers are looked for twice within half a minute before a message is sent again.
QUIET_SECONDS = 3.0

Message = dict[str, Any]


@dataclass
class Verdict:
    """What came of a run; ``faults`` is empty when every promise was kept.

    ``untold`` are messages that Slack never managed to tell: they came from the histories.
    """

    kills: int = 0
    written: int = 0
    untold: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Return one line with the figures, and one for each fault."""
        figures = f"{self.kills} kills, {self.written} messages, {self.untold} from the histories"
        return "\n".join([f"{figures}, {len(self.faults)} faults", *self.faults])


class Load:
    """People who write once each, in turn in all rooms."""

    def __init__(self, people: People, dice: random.Random) -> None:
        self.people = people
        self.written: list[Message] = []
        self.untold = 0
        self._dice = dice
        self._stopping = False

    def stop(self) -> None:
        """Let everybody finish what they are saying."""
        self._stopping = True

    async def write(self) -> None:
        """Write messages, each by somebody else."""
        while not self._stopping:
            number = len(self.written)
            user = f"U0P{number:06d}"
            self.people.workspace.add_member(user, f"Person {number}")
            text = f"The printer number {number} hums in {self._dice.choice('ABCDEFG')}"
            event = self.people.write(user, f"C0ROOM{number % ROOMS:03d}", text)
            self.written.append(event)
            await self._tell(event, f"Ev{number}")
            await asyncio.sleep(self._dice.random() * PAUSE_SECONDS)

    async def _tell(self, event: Message, event_id: str) -> None:
        for retry in range(TELLINGS):
            if await self.people.told(event, event_id=event_id, retry=retry):
                return
            await asyncio.sleep(0.1)
        self.untold += 1


def judge(written: Iterable[Message], posted: Iterable[Message]) -> list[str]:
    """Return what was promised and not kept."""
    threads: dict[str, list[str]] = defaultdict(list)
    marks: Counter[str] = Counter()
    for message in posted:
        mark = str(message["metadata"]["event_payload"]["outbox_id"])
        marks[mark] += 1
        threads[str(message.get("thread_ts"))].append(mark)
    faults = [f"{mark}: posted {times} times" for mark, times in marks.items() if times > 1]
    for event in written:
        answers = threads[event["ts"]]
        if not answers:
            faults.append(f"{event['ts']}: never answered")
        elif len(set(answers)) > 1:
            faults.append(f"{event['ts']}: answered {len(set(answers))} times")
    return faults


async def run(start: Callable[[], Group], slack: SlackServer, *, kills: int, seed: int) -> Verdict:
    """Load a desk, kill it so often, let it answer what is left, and judge."""
    dice = random.Random(seed)
    load = Load(People(slack), random.Random(seed + 1))
    async with contextlib.AsyncExitStack() as stack:
        first = start()
        stack.callback(lambda: first.stop(at_once=True))
        await slack.sockets.until(lambda: len(slack.sockets.open) == 2, seconds=60)
        writers = await stack.enter_async_context(writing(load.write, WRITERS))
        await die(first, dice)
        for _ in range(kills - 1):
            await die(await _lived(start, slack, dice), dice)
        last = start()
        stack.callback(last.stop)
        load.stop()
        await asyncio.gather(*writers)
        await _all_answered(load, slack)
    faults = judge(load.written, slack.workspace.replies_of_ours())
    return Verdict(kills, len(load.written), load.untold, faults)


async def _lived(start: Callable[[], Group], slack: SlackServer, dice: random.Random) -> Group:
    """Start a desk and let it live: mostly until it works, now and then not so long."""
    slack.sockets.cut()
    desk = start()
    if dice.random() < 0.15:
        await asyncio.sleep(dice.random() * 0.9)
        return desk
    with contextlib.suppress(TimeoutError):
        await slack.sockets.until(lambda: bool(slack.sockets.open), seconds=30)
    await asyncio.sleep(dice.random() * 4.0)
    return desk


async def _all_answered(load: Load, slack: SlackServer) -> None:
    """Return when everything is answered, or nothing has moved for long."""
    left, since = -1, 0.0
    while since < STALLED_SECONDS:
        answered = {message.get("thread_ts") for message in slack.workspace.replies_of_ours()}
        now_left = sum(event["ts"] not in answered for event in load.written)
        if not now_left and since > QUIET_SECONDS:
            return
        left, since = now_left, 0.0 if now_left != left else since + 0.1
        await asyncio.sleep(0.1)


async def run_desk(folder: Path, *, kills: int, seed: int) -> Verdict:
    """Run the cycles with a real desk in a folder, and have its own books judged too."""
    slack = SlackServer(RealWorld(), seconds=2.5)
    for number in range(ROOMS):
        slack.workspace.add_room(f"C0ROOM{number:03d}", f"room-{number}")
    slack.sockets.patience = 0.1
    async with slack.running():
        rooms = [room for room in slack.workspace.rooms if room.startswith("C0ROOM")]
        config = await asyncio.to_thread(make_desk, folder / "desk", slack.api_url, rooms)
        verdict = await run(lambda: serve(config), slack, kills=kills, seed=seed)
        verdict.faults += await asyncio.to_thread(wrong_sums, config, verdict.written)
        verdict.faults += slack.methods.mistakes
    return verdict


if __name__ == "__main__":
    sys.exit(main(__doc__, run_desk, kills=200))
