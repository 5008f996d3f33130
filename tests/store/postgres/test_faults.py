"""A server that comes and goes: nothing that was said to be stored is lost, and all heals."""

from __future__ import annotations

import asyncio
import contextlib
import time
from datetime import timedelta

import asyncpg
import pytest

from gateway.errors import StoreUnavailable
from gateway.model.inbox import InboxState
from gateway.model.upkeep import node_key
from gateway.store import open_store
from gateway.store.postgres import writer
from gateway.store.postgres.links import Links
from gateway.world import RealWorld
from tests.fakes.postgres import running
from tests.fakes.proxy import Proxy
from tests.fakes.world import FakeWorld
from tests.store.things import MINUTE, done, offer, opened, plan

CRASHES = 3
# Three that write, three that read, one that tells and one that listens.
MOST_CONNECTIONS = 8
OURS = """
SELECT count(*) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'
"""
OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND datname = current_database()
"""


async def stored(store, *offers):
    """Store events as a sender does whose mails are refused for a while."""
    while True:
        try:
            return await store.accept(offers, None, claim=True)
        except StoreUnavailable:
            await asyncio.sleep(0.05)


@pytest.fixture
async def own_store(own_server):
    """Return a store on a server of the test's own, whose commits are synced."""
    store = await open_store(
        own_server.url(own_server.database()), world=RealWorld(), node="n", lease=MINUTE
    )
    yield store
    await store.close()


async def test_terminated_connections_heal(desk, url):
    """Somebody ends all our connections: a caller may be told, the next one is served."""
    store = await desk.open()
    await store.accept([offer("a")], None, claim=True)
    other = await asyncpg.connect(url)
    await other.execute(OTHERS)
    await other.close()

    await stored(store, offer("b"))

    assert (await store.audit())["accepted"] == 2


async def test_a_deadlock_is_tried_again(desk, url):
    """Another program holds what we want and wants what we hold: the caller hears nothing of it."""
    store = await desk.open()
    await store.apply(plan(**opened(1001)))
    await store.apply(plan(**opened(1002)))
    other = await asyncpg.connect(url)
    transaction = other.transaction()
    await transaction.start()
    await other.execute("UPDATE tickets SET team = team WHERE number = 1002")
    writes = []
    for number in (1001, 1002):
        ticket = await store.ticket(number)
        writes.append(type(opened(1)["tickets"][0])(ticket=ticket, planned_on=1))
    applying = asyncio.create_task(store.apply(plan(tickets=tuple(writes))))
    await asyncio.sleep(0.1)

    try:
        await other.execute("UPDATE tickets SET team = team WHERE number = 1001")
        await transaction.commit()
    except asyncpg.DeadlockDetectedError:
        await transaction.rollback()
    await applying
    await other.close()

    assert (await store.ticket(1001)).version == 2


async def test_the_answer_to_a_commit_is_lost_and_found(own_store, own_server, monkeypatch):
    """The server crashes right after it: whoever waited is told the truth."""
    real = asyncpg.Connection.execute

    async def execute(self, query, *args, **how):
        result = await real(self, query, *args, **how)
        if query == "COMMIT":
            monkeypatch.setattr(asyncpg.Connection, "execute", real)
            await asyncio.to_thread(own_server.crash)
            raise ConnectionResetError("the answer was lost")
        return result

    monkeypatch.setattr(asyncpg.Connection, "execute", execute)
    [item] = await own_store.accept([offer("a")], None, claim=True)

    await own_store.apply(plan(done=done(item.claim)))
    assert (await own_store.audit())["ignored"] == 1


