"""What only one node may do: others stand by, take over, and nobody goes on without the lease."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from gateway import app
from gateway.errors import LeaseLost, StoreUnavailable
from gateway.journey import accept
from gateway.journey.accept import Accepting, hold_lease
from gateway.model.inbox import Outcome
from gateway.store import open_store
from tests.fakes.world import FakeWorld
from tests.journeys.test_telegram import phones

SOON_S = 10


@pytest.fixture(autouse=True)
def short_leases(monkeypatch):
    """Leases are a fraction of a second long: nothing here waits for half a minute."""
    monkeypatch.setattr(accept, "LEASE", timedelta(seconds=0.6))


class Nodes:
    """Several nodes that want the same lease; each keeps it until it is stopped."""

    def __init__(self, store):
        self.store = store
        self.at_work = []
        self.ends = {}
        self._tasks = {}
        self._changed = asyncio.Event()

    def start(self, node):
        """Let a node ask for the lease, and work when it has it."""
        self._tasks[node] = asyncio.create_task(self._work(node))

    async def _work(self, node):
        try:
            async with hold_lease(self.store, "clock", node):
                self.at_work.append(node)
                self._changed.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    self.at_work.remove(node)
        except BaseException as end:
            self.ends[node] = end
            raise
        finally:
            self._changed.set()

    async def until(self, is_met):
        async with asyncio.timeout(SOON_S):
            while not is_met(self):
                self._changed.clear()
                await self._changed.wait()

    async def stop(self, node):
        self._tasks[node].cancel()
        await asyncio.wait([self._tasks[node]])

    async def stop_all(self):
        for node in self._tasks:
            await self.stop(node)


@asynccontextmanager
async def opened(folder):
    """Give nodes on one store."""
    store = await open_store(
        f"sqlite:///{folder}/desk.db", world=FakeWorld(), node="any", sole_writer=True
    )
    nodes = Nodes(store)
    try:
        yield nodes
    finally:
        await nodes.stop_all()
        await store.close()


@pytest.fixture
async def nodes(tmp_path):
    """Nodes on one store."""
    async with opened(tmp_path) as some:
        yield some


async def test_the_next_node_takes_over_when_the_holder_stops(nodes):
    """One at a time; a clean stop gives the lease back."""
    nodes.start("a")
    await nodes.until(lambda n: n.at_work == ["a"])
    nodes.start("b")
    await nodes.stop("a")
    await nodes.until(lambda n: n.at_work == ["b"])

    assert isinstance(nodes.ends["a"], asyncio.CancelledError)


async def test_a_holder_that_slept_too_long_stops_and_says_so(nodes):
    """Somebody else has had the lease meanwhile: the body is cancelled, its task is not."""
    nodes.start("a")
    await nodes.until(lambda n: n.at_work == ["a"])
    await nodes.store.drop_lease("clock", "a")
    await nodes.store.take_lease("clock", "b", timedelta(hours=1))
    await nodes.until(lambda n: n.ends)

    assert isinstance(nodes.ends["a"], LeaseLost)


async def test_a_lease_that_changed_hands_twice_is_lost_too(nodes):
    """Ours again by name, but another was at work between: the fence tells."""
    nodes.start("a")
    await nodes.until(lambda n: n.at_work == ["a"])
    await nodes.store.drop_lease("clock", "a")
    await nodes.store.take_lease("clock", "b", timedelta(hours=1))
    await nodes.store.drop_lease("clock", "b")
    await nodes.until(lambda n: n.ends)

    assert isinstance(nodes.ends["a"], LeaseLost)


async def test_a_holder_without_its_store_stops_before_others_begin(nodes, monkeypatch):
    """What cannot be renewed runs out, also for the one who has it."""
    nodes.start("a")
    await nodes.until(lambda n: n.at_work == ["a"])

    async def unavailable(*_):
        raise StoreUnavailable("gone")

    monkeypatch.setattr(nodes.store, "take_lease", unavailable)
    await nodes.until(lambda n: n.ends)

    assert isinstance(nodes.ends["a"], LeaseLost)


async def test_a_time_out_of_the_work_itself_is_no_lost_lease(nodes):
    """It reaches whoever wrote it."""
    with pytest.raises(TimeoutError):
        async with hold_lease(nodes.store, "clock", "a"):
            raise TimeoutError


async def test_two_nodes_with_one_bot_take_turns(tmp_path, monkeypatch, caplog):
    """Two desks poll with one token: Telegram sees one poller, and the second goes on."""
    monkeypatch.setattr(accept, "LEASE", timedelta(seconds=6))
    async with phones(tmp_path / "desk") as people:
        await people.writes("The lift is broken")
        bench = people.desk
        other = Accepting(
            bench.store,
            app.parsers_of(bench.desk.channels),
            app.NoMeter(),
            node="other",
            has_room=bench.pipeline.has_room,
            submit=bench.pipeline.submit,
        )
        standing_by = asyncio.create_task(people.another_channel().receive(other))
        await people.writes("It still is")
        await people.hang_up()
        row = await people.writes("And now?")
        standing_by.cancel()
        await asyncio.wait([standing_by])

        assert row.outcome is Outcome.APPENDED
        assert "somebody else polls" not in caplog.text
