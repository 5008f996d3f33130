"""Several processes on one file: they race, and one is killed in the middle."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys

from gateway.model.inbox import InboxState
from tests.store.things import done, plan

RACE = """
import asyncio, sys
from gateway.store import open_store
from gateway.world import RealWorld
from tests.store.things import done, offer, plan

async def main(url, node, count):
    store = await open_store(url, world=RealWorld(), node=node)
    ended, numbers = [], []
    calls = [store.accept([offer(f"k{n}")], None, claim=False) for n in range(count)]
    await asyncio.gather(*calls)
    numbers += await store.reserve_numbers(50)
    while items := await store.claim_events(7):
        await asyncio.gather(*(store.apply(plan(done=done(i.claim))) for i in items))
        ended += [i.claim.id for i in items]
    await store.close()
    print(*ended, "|", *numbers)

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""

HAMMER = """
import asyncio, sys
from gateway.store import open_store
from gateway.world import RealWorld
from tests.store.things import offer

async def main(url):
    store = await open_store(url, world=RealWorld(), node="hammer", sole_writer=True)
    async def one(start):
        for n in range(start, 1_000_000, 8):
            await store.accept([offer(f"k{n}", body=b"x" * 3000)], None, claim=True)
            print(n, flush=True)
    await asyncio.gather(*(one(start) for start in range(8)))

asyncio.run(main(sys.argv[1]))
"""


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a process that works on the store."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


async def test_processes_that_race_do_everything_once(desk):
    """Each event is stored once and ended once; no ticket number is given out twice."""
    count = 150
    await (await desk.open()).ping()
    racers = [start(RACE, desk.url, f"n{n}", count) for n in range(2)]

    outputs = [await asyncio.to_thread(racer.communicate) for racer in racers]

    assert [racer.returncode for racer in racers] == [0, 0]
    ended, numbers = zip(*(out.split("|") for out, _ in outputs), strict=True)
    ids = [word for words in ended for word in words.split()]
    given = [word for words in numbers for word in words.split()]
    assert (len(ids), len(set(ids)), len(set(given))) == (count, count, 100)


async def test_what_was_said_to_be_stored_survives_a_kill(desk):
    """After kill -9 in the middle of it, everything acknowledged is there and can be ended."""
    hammer = start(HAMMER, desk.url)
    told = [await asyncio.to_thread(hammer.stdout.readline) for _ in range(200)]

    hammer.send_signal(signal.SIGKILL)
    rest, _ = await asyncio.to_thread(hammer.communicate)

    store = await desk.open(sole_writer=True)
    rows = await store.list_inbox(frozenset(InboxState), 1_000_000)
    stored = {row.keys[0] for row in rows}
    said = {f"k{line.strip()}" for line in [*told, *rest.splitlines()[:-1]]}
    assert said <= stored
    while items := await store.claim_events(100):
        assert {item.claim.attempts for item in items} == {1}
        await asyncio.gather(*(store.apply(plan(done=done(item.claim))) for item in items))
    sums = await store.audit()
    assert (sums["accepted"], sums["ignored"]) == (len(stored), len(stored))