async def test_a_commit_that_was_not_made_is_not_said_to_be(own_store, own_server, monkeypatch):
    """The server crashes just before it."""
    real = asyncpg.Connection.execute

    async def execute(self, query, *args, **how):
        if query == "COMMIT":
            monkeypatch.setattr(asyncpg.Connection, "execute", real)
            await asyncio.to_thread(own_server.crash)
        return await real(self, query, *args, **how)

    monkeypatch.setattr(asyncpg.Connection, "execute", execute)
    with pytest.raises(StoreUnavailable):
        await own_store.accept([offer("a")], None, claim=True)

    assert len(await stored(own_store, offer("a"))) == 1


async def test_the_number_of_a_lost_transaction_may_be_given_again(
    own_store, own_server, monkeypatch
):
    """What nothing was written of at a crash was never there: another one gets its number."""
    real = asyncpg.Connection.execute

    async def execute(self, query, *args, **how):
        if query == "COMMIT":
            monkeypatch.setattr(asyncpg.Connection, "execute", real)
            await asyncio.to_thread(own_server.crash)
            await asyncio.to_thread(own_server.sql, *["SELECT txid_current()"] * 50)
        return await real(self, query, *args, **how)

    monkeypatch.setattr(asyncpg.Connection, "execute", execute)
    with pytest.raises(StoreUnavailable):
        await own_store.accept([offer("a")], None, claim=True)

    assert len(await stored(own_store, offer("a"))) == 1


async def test_crashes_under_load_lose_nothing(own_store, own_server):
    """Senders offer again what was not acknowledged; each event is there once."""
    told, ends = set(), False

    async def sender(start):
        n = start
        while not ends:
            await stored(own_store, offer(f"k{n}"))
            told.add(f"k{n}")
            n += 8

    senders = [asyncio.create_task(sender(start)) for start in range(8)]
    for _ in range(CRASHES):
        await asyncio.sleep(0.3)
        await asyncio.to_thread(own_server.crash)
    ends = True
    await asyncio.gather(*senders)

    rows = await own_store.list_inbox(frozenset(InboxState), 1_000_000)
    keys = [row.keys[0] for row in rows]
    assert told <= set(keys)
    assert len(set(keys)) == len(keys)


async def test_a_standby_is_refused_and_heals(own_store, own_server):
    """While it only answers questions, nothing is taken; once it is promoted, all works."""
    await own_store.accept([offer("a")], None, claim=True)
    await asyncio.to_thread(own_server.stop)
    (own_server.folder / "data" / "standby.signal").touch()
    await asyncio.to_thread(own_server.start)

    with pytest.raises(StoreUnavailable):
        await own_store.ping()  # over a line that the stop has cut
    with pytest.raises(StoreUnavailable, match="standby"):
        await own_store.ping()
    with pytest.raises(StoreUnavailable):
        await own_store.accept([offer("b")], None, claim=True)
    await asyncio.to_thread(own_server.sql, "SELECT pg_promote()")

    await stored(own_store, offer("b"))
    assert (await own_store.audit())["accepted"] == 2


async def test_who_is_cut_off_says_so_within_five_seconds(postgres, url):
    """Packets vanish, in both directions; when they flow again, all works."""
    async with Proxy("127.0.0.1", postgres.port) as proxy:
        store = await open_store(
            url.replace(str(postgres.port), str(proxy.port)), world=RealWorld(), node="n"
        )
        await store.accept([offer("a")], None, claim=True)
        proxy.cut()
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            await store.accept([offer("b")], None, claim=True)
        took = time.monotonic() - began
        proxy.mend()

        await stored(store, offer("b"))
        await store.close()

    assert 1 < took < 5


async def test_leases_go_by_the_databases_clock(postgres):
    """Two nodes whose own clocks are an hour apart agree on who holds what."""
    url = postgres.url(postgres.database())
    late = FakeWorld(RealWorld().now() - timedelta(hours=1))
    early = FakeWorld(RealWorld().now() + timedelta(hours=1))
    one = await open_store(url, world=late, node="one")
    two = await open_store(url, world=early, node="two")

    assert await one.take_lease("mailbox", "one", MINUTE) == 1
    assert await two.take_lease("mailbox", "two", MINUTE) is None
    [lease] = await two.leases()
    assert timedelta(0) < lease.expires_at - early.now() <= MINUTE
    early.advance(MINUTE)
    assert await two.take_lease("mailbox", "two", MINUTE) == 2
    await one.close()
    await two.close()


