"""The tables of a desk's file as they are, row by row: for moving the desk to another database.

Called by `gateway.store.copying`, while nobody writes the file. What a row means is not known here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from gateway.store.sqlite.link import Link
from gateway.store.sqlite.opening import open_reader

# Rows of bytes are 256 KiB at most: this many of them are 16 MiB.
ROWS_AT_ONCE = 64

Row = tuple[Any, ...]


class Tables:
    """All tables but that of the migrations, as they were when this was opened."""

    def __init__(self, link: Link, columns: Mapping[str, Sequence[str]]) -> None:
        self.columns = columns
        self._link = link

    async def rows(self, table: str) -> AsyncIterator[Row]:
        """Yield the rows of a table; their values are in the order of its columns."""
        cursor = await self._link.call(partial(_select, table, self.columns[table]))
        while some := await self._link.call(lambda _: cursor.fetchmany(ROWS_AT_ONCE)):
            for row in some:
                yield tuple(row)

    async def count(self, table: str) -> int:
        """Return how many rows a table has."""
        return await self._link.call(partial(_count, table))


@asynccontextmanager
async def open_tables(path: str) -> AsyncIterator[Tables]:
    """Open a file for looking; `sqlite3.Error` may come from it, and from reading."""
    link = await open_reader(path)
    try:
        await link.call(_begin)
        yield Tables(link, await link.call(_columns))
    finally:
        await link.close()


def _begin(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN")


def _columns(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Return the columns of each table, in order."""
    found = connection.execute(
        "SELECT tables.name AS named, columns.name AS of_it"
        " FROM sqlite_schema AS tables JOIN pragma_table_info(tables.name) AS columns"
        " WHERE tables.type = 'table' AND tables.name <> 'migrations'"
        " AND tables.name NOT LIKE 'sqlite~_%' ESCAPE '~'"
        " ORDER BY tables.name, columns.cid"
    )
    columns: dict[str, list[str]] = {}
    for table, column in found:
        columns.setdefault(table, []).append(column)
    return columns


def _select(table: str, columns: Sequence[str], connection: sqlite3.Connection) -> sqlite3.Cursor:
    names = ", ".join(f'"{column}"' for column in columns)
    return connection.execute(f'SELECT {names} FROM "{table}"')  # noqa: S608 - the schema's own names


def _count(table: str, connection: sqlite3.Connection) -> int:
    count: int = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608 - as above
    return count
