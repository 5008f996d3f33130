"""Mails a second to the reply: one, two and four nodes on one PostgreSQL, beside a desk on SQLite.

All run at the same time, and rounds go to each in turn. A round on several nodes is spread evenly
over them. On one machine more nodes cannot be faster than its cores; they must not be slower.
Needs the PostgreSQL of the distribution; the server keeps its promises (``fsync`` is on).
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks import desk
from benchmarks.end_to_end import PATIENCE_SECONDS, Case, start_desk
from benchmarks.figures import Figure, median_of_ratios
from benchmarks.load import Load
from benchmarks.processes import Group
from benchmarks.sink import Sink
from tests.fakes.postgres import Postgres, running

CONNECTIONS = 8
COUNTS = (1, 2, 4)


def run(*, long: bool) -> Iterator[Figure]:
    """Measure; see the module."""
    with running(fsync="on", full_page_writes="on", shared_buffers="128MB") as server:
        yield from asyncio.run(_measure(server, *((9, 1000) if long else (3, 300))))


class Nodes:
    """Some nodes of one desk, with the sink that all of their replies come to."""

    def __init__(self, groups: Sequence[Group], loads: Sequence[Load], sink: Sink) -> None:
        self.rates: list[float] = []
        self.cpu_ms: list[float] = []
        self._groups = groups
        self._loads = loads
        self._sink = sink

    async def round(self, count: int) -> None:
        """Send mails to all nodes at once; keep mails a second, and the nodes' CPU per mail."""
        before = self._cpu_seconds()
        share = count // len(self._loads)
        connections = CONNECTIONS // len(self._loads)
        sent = await asyncio.gather(*(
            load.flood(share, size="multipart", connections=connections) for load in self._loads
        ))  # fmt: skip
        ids = [name for _, names in sent for name in names]
        end = await self._sink.wait_for(ids, PATIENCE_SECONDS)
        await asyncio.sleep(0.3)
        self.rates.append(len(ids) / (end - min(start for start, _ in sent)))
        self.cpu_ms.append((self._cpu_seconds() - before) / len(ids) * 1000)

    def _cpu_seconds(self) -> float:
        return sum(group.cpu_seconds() for group in self._groups)


async def _start(server: Postgres, folder: Path, count: int, stack: ExitStack) -> Nodes:
    sink = Sink()
    await sink.start()
    stack.callback(sink.close)
    config = desk.make_desk(folder / f"desk{count}", sink.port)
    url = server.url(server.database())
    config.write_text(config.read_text().replace('"sqlite:///desk.db"', f'"{url}"'))
    groups = [
        stack.enter_context(desk.serve(config, name=f"serve{number}")) for number in range(count)
    ]
    lines = [await asyncio.to_thread(group.ready_line) for group in groups]
    loads = [
        Load(desk.smtp_port(line), f"node{count}-{number}") for number, line in enumerate(lines)
    ]
    return Nodes(groups, loads, sink)


async def _measure(server: Postgres, rounds: int, count: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        embedded = await start_desk(Path(name), stack)
        desks = {n: await _start(server, Path(name), n, stack) for n in COUNTS}
        for number in range(rounds + 1):
            await embedded.round(count, "multipart")
            for nodes in desks.values():
                await nodes.round(count)
            if not number:
                _forget(embedded, *desks.values())
        return _figures(embedded, desks)


def _forget(*cases: Case | Nodes) -> None:
    """Drop the first round: everybody was still warming up."""
    for case in cases:
        case.rates.clear()
        case.cpu_ms.clear()


def _figures(embedded: Case, desks: dict[int, Nodes]) -> list[Figure]:
    alone = desks[1]
    found = []
    for count, nodes in desks.items():
        other, of_what = (alone, "one node's") if count > 1 else (embedded, "SQLite's")
        rates = f"{statistics.median(nodes.rates):.0f} : {statistics.median(other.rates):.0f}"
        found.append(
            Figure(
                name=f"mails/s of {count} node{'s' * (count > 1)} on PostgreSQL, of {of_what}",
                value=median_of_ratios(nodes.rates, other.rates),
                unit="x",
                goal=1.0 if count > 1 else None,
                more_is_better=True,
                note=f"{rates} mails/s; {statistics.median(nodes.cpu_ms):.2f} ms CPU of the nodes",
            )
        )
    return found