async def test_a_server_that_need_not_sync_is_asked_to(own_server, own_store):
    """Whatever its settings say, "got it" means that it is on the disk."""
    own_server.sql("ALTER SYSTEM SET synchronous_commit = off", "SELECT pg_reload_conf()")
    await asyncio.sleep(0.2)
    links = Links(own_server.url("postgres"), "n")
    async with links.one() as connection:
        assert await connection.fetchval("SHOW synchronous_commit") == "on"
        assert await connection.fetchval("SHOW idle_in_transaction_session_timeout") == "10s"
    await links.close()


async def test_only_what_can_be_done_again_is_not_synced(desk, monkeypatch):
    """Claims alone are not; with an accept among them, they are."""
    store = await desk.open()
    await store.accept([offer("a"), offer("b")], None, claim=False)
    begun = []
    real = asyncpg.Connection.execute

    async def execute(self, query, *args, **how):
        begun.append(query)
        return await real(self, query, *args, **how)

    monkeypatch.setattr(asyncpg.Connection, "execute", execute)
    await store.claim_events(1)
    alone = [query for query in begun if query.startswith("BEGIN")]
    begun.clear()
    await asyncio.gather(store.claim_events(1), store.accept([offer("c")], None, claim=False))
    mixed = [query for query in begun if query.startswith("BEGIN")]

    assert (alone, mixed) == ([writer._UNSYNCED], [writer._BEGIN])


async def test_a_refused_caller_does_not_touch_the_others(desk):
    """Those who wait together share a commit; who is refused is refused alone."""
    store = await desk.open()
    ended = await asyncio.gather(
        store.apply(plan(**opened(1001))),
        store.apply(plan(**opened(1001))),
        store.apply(plan(**opened(2**70))),
        store.apply(plan(**opened(1002))),
        return_exceptions=True,
    )

    kinds = [type(end).__name__ for end in ended]
    assert kinds == ["NoneType", "VersionConflict", "DataError", "NoneType"]
    assert await store.ticket(1002) is not None


async def test_nodes_hear_of_what_waits(desk):
    """An event that nobody has in hand is told to the others, not to oneself."""
    one, two = await desk.open("one"), await desk.open("two")
    await asyncio.gather(one.watch(), two.watch())
    watching = [asyncio.create_task(store.watch()) for store in (one, two)]

    await one.accept([offer("mine")], None, claim=True)
    quiet, _ = await asyncio.wait(watching, timeout=0.2)
    await one.accept([offer("anybodys")], None, claim=False)
    heard, waiting = await asyncio.wait(watching, timeout=5, return_when=asyncio.FIRST_COMPLETED)

    assert (quiet, heard) == (set(), {watching[1]})
    for task in waiting:
        task.cancel()


@contextlib.asynccontextmanager
async def frozen_in_a_statement(url, inbox_id):
    """Give a node "gone" that was there, and stands still between two halves of a statement.

    It has changed an event's row before. For the server such a backend is at work.
    """
    links = Links(url, "gone")
    connection = await links.connect()
    await connection.execute("BEGIN")
    await connection.execute("UPDATE inbox SET holder = 'gone' WHERE id = $1", inbox_id)
    # "Parse" without the "Bind" and "Sync" that belong to it.
    half = b"\x00SELECT 1\x00\x00\x00"
    connection._transport.write(b"P" + (len(half) + 4).to_bytes(4, "big") + half)
    try:
        yield
    finally:
        connection.terminate()


