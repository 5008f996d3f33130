"""Kill, freeze and restart the nodes of a desk, and its database, while customers write.

Several identical ``serve`` processes work on one PostgreSQL. At random moments one of them is
killed with SIGKILL, or frozen and woken again, or the database crashes and comes back. In the end
every conversation must stand in its own ticket, whole, once and in order, and a mail that was
answered twice must have got the same bytes.

``python -m tests.faults.kill_nodes --nodes 4 --kills 200 --restarts 20 [--seed N]``; the seed is
printed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random  # noqa: TID251 - the moments are random, and can be had again by their seed
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.desk import COMMAND, make_desk, smtp_port
from benchmarks.processes import Group
from gateway.model.outbox import OutboxState
from gateway.model.question import TicketFilter
from gateway.store import open_store
from gateway.world import RealWorld
from tests.fakes.postgres import Postgres, running
from tests.faults.conversations import Answers, Customers, judge
from tests.faults.killing import main, writing

CUSTOMERS = 24
MAILS_AFTERWARDS = 100
FROZEN = 0.25
LONGEST_FREEZE_SECONDS = 3.0
LONGEST_REST_SECONDS = 1.2
STALLED_SECONDS = 120.0
UNSENT = frozenset({OutboxState.QUEUED, OutboxState.WIRE, OutboxState.RETRY})


@dataclass
class Verdict:
    """What came of a run; ``faults`` is empty when every promise was kept."""

    kills: int = 0
    freezes: int = 0
    restarts: int = 0
    mails: int = 0
    talks: int = 0
    repeated: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Return one line with the figures, and one for each fault."""
        figures = (
            f"{self.kills} kills, {self.freezes} freezes, {self.restarts} database restarts,"
            f" {self.mails} mails in {self.talks} talks, {self.repeated} answers repeated"
        )
        return "\n".join([f"{figures}, {len(self.faults)} faults", *self.faults])


class Node:
    """One ``serve`` of the desk; ``port`` is None while it does not listen."""

    def __init__(self, config: Path, number: int) -> None:
        self.port: int | None = None
        self._command = [*COMMAND, "serve", "-c", str(config)]
        self._log = config.parent / f"node{number}"
        self._lives = 0
        self._process: Group | None = None

    async def start(self) -> None:
        """Start it, and wait until it listens; a database that is away may make that two tries."""
        while self.port is None:
            self._lives += 1
            log = self._log.with_suffix(f".{self._lives}.log")
            self._process = Group(self._command, log=log)
            with contextlib.suppress(RuntimeError):
                self.port = smtp_port(await asyncio.to_thread(self._process.ready_line))

    def kill(self, dice: random.Random) -> None:
        """End it with SIGKILL; its children may be left behind for a moment."""
        self.port = None
        if self._process is not None:
            if dice.random() < 0.5:
                os.kill(self._process.pid, signal.SIGKILL)
            self._process.stop(at_once=True)
            self._process = None

    async def freeze(self, seconds: float) -> None:
        """Let it stand still, and go on as if nothing had been."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        os.killpg(self._process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End it politely."""
        self.port = None
        if self._process is not None:
            self._process.stop()


