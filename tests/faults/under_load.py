"""A real desk with customers who write all the time, while something is done to it.

They hand each mail over again until somebody has said 250 to it. `Work.judged` lets everything be
answered in the end, and says what was promised and not kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import random  # noqa: TID251 - what it decides makes no difference here
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from benchmarks.desk import COMMAND, make_desk
from benchmarks.processes import Group
from tests.faults.kill_cycles import CLIENTS, KeepingSink, Load, all_answered, judge
from tests.faults.killing import writing, wrong_sums


class Work:
    """A desk at work. It is started with ``environment``; None stands for ours."""

    def __init__(self, config: Path, sink: KeepingSink, load: Load) -> None:
        self.config = config
        self.environment: dict[str, str] | None = None
        self.sink = sink
        self.load = load
        self.ports: dict[str, int] = {}
        self._desks: list[Group] = []

    @property
    def desk(self) -> Group:
        """Return the process that was started last."""
        return self._desks[-1]

    @property
    def log(self) -> Path:
        """Return its log."""
        return self.config.parent / f"serve.{len(self._desks)}.log"

    @property
    def database(self) -> Path:
        """Return the desk's file."""
        return self.config.parent / "desk.db"

    async def start(self, *under: str, log: Path | None = None) -> Group:
        """Start it, and let the customers find it; ``under`` is a command that runs it."""
        self.load.port = None
        command = [*under, *COMMAND, "serve", "-c", str(self.config)]
        log = log or self.config.parent / f"serve.{len(self._desks) + 1}.log"
        desk = Group(command, log=log, environment=self.environment)
        self._desks.append(desk)
        line = await asyncio.to_thread(desk.ready_line)
        named = (word.split("=", 1) for word in line.split()[1:])
        found = {name: address.rpartition(":")[2] for name, address in named}
        self.ports = {name: int(port) for name, port in found.items() if port.isdigit()}
        self.load.port = self.ports["support-mail"]
        return desk

    async def go_on(self, mails: int = 10, *, seconds: float = 60.0) -> None:
        """Return when so many more mails were taken.

        Raises:
            TimeoutError: they were not, in so long a time.
        """
        wanted = len(self.load.acknowledged) + mails
        await self.until(lambda: len(self.load.acknowledged) >= wanted, seconds)

    async def nothing_is_taken(self, seconds: float) -> bool:
        """Return whether not a single mail is taken for so long; those in hand come to an end."""
        await asyncio.sleep(0.2)
        before = len(self.load.acknowledged)
        await asyncio.sleep(seconds)
        return len(self.load.acknowledged) == before

    async def page(self, path: str) -> str:
        """Return a page of its own listener, which its event loop answers."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.ports["http"])
        writer.write(f"GET {path} HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n\r\n".encode())
        answer = (await reader.read()).decode()
        writer.close()
        assert answer.startswith("HTTP/1.1 200 "), answer
        return answer

    async def until(self, is_so: Callable[[], bool], seconds: float) -> None:
        """Return when something is so.

        Raises:
            TimeoutError: it did not become so.
        """
        async with asyncio.timeout(seconds):
            while not is_so():  # noqa: ASYNC110 - asks ourselves, or a file
                await asyncio.sleep(0.02)

    async def judged(self) -> list[str]:
        """Have everything answered, stop the desk, and return what was promised and not kept."""
        self.load.stop()
        await all_answered(self.load, self.sink)
        await asyncio.to_thread(self.desk.stop)
        faults = judge(self.load.acknowledged, self.sink.replies)
        mails = len(self.load.acknowledged)
        return faults + await asyncio.to_thread(wrong_sums, self.config, mails)

    def close(self) -> None:
        """End what still runs."""
        for desk in self._desks:
            desk.stop(at_once=True)


@contextlib.asynccontextmanager
async def working(folder: Path, *, starts: bool = True) -> AsyncIterator[Work]:
    """Give a desk in a new folder that customers write to; unless told otherwise it runs."""
    sink = KeepingSink()
    await sink.start()
    config = await asyncio.to_thread(make_desk, folder, sink.port)
    work = Work(config, sink, Load(random.Random(1)))
    try:
        if starts:
            await work.start()
        async with writing(work.load.write, CLIENTS):
            yield work
    finally:
        await asyncio.to_thread(work.close)
        sink.close()
