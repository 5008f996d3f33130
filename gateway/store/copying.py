"""Moving a desk from its file to PostgreSQL, while nobody works on it.

Called by ``ventanilla db copy``. The file is only read. The target is filled in one transaction,
and that is committed only when both sides count alike: rows, and what the audit says.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.contracts.store import Store
from gateway.errors import StoreError, StoreUnusable
from gateway.store import POSTGRES, SQLITE, open_store
from gateway.store.lock import stopped
from gateway.world import World

NODE = "copy"


@dataclass(frozen=True, slots=True)
class Copied:
    """How many rows came into each table, and the audit, which is that of both sides."""

    rows: Mapping[str, int]
    audit: Mapping[str, int]


async def copy_desk(source: str, target: str, *, world: World) -> Copied:
    """Fill an empty database with a stopped desk; both are URLs as in ``[store]``.

    Raises:
        StoreUnusable: it cannot be done: another direction, no desk, a running one, a full target.
        StoreError: it failed, or the copy is not the same; the target is as empty as it was.
    """
    if not source.startswith(SQLITE) or not target.startswith(POSTGRES):
        raise StoreUnusable(f"a desk is copied from {SQLITE}… to {POSTGRES}…, in this order")
    path = source.removeprefix(SQLITE)
    async with _stopped(source, path, world) as desk:
        await (await open_store(target, world=world, node=NODE)).close()
        return await _copy(path, target, await desk.audit())


@asynccontextmanager
async def _stopped(source: str, path: str, world: World) -> AsyncIterator[Store]:
    """Give a desk that nobody works on, and keep it so."""
    # Opened before it is locked: the lock would be a file beside a desk that is not there.
    desk = await open_store(source, world=world, node=NODE, read_only=True)
    try:
        with stopped(path):
            yield desk
    except sqlite3.Error as fault:
        raise StoreError(f"{path}: it cannot be read: {fault}") from fault
    finally:
        await desk.close()


async def _copy(path: str, target: str, audit: Mapping[str, int]) -> Copied:
    from gateway.store.postgres.filling import open_filling  # noqa: PLC0415 - loads the driver
    from gateway.store.sqlite.tables import open_tables  # noqa: PLC0415 - loads the driver

    counts = {}
    async with open_tables(path) as tables, open_filling(target) as filling:
        await filling.require_empty(target, tables.columns)
        for table, columns in tables.columns.items():
            await filling.fill(table, columns, tables.rows(table))
            counts[table] = await filling.count(table)
            if counts[table] != await tables.count(table):
                raise StoreError(f"{table}: not every row has arrived; nothing was kept")
        found = await filling.finish()
        if found != audit:
            raise StoreError(f"the audits differ: {dict(audit)}, then {dict(found)}")
    return Copied(counts, audit)
