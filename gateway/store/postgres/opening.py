"""Reaching the database and bringing it up to date, before anybody uses it.

Called once at start. Every way in which a database will not do is told in plain words. Nodes that
start together bring it up to date one after the other, and find it done.
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import asyncpg

from gateway.errors import StoreMissing, StoreOutdated, StoreUnusable
from gateway.store import desk
from gateway.store.clock import LeaseClock
from gateway.store.migrations import Migration, migrations, tell_of_update
from gateway.store.postgres import faults
from gateway.store.postgres.dialect import macro, run
from gateway.store.postgres.links import Links
from gateway.store.postgres.store import PostgresStore
from gateway.store.queries import expand
from gateway.store.values import to_micros
from gateway.world import World

# GENERATED AS IDENTITY came with 10, hashtextextended with 11.
OLDEST_POSTGRES = 110000

_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('migrations', 0))"
_TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"
_IS_OURS = "SELECT to_regclass('migrations') IS NOT NULL"
_VERSION = "SELECT max(version) FROM migrations"
_VERSIONS = """
CREATE TABLE IF NOT EXISTS migrations (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)
"""
_TAKEN = "INSERT INTO migrations (version, applied_at) VALUES ($1, $2)"


async def open_postgres(
    url: str, *, world: World, node: str, read_only: bool, lease: timedelta, sole_writer: bool
) -> PostgresStore:
    """See `gateway.store.open_store`."""
    links, clock, place = Links(url, node), LeaseClock(world), _place(url)
    try:
        async with links.one(None) as connection:
            await _prepare(connection, place, to_micros(world.now()), read_only=read_only)
            clock.set(await database_now(connection))
            if sole_writer and not read_only:
                async with connection.transaction():
                    await run(connection, desk.forsake())
    except (*faults.ANY_FAULT, ValueError) as fault:
        await links.close()
        raise faults.at_opening(fault, place) from fault
    except StoreUnusable:
        await links.close()
        raise
    return PostgresStore(
        links, read_only=read_only, clock=clock, world=world, node=node, lease=lease
    )


async def database_now(connection: asyncpg.Connection) -> int:
    """Return what the database's clock shows, in microseconds: every node's leases go by it."""
    now = await connection.fetchval(
        "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    )
    return int(now)


def _place(url: str) -> str:
    parts = urlsplit(url)
    user = f"{parts.username}@" if parts.username else ""
    port = f":{parts.port}" if parts.port else ""
    return f"postgresql://{user}{parts.hostname or ''}{port}{parts.path}"


async def _prepare(connection: asyncpg.Connection, place: str, at: int, *, read_only: bool) -> None:
    if int(await connection.fetchval("SHOW server_version_num")) < OLDEST_POSTGRES:
        raise StoreUnusable(f"{place}: this PostgreSQL is too old: 11 or newer is needed")
    newest = migrations()[-1].version
    version = await _version(connection, place, newest)
    if read_only and not version:
        raise StoreMissing(f"{place}: there is no desk in it yet; start `serve` once")
    if read_only and version < newest:
        raise StoreOutdated(
            f"{place}: it is of an older Ventanilla (schema {version}; this one has {newest});"
            " `serve` brings it up to date"
        )
    if version < newest:
        tell_of_update(place, await _migrate(connection, place, at))


async def _version(connection: asyncpg.Connection, place: str, newest: int) -> int:
    """Return the schema's version, 0 where there is none."""
    # In this order: another node may make all of them between two of these questions.
    tables = await connection.fetchval(_TABLES)
    is_ours = await connection.fetchval(_IS_OURS)
    version = int(await connection.fetchval(_VERSION) or 0) if is_ours else 0
    if not version and tables:
        raise StoreUnusable(f"{place}: there are tables in it, but not a desk's")
    if version > newest:
        raise StoreUnusable(
            f"{place}: it was written by a newer Ventanilla"
            f" (schema {version}; this one knows {newest}); install that one again"
        )
    return version


async def _migrate(connection: asyncpg.Connection, place: str, at: int) -> int:
    """Take the steps that are missing still; return the version before, 0 for a new desk."""
    async with connection.transaction():
        # Another node may be at it, or at work on a large table.
        await connection.execute("SET LOCAL lock_timeout = '10min'")
        await connection.execute(_ALONE)
        version = await _version(connection, place, migrations()[-1].version)
        await connection.execute(_VERSIONS)
        for step in migrations():
            if step.version > version:
                await _take(connection, step, at)
    return version


async def _take(connection: asyncpg.Connection, step: Migration, at: int) -> None:
    for statement in step.statements:
        await connection.execute(expand(statement, macro))
    await connection.execute(_TAKEN, step.version, at)
