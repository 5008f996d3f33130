"""The whole main job: mail in, stored, decided, ticket, reply out; the desk beside the yardstick.

Both run at the same time, and rounds go to each in turn, so that what disturbs one disturbs both.
A round's clock runs from its first mail to its last reply at the sink. Latency is counted from when
a mail was due to be sent to its reply's arrival. Syncs are counted by strace, where there is one.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import desk
from benchmarks.figures import Figure, load_average, median_of_ratios, percentile
from benchmarks.load import Load
from benchmarks.processes import Group
from benchmarks.sink import Sink

CONNECTIONS = 8
RATE = 50
PATIENCE_SECONDS = 120
_TRACE = ("strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=fdatasync,fsync", "-e")
_TRACED_MAILS = 320
_SYNCED = " = 0"


@dataclass(kw_only=True)
class Case:
    """One server under load, with the sink that its replies come to."""

    group: Group
    load: Load
    sink: Sink
    rates: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    async def round(self, count: int, size: str, connections: int = CONNECTIONS) -> None:
        """Send mails and wait for all replies; keep mails per second and CPU per mail."""
        before = self.group.cpu_seconds()
        start, ids = await self.load.flood(count, size=size, connections=connections)
        end = await self.sink.wait_for(ids, PATIENCE_SECONDS)
        # The replies are out; their rows are still being marked as sent.
        await asyncio.sleep(0.3)
        self.rates.append(count / (end - start))
        self.cpu_ms.append((self.group.cpu_seconds() - before) / count * 1000)

    async def latencies(self, seconds: float) -> list[float]:
        """Return milliseconds from when each mail was due to its reply, at `RATE` a second."""
        due = await self.load.steady(int(RATE * seconds), rate=RATE, size="multipart")
        await self.sink.wait_for(list(due), PATIENCE_SECONDS)
        return [(self.sink.replied_at[key] - at) * 1000 for key, at in due.items()]

    def forget(self) -> None:
        """Drop what the rounds so far have measured."""
        self.rates.clear()
        self.cpu_ms.clear()


def run(*, long: bool) -> Iterator[Figure]:
    """Measure; see the module."""
    yield from asyncio.run(_beside_the_yardstick(long=long))
    if shutil.which("strace"):
        yield from asyncio.run(_syncs())


async def start_desk(folder: Path, stack: ExitStack, under: tuple[str, ...] = ()) -> Case:
    """Start a new desk that sends to a sink of its own."""
    sink = Sink()
    await sink.start()
    stack.callback(sink.close)
    config = desk.make_desk(folder / "desk", sink.port)
    group = stack.enter_context(desk.serve(config, under=under))
    return Case(group=group, load=Load(desk.smtp_port(group.ready_line()), "desk"), sink=sink)


async def _start_yardstick(folder: Path, stack: ExitStack) -> Case:
    sink = Sink()
    await sink.start()
    stack.callback(sink.close)
    database, log = folder / "yardstick.db", folder / "yardstick.log"
    command = [sys.executable, "-m", "benchmarks.yardstick", str(sink.port), str(database)]
    # Taken in a thread: it connects to the sink of this loop before it is ready.
    group = stack.enter_context(Group(command, log=log))
    port = int((await asyncio.to_thread(group.ready_line)).split()[1])
    return Case(group=group, load=Load(port, "yardstick"), sink=sink)


async def _beside_the_yardstick(*, long: bool) -> list[Figure]:
    rounds, count = (9, 1000) if long else (3, 300)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        ours = await start_desk(Path(name), stack)
        yard = await _start_yardstick(Path(name), stack)
        for case in (ours, yard):
            await case.round(count // 2, "multipart")
            case.forget()
        for _ in range(rounds):
            for case in (yard, ours):
                await case.round(count, "multipart")
        found = _throughput(ours, yard)
        found += await _latency(ours, yard, seconds=20.0 if long else 6.0)
        peak = ours.group.peak_mib()
        for size, count_of in (("plain", count), ("large", 40 if long else 12)):
            for case in (yard, ours):
                case.forget()
                await case.round(count_of, size)
            found += _cpu(ours, yard, size)
        note = f"{len(peak)} processes, the largest {peak[0]:.0f}"
        found.append(Figure(name="peak memory", value=sum(peak), unit="MiB", note=note))
        counted = desk.audit(Path(name) / "desk" / "config.toml")
        share = 100 * counted["answered"] / counted["accepted"]
        found.append(Figure(name="answered from the FAQ", value=share, unit="%"))
        return found


def _throughput(ours: Case, yard: Case) -> list[Figure]:
    ratio = median_of_ratios(ours.rates, yard.rates)
    note = f"{statistics.median(ours.rates):.0f} : {statistics.median(yard.rates):.0f} mails/s"
    return [
        Figure(
            name="mails/s of the yardstick",
            value=ratio,
            unit="x",
            goal=0.6,
            more_is_better=True,
            note=note,
        ),
        *_cpu(ours, yard, "multipart"),
    ]


def _cpu(ours: Case, yard: Case, size: str) -> list[Figure]:
    goal = {"multipart": 2.5, "large": 40.0}.get(size)
    note = f"yardstick {statistics.median(yard.cpu_ms):.2f}"
    value = statistics.median(ours.cpu_ms)
    return [Figure(name=f"CPU per {size} mail", value=value, unit="ms", goal=goal, note=note)]


async def _latency(ours: Case, yard: Case, seconds: float) -> list[Figure]:
    mine, theirs = await ours.latencies(seconds), await yard.latencies(seconds)
    found = []
    for share, goal in ((0.5, 2.0), (0.99, 3.0)):
        one, other = percentile(mine, share), percentile(theirs, share)
        found.append(
            Figure(
                name=f"reply latency p{share * 100:.0f} at {RATE}/s, of the yardstick's",
                value=one / other,
                unit="x",
                goal=goal,
                note=f"{one:.1f} : {other:.1f} ms",
            )
        )
    return found


async def _syncs() -> list[Figure]:
    """Count durable syncs per mail: one mail at a time, and with many connections."""
    found = []
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        log = Path(name) / "syncs"
        ours = await start_desk(Path(name), stack, under=(*_TRACE, "signal=none", "-o", str(log)))
        await ours.round(20, "multipart", connections=1)
        for connections, goal in ((1, 3.0), (32, 1.0)):
            before = log.read_text().count(_SYNCED)
            if connections == 1:
                count = _TRACED_MAILS // 8
                for _ in range(count):
                    _, ids = await ours.load.flood(1, size="multipart", connections=1)
                    await ours.sink.wait_for(ids, PATIENCE_SECONDS)
                    await asyncio.sleep(0.02)
            else:
                count = _TRACED_MAILS
                await ours.round(count, "multipart", connections=connections)
            syncs = (log.read_text().count(_SYNCED) - before) / count
            figure = f"durable syncs per mail, {connections} connections"
            found.append(Figure(name=figure, value=syncs, unit="", goal=goal, load=load_average()))
    return found
