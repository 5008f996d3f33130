"""Kill a desk again and again while mail comes in, and see what its customers got.

Clients hand mails over by SMTP and hand each one over again until somebody has said 250 to it. The
desk is killed with SIGKILL at random moments, also while it starts, and started again. In the end
every mail must have been answered, and a mail that was answered twice must have got the same bytes.

``python -m tests.faults.kill_cycles --kills 200 [--seed N]``; the seed is printed.
"""

from __future__ import annotations

import asyncio
import contextlib
import random  # noqa: TID251 - the moments are random, and can be had again by their seed
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.desk import make_desk, serve, smtp_port
from benchmarks.processes import Group
from benchmarks.sink import Sink
from benchmarks.smtp_client import Client, Refused
from tests.faults.killing import die, main, writing, wrong_sums

CLIENTS = 8
SENDERS = 40
PAUSE_SECONDS = 0.05
ANSWER_SECONDS = 20.0
STALLED_SECONDS = 60.0

_HEADER = re.compile(rb"^(message-id|in-reply-to):\s*(<[^>\r\n]+>)", re.IGNORECASE | re.MULTILINE)

Replies = Mapping[str, Sequence[bytes]]


class KeepingSink(Sink):
    """The customers' mailboxes: every mail, by what it answers."""

    def __init__(self) -> None:
        super().__init__()
        self.replies: dict[str, list[bytes]] = defaultdict(list)

    def take(self, mail: bytes) -> None:
        """See `Sink.take`."""
        if (answered := _headers(mail).get("in-reply-to")) is not None:
            self.replies[answered].append(mail)


def _headers(mail: bytes) -> dict[str, str]:
    head = mail[: mail.find(b"\r\n\r\n") + 2]
    return {name.decode().lower(): value.decode() for name, value in _HEADER.findall(head)}


@dataclass
class Verdict:
    """What came of a run; ``faults`` is empty when every promise was kept."""

    kills: int = 0
    acknowledged: int = 0
    repeated: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Return one line with the figures, and one for each fault."""
        figures = f"{self.kills} kills, {self.acknowledged} mails, {self.repeated} replies repeated"
        return "\n".join([f"{figures}, {len(self.faults)} faults", *self.faults])


def judge(acknowledged: AbstractSet[str], replies: Replies) -> list[str]:
    """Return what was promised and not kept."""
    lost = [f"{mail}: never answered" for mail in sorted(acknowledged - set(replies))]
    return lost + [
        f"{mail}: answered in {len(set(copies))} different ways"
        for mail, copies in sorted(replies.items())
        if len(set(copies)) > 1
    ]


class Load:
    """Customers who write, and do not give up before they hear 250."""

    def __init__(self, dice: random.Random) -> None:
        self.port: int | None = None
        self.acknowledged: set[str] = set()
        self.heard: Callable[[str], object] = lambda _message_id: None
        """Is told of each mail that somebody has said 250 to, at once."""
        self._dice = dice
        self._count = 0
        self._stopping = False

    def stop(self) -> None:
        """Let everybody hand over the mail in hand, and no more."""
        self._stopping = True

    async def write(self) -> None:
        """Hand over mails, one after the other."""
        client: Client | None = None
        while not self._stopping:
            client = await self.write_one(client)
            await asyncio.sleep(self._dice.random() * PAUSE_SECONDS)
        if client is not None:
            client.close()

    async def write_one(self, client: Client | None = None) -> Client | None:
        """Hand over one mail; return the connection while it is good."""
        message_id, sender, mail = self.new_mail()
        while message_id not in self.acknowledged:
            client = await self._try(client, sender, mail, message_id)
        return client

    def new_mail(self) -> tuple[str, str, bytes]:
        """Return a mail that nobody has written yet, after its Message-ID and its sender."""
        self._count += 1
        message_id = f"<kill.{self._count}@load.customer.example>"
        sender = f"c{self._dice.randrange(SENDERS)}@customer.example"
        lines = [
            f"From: <{sender}>",
            "To: <support@acme.example>",
            f"Subject: Printer {self._count} in the cellar hums",
            "Date: Mon, 02 Mar 2026 09:00:00 +0000",
            f"Message-ID: {message_id}",
            "",
            f"It hums in the key of {self._dice.choice('ABCDEFG')}, number {self._count}.",
            "x" * self._dice.choice((10, 900)),
            "",
        ]
        return message_id, sender, "\r\n".join(lines).encode()

    async def _try(
        self, client: Client | None, sender: str, mail: bytes, message_id: str
    ) -> Client | None:
        """Try once to hand a mail over; return the connection while it is good."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                client = client or await self._connect()
                await client.send(sender, "support@acme.example", mail)
        except (Refused, OSError, TimeoutError):
            if client is not None:
                client.close()
            await asyncio.sleep(0.02)
            return None
        self.heard(message_id)
        self.acknowledged.add(message_id)
        return client

    async def _connect(self) -> Client:
        if self.port is None:
            raise Refused("nobody listens now")
        return await Client.connect(self.port)


async def run(
    start: Callable[[], Group], sink: KeepingSink, *, kills: int, seed: int, settle: bool = True
) -> Verdict:
    """Load a desk, kill it so often, and judge; with ``settle`` it may answer what is left first.

    The desk runs when this returns with ``settle`` only as long as it takes; it is stopped then.
    """
    dice = random.Random(seed)
    load = Load(random.Random(seed + 1))
    async with contextlib.AsyncExitStack() as stack:
        clients = await stack.enter_async_context(writing(load.write, CLIENTS))
        for _ in range(kills):
            await _live_and_die(start, load, dice)
        desk = await _started(start, load)
        stack.callback(desk.stop)
        load.stop()
        await asyncio.gather(*clients)
        if settle:
            await all_answered(load, sink)
    repeated = sum(len(copies) - 1 for copies in sink.replies.values())
    faults = judge(load.acknowledged, sink.replies)
    return Verdict(kills, len(load.acknowledged), repeated, faults)


async def _live_and_die(start: Callable[[], Group], load: Load, dice: random.Random) -> None:
    """Start a desk and kill it: mostly while it works, now and then before it is ready."""
    if dice.random() < 0.15:
        desk = start()
        await asyncio.sleep(dice.random() * 0.8)
    else:
        desk = await _started(start, load)
        await asyncio.sleep(dice.random() ** 2 * 2.5)
    await die(desk, dice)
    load.port = None


async def _started(start: Callable[[], Group], load: Load) -> Group:
    desk = start()
    load.port = smtp_port(await asyncio.to_thread(desk.ready_line))
    return desk


async def all_answered(load: Load, sink: KeepingSink) -> None:
    """Return when everything is answered, or nothing has moved for long."""
    left, since = -1, 0.0
    while (now_left := len(load.acknowledged - set(sink.replies))) and since < STALLED_SECONDS:
        left, since = now_left, 0.0 if now_left != left else since + 0.1
        await asyncio.sleep(0.1)
    # What was on the wire at the last kill may come once more.
    await asyncio.sleep(1.0)


async def run_desk(folder: Path, *, kills: int, seed: int) -> Verdict:
    """Run the cycles with a real desk in a folder, and have its own books judged too."""
    sink = KeepingSink()
    await sink.start()
    config = make_desk(folder / "desk", sink.port)
    verdict = await run(lambda: serve(config), sink, kills=kills, seed=seed)
    sink.close()
    verdict.faults += await asyncio.to_thread(wrong_sums, config, verdict.acknowledged)
    return verdict


if __name__ == "__main__":
    sys.exit(main(__doc__, run_desk, kills=200))
