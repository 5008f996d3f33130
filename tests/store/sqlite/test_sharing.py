"""Callers share commits: what that saves, and what one caller's failure does to the others."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

import pytest

from gateway.errors import FenceLost, StoreUnavailable, VersionConflict
from gateway.model.inbox import Claim
from gateway.model.plan import Budget
from gateway.store.sharing import MOST_JOBS
from gateway.store.sqlite import writer
from tests.fakes.world import START
from tests.store.things import done, offer, opened, plan, send, settled

MINUTE = timedelta(minutes=1)


@asynccontextmanager
async def statements(store):
    """Collect what the writing connection executes."""
    seen: list[str] = []
    link = store._writer._link
    await link.call(lambda raw: raw.set_trace_callback(seen.append))
    yield seen
    await link.call(lambda raw: raw.set_trace_callback(None))


@contextmanager
def locked(desk):
    """Hold the database's write lock, as another process would."""
    other = sqlite3.connect(desk.url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


async def together(*calls):
    """Return how calls end that are made at the same time."""
    return await asyncio.gather(*calls, return_exceptions=True)


async def test_callers_that_wait_together_share_a_commit(store):
    """Thirty-two accepts at once cost one."""
    async with statements(store) as seen:
        await together(*(store.accept([offer(f"k{n}")], None, claim=True) for n in range(32)))

    assert seen.count("COMMIT") == 1


async def test_a_lone_caller_does_not_wait_for_company(store):
    """One accept is one commit, at once."""
    async with statements(store) as seen:
        await store.accept([offer("a")], None, claim=True)

    assert (seen.count("BEGIN IMMEDIATE"), seen.count("COMMIT")) == (1, 1)


async def test_every_writing_transaction_begins_immediately(desk):
    """None is upgraded from a reading one, which another writer could make fail at once."""
    store = await desk.open(sole_writer=True)
    async with statements(store) as seen:
        [item] = await store.accept([offer("a")], None, claim=False)
        [item] = await store.claim_events(1)
        await store.release(item.claim)
        [item] = await store.claim_events(1)
        await store.apply(plan(done=done(item.claim), sends=(send("s1"),), **opened(1001)))
        [sent] = await store.claim_sends(1, lease=MINUTE, now=START, sync=True)
        await store.apply(plan(settled=settled(sent)))
        await store.reserve_numbers(1)
        await store.take_lease("a", "b", MINUTE)
        await store.drop_lease("a", "b")
        await store.secrets()
        await store.add_secret()
        await store.ping()

    begun = [s for s in seen if s.startswith("BEGIN")]
    assert begun
    assert set(begun) == {"BEGIN IMMEDIATE"}


async def test_a_refused_caller_does_not_touch_the_others(store):
    """In one commit: a lost fence, an old version, a spent budget, and two who get through."""
    async with statements(store) as seen:
        ended = await together(
            store.apply(plan(sends=(send("s1"),))),
            store.apply(plan(sends=(send("s2"),), done=done(Claim(id=9, fence=1, attempts=0)))),
            store.apply(plan(**opened(1001))),
            store.apply(plan(sends=(send("s3"),), **opened(1001))),
            store.apply(plan(spend=(Budget(key="b", limit=0, window=MINUTE),))),
        )

    kinds = [type(end) for end in ended]
    assert kinds == [type(None), FenceLost, type(None), VersionConflict, VersionConflict]
    assert seen.count("COMMIT") == 1
    assert [await store.outbox_row(s) is not None for s in ("s1", "s2", "s3")] == [1, 0, 0]


async def test_values_that_do_not_fit_are_their_callers_fault(store):
    """An unstorable number fails its own caller, with the plain error."""
    ended = await together(
        store.apply(plan(**opened(2**70))), store.apply(plan(sends=(send("s1"),)))
    )

    assert [type(end) for end in ended] == [OverflowError, type(None)]


async def test_a_call_that_was_given_up_in_time_is_not_made(store):
    """Cancelled while it waits, it writes nothing."""
    first = asyncio.ensure_future(store.accept([offer("a")], None, claim=False))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(store.accept([offer("b")], None, claim=False))
    await asyncio.sleep(0)
    second.cancel()

    await asyncio.wait({first, second})

    assert (await store.audit())["accepted"] == 1


async def test_a_crowd_is_served_in_bounded_commits(store):
    """Never more than the bound in one, and everybody in the end."""
    count = MOST_JOBS * 2 + 1
    async with statements(store) as seen:
        ended = await together(*(store.reserve_numbers(1) for _ in range(count)))

    assert len({block[0] for block in ended}) == count
    assert seen.count("COMMIT") == 3


async def test_large_events_do_not_pile_up_in_one_commit(store):
    """A commit is bounded in bytes, too."""
    body = b"x" * (5 << 20)
    async with statements(store) as seen:
        await together(*(store.accept([offer(f"k{n}", body=body)], None, claim=False)
                         for n in range(4)))  # fmt: skip

    assert seen.count("COMMIT") == 2


async def test_nobody_syncs_for_what_can_be_done_again(store):
    """Claims alone are committed without a sync; with an accept among them, with one."""
    await store.accept([offer("a"), offer("b")], None, claim=False)
    async with statements(store) as alone:
        [item] = await store.claim_events(1)
        await store.release(item.claim)
    async with statements(store) as mixed:
        await together(store.claim_events(1), store.accept([offer("c")], None, claim=False))

    assert [s for s in alone if "synchronous" in s] == ["PRAGMA synchronous = NORMAL"]
    assert [s for s in mixed if "synchronous" in s] == ["PRAGMA synchronous = FULL"]
    assert mixed.index("PRAGMA synchronous = FULL") < mixed.index("BEGIN IMMEDIATE")


async def test_a_locked_database_is_told_to_every_caller_and_heals(desk):
    """They get their answer within the busy time; the loop goes on; the next try works."""
    store = await desk.open()
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.ensure_future(tick())
    with locked(desk):
        ended = await together(*(store.accept([offer(f"k{n}")], None, claim=True)
                                 for n in range(5)))  # fmt: skip
    ticking.cancel()

    assert [type(end) for end in ended] == [StoreUnavailable] * 5
    assert ticks > 20
    assert (len(await store.accept([offer("k1")], None, claim=True)), store.fatal) == (1, None)


async def test_a_locked_database_can_still_be_read(desk):
    """The journey's questions do not wait for writers."""
    store = await desk.open()
    await store.apply(plan(**opened(1001)))

    with locked(desk):
        assert (await store.ticket(1001)).number == 1001


async def test_a_full_disk_is_told_to_every_caller_and_heals(store):
    """Nothing of a failed commit stays; when there is space again, everything works."""
    raw = store._writer._link._raw

    def limit(pages):
        return store._writer._link.call(
            lambda _: raw.execute(f"PRAGMA max_page_count = {pages}").fetchone()[0]
        )

    await store.accept([offer("before")], None, claim=True)
    before = await limit(1)

    ended = await together(
        store.accept([offer("small")], None, claim=True),
        store.accept([offer("large", body=b"x" * 1_000_000)], None, claim=True),
    )
    await limit(before + 10_000)
    after = await store.accept([offer("large", body=b"x" * 1_000_000)], None, claim=True)

    assert [type(end) for end in ended] == [StoreUnavailable] * 2
    assert (store.fatal, len(after)) == (None, 1)
    sums = await store.audit()
    assert (sums["accepted"], sums["pending"], sums["problems"]) == (2, 2, 0)


async def test_the_log_stays_short(desk, tmp_path):
    """It is copied back into the file now and then, by the one who may."""
    store = await desk.open(sole_writer=True)
    body = b"x" * (1 << 20)

    for n in range(80):
        await store.accept([offer(f"k{n}", body=body)], None, claim=False)

    assert (tmp_path / "desk.db-wal").stat().st_size < 64 << 20


async def test_a_log_that_somebody_read_begins_anew_soon_after(desk, tmp_path):
    """A slow reader makes it long, not for ever longer."""
    store = await desk.open(sole_writer=True)
    reader = sqlite3.connect(tmp_path / "desk.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM inbox").fetchall()
    for n in range(40):
        await store.accept([offer(f"k{n}", body=b"x" * (1 << 20))], None, claim=False)
    reader.close()

    for n in range(writer.SOON_JOBS * 2):
        await store.accept([offer(f"s{n}")], None, claim=False)

    def pages(connection):
        return connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1]

    assert await store._writer._link.call(pages) < 1000


@pytest.mark.parametrize("jobs", [1, 3])
async def test_after_a_lasting_fault_nothing_is_written(desk, jobs):
    """A moved database: everybody is told, and nothing works before it is opened anew."""
    store = await desk.open()
    await store.accept([offer("a")], None, claim=True)
    raw = store._writer._link._raw
    fault = sqlite3.OperationalError("disk I/O error")
    fault.sqlite_errorname = "SQLITE_IOERR_FSYNC"

    class FailingAtCommit:
        """The connection, on a disk that cannot sync."""

        in_transaction = True

        def cursor(self):
            return raw.cursor()

        def execute(self, sql):
            if sql == "COMMIT":
                raise fault
            return raw.execute(sql)

    store._writer._link._raw = FailingAtCommit()
    ended = await together(*(store.accept([offer(f"k{n}")], None, claim=True)
                             for n in range(jobs)))  # fmt: skip
    store._writer._link._raw = raw

    assert [type(end) for end in ended] == [StoreUnavailable] * jobs
    assert "disk" in store.fatal
    with pytest.raises(StoreUnavailable, match="disk"):
        await store.ping()
    again = await desk.open(sole_writer=True)
    assert (await again.audit())["accepted"] == 1
