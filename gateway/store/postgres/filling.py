"""Filling an empty database with the tables of a desk that is moved into it.

Called by `gateway.store.copying`. Everything is one transaction: there is a whole desk afterwards,
or as little as before.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from gateway.errors import StoreUnusable
from gateway.store import desk
from gateway.store.postgres import faults
from gateway.store.postgres.dialect import run
from gateway.store.postgres.links import Links

Row = tuple[Any, ...]
Columns = Mapping[str, Sequence[str]]

# Written when the tables are made.
_FILLED_FROM_THE_START = "counters"

# The next number after the largest one; 1 where there is no row.
_GO_ON = """
SELECT setval(
    pg_get_serial_sequence('{table}', '{column}'), coalesce(max({column}), 0) + 1, false
) FROM {table}
"""
_COUNTED = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = current_schema() AND is_identity = 'YES'
"""


class Filling:
    """A transaction that fills the tables of one database."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def require_empty(self, place: str, columns: Columns) -> None:
        """Keep everybody out until the end.

        Raises:
            StoreUnusable: something is in it already.
        """
        tables = ", ".join(columns)
        await self._connection.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        for table in columns:
            if table != _FILLED_FROM_THE_START and await self.count(table):
                raise StoreUnusable(
                    f"{place}: there is a desk in it already (rows in {table});"
                    " a desk is only copied into an empty database"
                )
        await self._connection.execute(f"TRUNCATE {tables}")

    async def fill(self, table: str, columns: Sequence[str], rows: AsyncIterator[Row]) -> None:
        """Write the rows of a table."""
        await self._connection.copy_records_to_table(table, records=rows, columns=columns)

    async def finish(self) -> Mapping[str, int]:
        """Let ids go on where they were, and what a dead process held run out; return the audit."""
        for table, column in await self._connection.fetch(_COUNTED):
            await self._connection.execute(_GO_ON.format(table=table, column=column))
        await run(self._connection, desk.forsake())
        return await run(self._connection, desk.audit())

    async def count(self, table: str) -> int:
        """Return how many rows a table has."""
        return int(await self._connection.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608 - a table of ours


@asynccontextmanager
async def open_filling(url: str) -> AsyncIterator[Filling]:
    """Open a transaction; it is undone when the body fails, whatever that raises.

    Raises:
        StoreError: the database cannot be reached, or failed in the middle.
    """
    try:
        connection = await Links(url, "copy").connect()
        try:
            async with connection.transaction():
                yield Filling(connection)
        finally:
            await connection.close()
    except faults.ANY_FAULT as fault:
        raise faults.unavailable(fault) from fault
