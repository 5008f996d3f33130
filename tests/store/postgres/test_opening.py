"""Databases that will not do are told in plain words, and left as they are."""

from __future__ import annotations

import asyncio
import sys

import asyncpg
import pytest

from gateway.errors import StoreUnavailable, StoreUnusable
from gateway.store import open_store
from gateway.store.migrations import migrations
from gateway.store.postgres import opening
from gateway.world import RealWorld
from tests.store.things import MINUTE, offer


async def opened(url, **how):
    """Open a store for a moment."""
    store = await open_store(url, world=RealWorld(), node="n", **how)
    await store.close()


@pytest.fixture
def new_url(postgres):
    """Return where a new database is."""
    return postgres.url(postgres.database())


async def test_a_server_that_is_not_there_may_come_later():
    """Nobody listens on the port: that passes."""
    with pytest.raises(StoreUnavailable, match=r"postgresql://u@127.0.0.1:1/db: it cannot be"):
        await opened("postgresql://u@127.0.0.1:1/db")


async def test_a_missing_database_is_told(postgres):
    """With the command that makes it."""
    with pytest.raises(StoreUnusable, match=r"/nowhere: there is no such database.*createdb"):
        await opened(postgres.url("nowhere"))


async def test_a_wrong_password_is_told(postgres, monkeypatch):
    """With the two places where the right one may stand."""
    postgres.sql("CREATE ROLE guarded LOGIN PASSWORD 'right'")
    url = postgres.url("postgres").replace("desk@", "guarded@")
    monkeypatch.setenv("PGPASSWORD", "wrong")
    with pytest.raises(StoreUnusable, match=r"guarded.*PGPASSWORD, or write a pgpass file"):
        await opened(url)
    monkeypatch.delenv("PGPASSWORD")
    with pytest.raises(StoreUnusable, match="PGPASSWORD, or write a pgpass file"):
        await opened(url)
    postgres.sql("DROP ROLE guarded")


async def test_a_missing_package_is_told(postgres, monkeypatch):
    """With the command that brings it."""
    for name in [name for name in sys.modules if name.startswith("gateway.store.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "asyncpg", None)

    with pytest.raises(StoreUnusable, match=r"pip install '\.\[postgres\]'"):
        await opened(postgres.url("postgres"))


async def test_a_url_that_cannot_be_read_is_told():
    """A setting that nobody knows is the admin's fault, not the server's."""
    with pytest.raises(StoreUnusable, match="sslmode"):
        await opened("postgresql://u@127.0.0.1:1/db?sslmode=maybe")


async def test_a_missing_desk_is_not_made_by_looking(postgres, new_url):
    """No table appears."""
    with pytest.raises(StoreUnusable, match="no desk in it yet"):
        await opened(new_url, read_only=True)

    found = postgres.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'",
                         database=new_url.rpartition("/")[2])  # fmt: skip
    assert found == "0"


async def test_a_foreign_database_is_not_taken_over(postgres, new_url):
    """Somebody else's tables are no desk's."""
    postgres.sql("CREATE TABLE songs (name TEXT)", database=new_url.rpartition("/")[2])

    for read_only in (False, True):
        with pytest.raises(StoreUnusable, match="not a desk's"):
            await opened(new_url, read_only=read_only)


async def test_a_newer_schema_is_refused_and_a_running_node_goes_on(postgres, new_url):
    """An older program does not guess at it; one that is at work stays at work."""
    store = await open_store(new_url, world=RealWorld(), node="old")
    postgres.sql("INSERT INTO migrations VALUES (99, 0)", database=new_url.rpartition("/")[2])

    for read_only in (False, True):
        with pytest.raises(StoreUnusable, match="newer Ventanilla"):
            await opened(new_url, read_only=read_only)
    assert len(await store.accept([offer("a")], None, claim=True)) == 1
    await store.close()


async def test_a_table_that_a_newer_program_changes_is_used_on(postgres, new_url):
    """What was prepared before does not fit any more: it is prepared again."""
    store = await open_store(new_url, world=RealWorld(), node="old")
    await asyncio.gather(*(store.take_lease("a", "old", MINUTE) for _ in range(200)))
    database = new_url.rpartition("/")[2]
    postgres.sql("ALTER TABLE leases ALTER COLUMN fence TYPE INTEGER", database=database)

    assert await store.take_lease("a", "old", MINUTE) == 1
    await store.close()


async def test_nodes_that_start_together_make_one_desk(new_url):
    """Each finds the tables whole."""
    await asyncio.gather(*(opened(new_url) for _ in range(4)))


async def test_a_desk_that_is_made_while_one_looks_is_known(new_url):
    """Another node makes all tables between two questions about them."""
    newest = migrations()[-1].version
    connection = await asyncpg.connect(new_url)
    answers = []

    class Slow:
        """The connection, answering slowly."""

        async def fetchval(self, sql):
            answers.append(await connection.fetchval(sql))
            if len(answers) == 1:
                await opened(new_url)
            return answers[-1]

    version = await opening._version(Slow(), "here", newest)

    await connection.close()
    assert (version, len(answers)) == (newest, 3)


async def test_who_may_only_look_changes_nothing(desk):
    """A store for looking reads what is there."""
    await (await desk.open()).accept([offer("a")], None, claim=False)

    assert (await (await desk.open(read_only=True)).audit())["pending"] == 1
