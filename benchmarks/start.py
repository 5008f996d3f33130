"""How long until mail is taken: from exec to the ready line, and until the command line helps.

The figure is wall time, the best of a few starts: what other work adds is not the program's.
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import desk, mails
from benchmarks.figures import Figure
from gateway.model.message import Keys, RawEvent
from gateway.store import open_store
from gateway.world import RealWorld

UNUSED_PORT = 9  # discard: nothing is sent in here before the clock stops
_BATCH = 500


def run(*, long: bool) -> Iterator[Figure]:
    """Measure; see the module."""
    tries = 7 if long else 4
    helped = min(_seconds_of_help() for _ in range(tries))
    yield Figure(name="ventanilla --help", value=helped, unit="s", goal=0.3)
    with tempfile.TemporaryDirectory() as name:
        config = desk.make_desk(Path(name) / "desk", UNUSED_PORT)
        ready = min(_seconds_to_ready(config) for _ in range(tries))
        yield Figure(name="exec to ready line", value=ready, unit="s", goal=0.5)
        backlog = 10_000 if long else 2_000
        asyncio.run(_fill(config.parent / "desk.db", backlog))
        ready = _seconds_to_ready(config)
        note = f"{backlog:,} mails wait"
        yield Figure(name="exec to ready line", value=ready, unit="s", goal=2.0, note=note)


def _seconds_of_help() -> float:
    start = time.perf_counter()
    subprocess.run(
        [*desk.COMMAND, "--help"],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=Path(__file__).parents[1],
    )
    return time.perf_counter() - start


def _seconds_to_ready(config: Path) -> float:
    with desk.serve(config) as group:
        group.ready_line()
        seconds = time.perf_counter() - group.started_at
        group.stop(at_once=True)
        return seconds


async def _fill(database: Path, count: int) -> None:
    """Store mails that nobody has decided yet, as a desk does that is stopped in a burst."""
    world = RealWorld()
    store = await open_store(f"sqlite:///{database}", world=world, node="bench", sole_writer=True)
    for first in range(0, count, _BATCH):
        offers = [_offer(number, world) for number in range(first, first + _BATCH)]
        await store.accept(offers, None, claim=False)
    await store.close()


def _offer(number: int, world: RealWorld) -> tuple[RawEvent, Keys]:
    body = mails.make("backlog", number, "multipart")
    facts = {"mail_from": mails.sender("backlog", number), "rcpt": [mails.RECIPIENT]}
    raw = RawEvent(channel="support-mail", body=body, facts=facts, received_at=world.now())
    key = mails.message_id("backlog", number)
    return raw, Keys(offers=(key,), lane=key)
