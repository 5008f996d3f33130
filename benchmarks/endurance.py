"""What a desk stands: a flood beside ordinary mail, a backlog at the start, hours at one rate.

And how long it takes to forget one of many customers, and that nothing of them is left. All of it
on whole desks in files, with the limits that a new desk has where they matter.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import desk, mails
from benchmarks.figures import Figure, percentile
from benchmarks.load import Load
from benchmarks.processes import Group
from benchmarks.sink import Sink
from benchmarks.smtp_client import Client
from gateway import app
from gateway.model.message import RawEvent
from gateway.settings import load_settings
from gateway.store import open_store
from gateway.world import RealWorld

FLOOD_PER_SECOND = 10_000 / 60
ORDINARY = 100
SOAK_PER_SECOND = 100
# By then every part that looks at something now and then has done so once.
WARM_SECONDS = 660.0
PATIENCE_SECONDS = 900.0
FORGOTTEN = 7


def run(*, long: bool) -> Iterator[Figure]:
    """Measure; see the module."""
    for part in (_fairness, _cold_start, _soak, _erase):
        with tempfile.TemporaryDirectory() as name:
            yield from asyncio.run(part(Path(name), long=long))


@dataclass
class _Sorted(Sink):
    """Mailboxes that keep to whom each mail went."""

    got: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def take(self, mail: bytes) -> None:
        """See `Sink.take`."""
        super().take(mail)
        head = mail[: mail.find(b"\r\n\r\n")].decode("latin-1").lower()
        for line in head.split("\r\n"):
            if line.startswith("to:"):
                self.got[line] = self.got.get(line, 0) + 1


@dataclass
class _Desk:
    """A desk on its own file, and the mailboxes of those who write to it."""

    config: Path
    sink: _Sorted
    group: Group | None = None
    port: int = 0

    async def start(self) -> Group:
        """Start it."""
        self.group = desk.serve(self.config)
        self.port = desk.smtp_port(await asyncio.to_thread(self.group.ready_line))
        return self.group

    @property
    def files(self) -> list[Path]:
        """Return the files of its database, and its log."""
        return [path for path in self.config.parent.iterdir() if path.is_file()]


@contextlib.asynccontextmanager
async def _desk(folder: Path, *, limited: bool = False) -> AsyncIterator[_Desk]:
    sink = _Sorted()
    await sink.start()
    config = desk.make_desk(folder / "desk", sink.port)
    if limited:
        config.write_text(config.read_text().partition("\n[limits]\nsize")[0])
    one = _Desk(config, sink)
    try:
        yield one
    finally:
        if one.group is not None:
            one.group.stop()
        sink.close()


async def _fairness(folder: Path, *, long: bool) -> list[Figure]:
    """One sender writes ten thousand a minute; a hundred others write once."""
    seconds = 60 if long else 20
    async with _desk(folder, limited=True) as one:
        await one.start()
        await _first_answer(one)
        flooding = asyncio.create_task(_flood(one.port, seconds))
        sent_at = await _ordinary(one.port, seconds)
        taken = await flooding
        await one.sink.wait_for(list(sent_at), PATIENCE_SECONDS)
        late = [one.sink.replied_at[message_id] - at for message_id, at in sent_at.items()]
        acknowledged = sum(many for line, many in one.sink.got.items() if "flood@" in line)
    note = f"{taken} mails of one sender in {seconds} s"
    return [
        Figure(
            name="reply to others beside a flood, p95",
            value=percentile(late, 0.95),
            unit="s",
            goal=2,
            note=note,
        ),
        Figure(name="receipts to the flooder", value=acknowledged, unit="", goal=3),
    ]


async def _first_answer(one: _Desk) -> None:
    """Return when the desk answers: how long a start takes is another figure."""
    client = await Client.connect(one.port)
    message_id, mail = _mail("first@customer.example", 0)
    await client.send("first@customer.example", mails.RECIPIENT, mail)
    client.close()
    await one.sink.wait_for([message_id], PATIENCE_SECONDS)


async def _ordinary(port: int, seconds: float) -> dict[str, float]:
    """Have a hundred people write over so long a time; return when each did."""
    client = await Client.connect(port)
    sent_at = {}
    for number in range(ORDINARY):
        sender = f"ordinary.{number}@customer.example"
        message_id, mail = _mail(sender, number)
        sent_at[message_id] = time.perf_counter()
        await client.send(sender, mails.RECIPIENT, mail)
        await asyncio.sleep(seconds / ORDINARY)
    client.close()
    return sent_at


async def _flood(port: int, seconds: float) -> int:
    clients = [await Client.connect(port) for _ in range(4)]
    start, sent = time.perf_counter(), 0
    sender = "flood@customer.example"

    async def send_on(client: Client) -> None:
        nonlocal sent
        while (now := time.perf_counter() - start) < seconds:
            if sent > now * FLOOD_PER_SECOND:
                await asyncio.sleep(0.01)
                continue
            sent += 1
            await client.send(sender, mails.RECIPIENT, _mail(sender, sent)[1])

    await asyncio.gather(*(send_on(client) for client in clients))
    for client in clients:
        client.close()
    return sent


def _mail(sender: str, number: int) -> tuple[str, bytes]:
    """Return a mail like no other, after its Message-ID: alike ones are not acknowledged."""
    message_id = f"<{number}.{sender}>"
    lines = [
        f"From: <{sender}>",
        f"To: <{mails.RECIPIENT}>",
        f"Subject: Lamp {number} flickers",
        "Date: Mon, 02 Mar 2026 09:00:00 +0000",
        f"Message-ID: {message_id}",
        "",
        f"The lamp number {number} of {sender.partition('@')[0]} flickers since this morning.",
        "",
    ]
    return message_id, "\r\n".join(lines).encode()


async def _cold_start(folder: Path, *, long: bool) -> list[Figure]:
    """A desk starts with a hundred thousand mails that nobody has handled."""
    count = 100_000 if long else 20_000
    async with _desk(folder) as one:
        await _fill(one.config, count)
        begin = time.perf_counter()
        starting = asyncio.create_task(one.start())
        first_reply = asyncio.create_task(_first_reply(one.sink))
        await starting
        load = Load(one.port, "first")
        await load.flood(1, size="plain", connections=1)
        taken = time.perf_counter() - begin
        replied = await first_reply - begin
    note = f"{count:,} mails wait"
    return [
        Figure(name="start to the first mail taken", value=taken, unit="s", goal=2, note=note),
        Figure(name="start to the first reply", value=replied, unit="s", goal=5, note=note),
    ]


async def _first_reply(sink: Sink) -> float:
    while not sink.replied_at:  # noqa: ASYNC110 - asks ourselves
        await asyncio.sleep(0.01)
    return min(sink.replied_at.values())


async def _fill(config: Path, count: int) -> None:
    """Store mails that nobody has handled, as a desk does that has no room for them."""
    channels, _ = app.load_channels(load_settings(config, os.environ))
    (channel,) = channels.values()
    url = f"sqlite:///{config.parent / 'desk.db'}"
    store = await open_store(url, world=RealWorld(), node="filler", sole_writer=True)
    try:
        for begin in range(0, count, 200):
            some = range(begin, min(begin + 200, count))
            events = [_event(channel.name, number) for number in some]
            await store.accept([(e, channel.parser.keys(e)) for e in events], None, claim=False)
    finally:
        await store.close()


def _event(channel: str, number: int) -> RawEvent:
    return RawEvent(
        channel=channel,
        body=mails.make("backlog", number, "plain"),
        facts={
            "via": "smtp",
            "mail_from": mails.sender("backlog", number),
            "rcpt": [mails.RECIPIENT],
            "peer": "127.0.0.1",
        },
        received_at=RealWorld().now(),
    )


async def _soak(folder: Path, *, long: bool) -> list[Figure]:
    """A hundred mails a second, for long: nothing grows but the file."""
    seconds = 1800 if long else 60
    async with _desk(folder) as one:
        group = await one.start()
        samples: list[Mapping[str, float]] = []
        watching = asyncio.create_task(_watch(one, group, samples))
        load = Load(one.port, "soak")
        due = await load.steady(
            int(seconds * SOAK_PER_SECOND), rate=SOAK_PER_SECOND, size="multipart"
        )
        watching.cancel()
        await one.sink.wait_for(list(due), PATIENCE_SECONDS)
    warm = [each for each in samples if each["at"] > (WARM_SECONDS if long else seconds / 3)]
    note = f"{SOAK_PER_SECOND} mails/s for {seconds} s"
    slope = _slope([(each["at"], each["mib"]) for each in warm]) * 600
    files = [each["files"] for each in warm]
    return [
        # A short run is still warming up.
        Figure(
            name="memory in ten minutes",
            value=slope,
            unit="MiB more",
            goal=1 if long else None,
            note=note,
        ),
        Figure(name="memory at most", value=max(e["mib"] for e in samples), unit="MiB", goal=256),
        Figure(name="log at most", value=max(e["log"] for e in samples), unit="MiB", goal=64),
        Figure(name="files more at the end", value=files[-1] - files[0], unit="", goal=2),
    ]


async def _watch(one: _Desk, group: Group, samples: list[Mapping[str, float]]) -> None:
    begin = time.perf_counter()
    log = one.config.parent / "desk.db-wal"
    while True:
        samples.append({
            "at": time.perf_counter() - begin,
            "mib": sum(group.resident_mib()),
            "log": log.stat().st_size / 1024**2 if log.exists() else 0.0,
            "files": float(_files_of(group)),
        })  # fmt: skip
        await asyncio.sleep(1.0)


def _files_of(group: Group) -> int:
    return len(list(Path(f"/proc/{group.pid}/fd").iterdir()))


def _slope(points: list[tuple[float, float]]) -> float:
    """Return by how much the second number grows with the first, as one straight line."""
    middle = sum(x for x, _ in points) / len(points)
    spread = sum((x - middle) ** 2 for x, _ in points)
    return sum((x - middle) * y for x, y in points) / spread if spread else 0.0


async def _erase(folder: Path, *, long: bool) -> list[Figure]:
    """Forget one of many customers, beside a running desk."""
    count = 10_000 if long else 1_000
    async with _desk(folder) as one:
        await _fill(one.config, count)
        await one.start()
        ids = [mails.message_id("backlog", number) for number in range(count)]
        await one.sink.wait_for(ids, PATIENCE_SECONDS)
        address = mails.sender("backlog", FORGOTTEN)
        begin = time.perf_counter()
        command = [*desk.COMMAND, "erase", address, "-c", str(one.config)]
        await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
        took = time.perf_counter() - begin
        before = desk.audit(one.config)["accepted"]
        client = await Client.connect(one.port)
        await client.send(address, mails.RECIPIENT, mails.make("backlog", FORGOTTEN, "plain"))
        client.close()
        again = desk.audit(one.config)["accepted"] - before
        left = sum(path.read_bytes().count(address.encode()) for path in one.files)
    note = f"one of {count:,}"
    return [
        Figure(name="erase a customer", value=took, unit="s", goal=5, note=note),
        Figure(name="traces left", value=left, unit="", goal=0, note="in all files"),
        Figure(name="taken again when replayed", value=again, unit="", goal=0),
    ]