class Trouble:
    """What happens to the nodes and the database."""

    def __init__(self, nodes: Sequence[Node], server: Postgres, dice: random.Random) -> None:
        self._nodes = nodes
        self._server = server
        self._dice = dice
        self._starting: set[asyncio.Task[None]] = set()

    async def make(self, verdict: Verdict, *, kills: int, restarts: int) -> None:
        """Make so much of it; return when all nodes work again."""
        for what in self._in_disorder(kills, restarts):
            await asyncio.sleep(self._dice.random() ** 2 * LONGEST_REST_SECONDS)
            if what == "restart":
                verdict.restarts += 1
                await asyncio.to_thread(self._server.crash)
            else:
                await self._hit(await self._one_that_works(), verdict)
        await asyncio.gather(*self._starting)

    def _in_disorder(self, kills: int, restarts: int) -> list[str]:
        order = ["kill"] * kills + ["restart"] * restarts
        self._dice.shuffle(order)
        return order

    async def _one_that_works(self) -> Node:
        while not (some := [node for node in self._nodes if node.port is not None]):
            await asyncio.wait(self._starting, return_when=asyncio.FIRST_COMPLETED)
        return self._dice.choice(some)

    async def _hit(self, node: Node, verdict: Verdict) -> None:
        if self._dice.random() < FROZEN:
            verdict.freezes += 1
            await node.freeze(self._dice.random() * LONGEST_FREEZE_SECONDS)
            return
        verdict.kills += 1
        await asyncio.to_thread(node.kill, self._dice)
        starting = asyncio.create_task(node.start())
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)


async def run_nodes(
    folder: Path, server: Postgres, *, nodes: int, kills: int, restarts: int, seed: int
) -> Verdict:
    """Let customers write to so many nodes in trouble; judge when all is quiet again."""
    dice = random.Random(seed)
    verdict = Verdict()
    answers = Answers()
    await answers.start()
    url = server.url(server.database())
    config = _many_noded(make_desk(folder / "desk", answers.port), url)
    some = [Node(config, number) for number in range(nodes)]
    ports = lambda: [node.port for node in some if node.port is not None]  # noqa: E731 - read anew each time
    customers = Customers(ports, answers, random.Random(seed + 1))
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(answers.close)
        for node in some:
            stack.callback(node.stop)
        await asyncio.gather(*(node.start() for node in some))
        clients = await stack.enter_async_context(writing(customers.write, CUSTOMERS))
        await Trouble(some, server, dice).make(verdict, kills=kills, restarts=restarts)
        async with asyncio.timeout(STALLED_SECONDS):
            await customers.go_on(MAILS_AFTERWARDS)
        customers.is_closing = True
        await asyncio.gather(*clients)
        verdict.faults += await _settled(url, customers, answers)
    verdict.mails, verdict.talks = customers.mails, len(customers.talks)
    verdict.repeated = sum(len(copies) - 1 for copies in answers.copies.values())
    return verdict


def _many_noded(config: Path, url: str) -> Path:
    text = config.read_text()
    config.write_text(text.replace('"sqlite:///desk.db"', f'"{url}"'))
    return config


async def _settled(url: str, customers: Customers, answers: Answers) -> list[str]:
    """Return what is wrong once nothing is in hand any more, or nothing has moved for long."""
    store = await open_store(url, world=RealWorld(), node="judge", read_only=True)
    try:
        left, since = -1, 0.0
        while since < STALLED_SECONDS:
            audit = await store.audit()
            unsent = len(await store.list_outbox(UNSENT, 1000))
            if not audit["pending"] + unsent:
                break
            since = since + 0.2 if audit["pending"] + unsent == left else 0.0
            left = audit["pending"] + unsent
            await asyncio.sleep(0.2)
        tickets = await store.list_tickets(TicketFilter(limit=1_000_000))
        histories = {t.number: [e.text for e in await store.events(t.number)] for t in tickets}
    finally:
        await store.close()
    faults = judge(customers.talks, answers.copies, histories)
    wrong = {
        "accepted": audit["accepted"] - customers.mails,
        "pending": audit["pending"],
        "quarantined": audit["quarantined"],
        "problems": audit["problems"],
        "unsent": unsent,
    }
    return faults + [f"audit: {name} is off by {by}" for name, by in wrong.items() if by]


async def run_desk(folder: Path, **how: int) -> Verdict:
    """Run the long form on a database of its own."""
    with running(fsync="on") as server:
        return await run_nodes(folder, server, **how)


if __name__ == "__main__":
    sys.exit(main(__doc__, run_desk, nodes=4, kills=200, restarts=20))