async def bury_one_that_is_frozen(desk, world, url):
    """Return how many rows a node frees after another one froze in the middle of a statement."""
    store = await desk.open("here")
    [item] = await store.accept([offer("a")], None, claim=True)
    await store.take_lease(node_key("gone"), "gone", MINUTE)
    await store.take_lease(node_key("here"), "here", MINUTE * 10)
    async with frozen_in_a_statement(url, item.claim.id):
        world.advance(MINUTE * 2)
        await store.bury()
        await store.apply(plan(done=done(item.claim)))


async def test_who_froze_in_the_middle_of_a_statement_holds_nothing(desk, world, url):
    """The others end its connections when they count it as gone."""
    await bury_one_that_is_frozen(desk, world, url)


async def test_without_that_the_others_are_held_up(desk, world, url, monkeypatch):
    """The defence off: what it holds is locked for as long as it is frozen."""
    monkeypatch.setattr("gateway.store.postgres.store._END", "SELECT $1::text[]")

    with pytest.raises(StoreUnavailable):
        await bury_one_that_is_frozen(desk, world, url)


async def test_burying_spares_who_is_there(desk, url):
    """Whoever holds its lease, or is no node at all, goes on undisturbed."""
    here, other = await desk.open("here"), await desk.open("x" * 70)
    await here.take_lease(node_key("here"), "here", MINUTE)
    clients = [await Links(url, name).connect() for name in ("here", "a-command")]

    await other.bury()

    for client in clients:
        assert await client.fetchval("SELECT 1") == 1
        await client.close()


async def test_who_stood_still_while_its_connections_were_ended_goes_on(desk, postgres, url):
    """What the server said of it, and the end of the line, are read when the next caller comes."""
    store = await desk.open()
    await store.accept([offer("a")], None, claim=True)
    database = url.rpartition("/")[2]

    for turns in range(4):
        # Nothing else goes on meanwhile, as in a process that is frozen.
        postgres.sql(OTHERS, database=database)
        # After one turn its last words have been read, and that it hung up has not.
        for _ in range(turns):
            await asyncio.sleep(0)
        assert await store.accept([offer(f"b{turns}")], None, claim=True)

    postgres.sql(OTHERS, database=database)
    assert (await store.audit())["accepted"] == 5


async def test_a_crowd_takes_few_connections(desk, url):
    """However many are stored at once and told of, the server has room for other nodes."""
    store = await desk.open()
    other = await asyncpg.connect(url)
    crowd = [store.accept([offer(f"a{n}")], None, claim=False) for n in range(200)]
    storing = asyncio.gather(*crowd)
    most = 0
    while not storing.done():
        most = max(most, await other.fetchval(OURS))

    await storing
    await other.close()
    assert 0 < most <= MOST_CONNECTIONS


async def test_who_listens_hears_that_the_line_is_dead(desk, url):
    """Then it looks by itself, and listens again."""
    store = await desk.open()
    await store.watch()
    watching = asyncio.create_task(store.watch())
    await asyncio.sleep(0.05)
    other = await asyncpg.connect(url)
    await other.execute(OTHERS)
    await other.close()

    await asyncio.wait_for(watching, 5)
    await asyncio.wait_for(store.watch(), 5)


async def test_a_server_without_a_free_connection_heals():
    """Others have taken all of them: nobody is told "got it", and it goes on when there is one."""
    with running(max_connections="8", superuser_reserved_connections="0") as server:
        url = server.url(server.database())
        store = await open_store(url, world=RealWorld(), node="n", lease=MINUTE)
        others = [await asyncpg.connect(url)]
        await others[0].execute(OTHERS)
        with contextlib.suppress(asyncpg.TooManyConnectionsError):
            while True:
                others.append(await asyncpg.connect(url))
        try:
            with pytest.raises(StoreUnavailable):
                await store.accept([offer("a")], None, claim=True)
        finally:
            for other in others:
                await other.close()
        await stored(store, offer("a"))

        assert (await store.audit())["accepted"] == 1
        await store.close()
