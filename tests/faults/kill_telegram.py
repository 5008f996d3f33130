"""Kill a desk again and again while people write on Telegram, and see what they got.

Many people write to the bot of an imitated Telegram once each. The desk is killed with SIGKILL at
random moments, also while it starts or sends, and started again. In the end everybody must have
got an answer that quotes their message. Telegram has no way to tell whether a message arrived, so
that one whose answer was lost is sent once more: such repeats are counted, they have the same
words, and there is never a third copy. What was lost twice is held for a person, and counted too.

``python -m tests.faults.kill_telegram --kills 200 [--seed N]``; the seed is printed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random  # noqa: TID251 - the moments are random, and can be had again by their seed
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.desk import COMMAND, make_desk, serve
from benchmarks.processes import Group
from tests.fakes.telegram_chats import Message
from tests.fakes.telegram_people import message, private, user
from tests.fakes.telegram_server import TOKEN, TelegramServer
from tests.faults.killing import die, main, writing, wrong_sums

WRITERS = 8
# Fewer than the thirty a second that a bot may send, so that they are not waiting for their turn.
PAUSE_SECONDS = 1.2
STALLED_SECONDS = 90.0
# What was on its way at the last kill may come once more, some seconds after the start.
QUIET_SECONDS = 30.0
MOST_COPIES = 2
FIRST_PERSON = 10_000


@dataclass
class Verdict:
    """What came of a run; ``faults`` is empty when every promise was kept."""

    kills: int = 0
    written: int = 0
    repeated: int = 0
    held: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Return one line with the figures, and one for each fault."""
        figures = f"{self.kills} kills, {self.written} messages, {self.repeated} answers repeated"
        figures += f", {self.held} held"
        return "\n".join([f"{figures}, {len(self.faults)} faults", *self.faults])


class Load:
    """People who write to the bot, each once."""

    def __init__(self, server: TelegramServer, dice: random.Random) -> None:
        self.written: dict[int, int] = {}
        """The message of each person, by their number."""
        self._server = server
        self._dice = dice
        self._stopping = False

    def stop(self) -> None:
        """Let nobody else write."""
        self._stopping = True

    async def write(self) -> None:
        """Write messages, each by somebody else."""
        while not self._stopping:
            person = FIRST_PERSON + len(self.written)
            text = f"The printer number {person} hums in {self._dice.choice('ABCDEFG')}"
            body = message(text, chat=private(person), sender=user(person, f"Person {person}"))
            self.written[person] = body["message_id"]
            self._server.push("message", body)
            await asyncio.sleep(self._dice.random() * PAUSE_SECONDS)


def judge(
    written: dict[int, int], shown: Iterable[Message], held: AbstractSet[int] = frozenset()
) -> tuple[int, list[str]]:
    """Return how many answers were repeated, and what was promised and not kept.

    ``held`` are the chats for which an answer waits for a person's decision.
    """
    got: dict[int, list[Message]] = defaultdict(list)
    for each in shown:
        got[each.chat].append(each)
    faults, repeated = [], 0
    for person, number in written.items():
        answers = got[person]
        repeated += max(len(answers) - 1, 0)
        if not answers and person not in held:
            faults.append(f"{person}: never answered")
        elif len(answers) > MOST_COPIES:
            faults.append(f"{person}: answered {len(answers)} times")
        if len({answer.text for answer in answers}) > 1:
            faults.append(f"{person}: answered in different words")
        if any(answer.reply_to != number for answer in answers):
            faults.append(f"{person}: an answer does not quote the question")
    faults += [f"{chat}: nobody wrote from there" for chat in set(got) - set(written)]
    return repeated, faults


async def run(
    start: Callable[[], Group],
    server: TelegramServer,
    *,
    kills: int,
    seed: int,
    held: Callable[[], AbstractSet[int]],
) -> Verdict:
    """Load a desk, kill it so often, let it answer what is left, and judge."""
    dice = random.Random(seed)
    load = Load(server, random.Random(seed + 1))
    async with contextlib.AsyncExitStack() as stack:
        writers = await stack.enter_async_context(writing(load.write, WRITERS))
        for _ in range(kills):
            await _live_and_die(start, server, dice)
        last = start()
        stack.callback(last.stop)
        load.stop()
        await asyncio.gather(*writers)
        await _all_answered(load, server)
    waiting = await asyncio.to_thread(held)
    repeated, faults = judge(load.written, server.shown, waiting)
    return Verdict(kills, len(load.written), repeated, len(waiting), faults)


async def _live_and_die(
    start: Callable[[], Group], server: TelegramServer, dice: random.Random
) -> None:
    """Start a desk and kill it: mostly while it works, now and then before it has polled."""
    polls = len(server.called("getUpdates"))
    desk = start()
    if dice.random() < 0.15:
        await asyncio.sleep(dice.random() * 0.9)
    else:
        await server.until(lambda: len(server.called("getUpdates")) > polls, 60.0)
        await asyncio.sleep(dice.random() * 4.0)
    await die(desk, dice)


async def _all_answered(load: Load, server: TelegramServer) -> None:
    """Return when everybody is answered, or nothing has moved for long."""
    shown, since = -1, 0.0
    while since < STALLED_SECONDS:
        answered = {each.chat for each in server.shown}
        if since > QUIET_SECONDS and answered >= load.written.keys():
            return
        shown, since = len(server.shown), 0.0 if len(server.shown) != shown else since + 0.2
        await asyncio.sleep(0.2)


def chats_held(config: Path) -> AbstractSet[int]:
    """Return the chats for which something is held in the outbox."""
    command = [*COMMAND, "outbox", "list", "--json", "-c", str(config)]
    listed = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return {int(row["place"].partition(":")[2]) for row in listed if row["status"] == "held"}


def make_bot_desk(folder: Path, api_url: str) -> Path:
    """Write a desk into a new folder that has a bot; return its config."""
    config = make_desk(folder, sink_port=1)
    (folder / "token").write_text(TOKEN)
    text = re.sub(r"(?m)^\[channels\.support-mail\]\n(?:[^\[\n].*\n|\n)*", "", config.read_text())
    text = re.sub(r"(?m)^alerts = .*$", "alerts = []", text)
    table = (
        f'[channels.telegram]\nkind = "telegram"\napi_url = "{api_url}"\nbot_token_file = "token"\n'
    )
    config.write_text(f"{text}\n{table}")
    return config


async def run_desk(folder: Path, *, kills: int, seed: int) -> Verdict:
    """Run the cycles with a real desk in a folder, and have its own books judged too."""
    async with TelegramServer().running() as server:
        config = await asyncio.to_thread(make_bot_desk, folder / "desk", server.url)
        verdict = await run(
            lambda: serve(config), server, kills=kills, seed=seed, held=lambda: chats_held(config)
        )
    verdict.faults += await asyncio.to_thread(wrong_sums, config, verdict.written)
    return verdict


if __name__ == "__main__":
    sys.exit(main(__doc__, run_desk, kills=200))
