"""One connection with its thread, and how steps are run on it.

`aiosqlite` offers one hop to its thread and back for each statement. A whole transaction is run as
one callable instead, through its ``_execute``: private names of it are used in this file alone.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import aiosqlite

from gateway.errors import StoreUnavailable
from gateway.store.queries import expand, numbered, picker, sources
from gateway.store.steps import Ask, Steps
from gateway.store.values import to_json

T = TypeVar("T")

# Every query is prepared once for each connection.
CACHED_STATEMENTS = 256
BUSY_MILLISECONDS = 1000

_WORDS = {
    "id": "INTEGER PRIMARY KEY",
    "int": "INTEGER",
    "text": "TEXT",
    "blob": "BLOB",
    "table": "STRICT",
    "clustered": "STRICT, WITHOUT ROWID",
    # One writer at a time needs no locks.
    "free": "",
    "held": "",
    "alone": "1 = 1",
    # One transaction at a time: it has all there is.
    "stripe": "''",
}


def macro(word: str, argument: str) -> str:
    """Return SQLite's word for a macro."""
    if word == "any":
        return f"IN (SELECT value FROM json_each(:{argument}))"  # noqa: S608 - a word of our own files
    if word == "body":
        return f"json_extract(body, '$.{argument}')"
    return _WORDS[word]


class Query(NamedTuple):
    """A query as SQLite takes it, with numbers for names: names cost a search at each run.

    ``pick`` gives the values in their order; ``lists`` names those that go in as JSON.
    """

    sql: str
    pick: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    lists: tuple[str, ...]


def _query(source: str) -> Query:
    lists: list[str] = []

    def note(word: str, argument: str) -> str:
        if word == "any":
            lists.append(argument)
        return macro(word, argument)

    sql, names = numbered(expand(source, note), "?")
    return Query(sql, picker(*names), tuple(lists))


QUERIES: Mapping[str, Query] = {name: _query(source) for name, source in sources().items()}


def run(cursor: sqlite3.Cursor, steps: Steps[T]) -> T:
    """Run steps to their end on the connection's own thread; what a query raises ends them."""
    try:
        ask = next(steps)
        while True:
            ask = steps.send(_answer(cursor, ask))
    except StopIteration as end:
        result: T = end.value
        return result


def _answer(cursor: sqlite3.Cursor, ask: Ask) -> Any:
    name, values, reads = ask
    sql, pick, lists = QUERIES[name]
    if not isinstance(values, dict):
        cursor.executemany(sql, map(pick, values))
        return cursor.rowcount
    if lists:
        values = {**values, **{name: to_json(values[name]) for name in lists}}
    cursor.execute(sql, pick(values))
    return cursor.fetchall() if reads else cursor.rowcount


class Link:
    """An open connection. `call` is its one door."""

    def __init__(self, connection: aiosqlite.Connection, raw: sqlite3.Connection) -> None:
        self._connection = connection
        self._raw = raw
        self._closed = False

    @classmethod
    async def open(cls, uri: str) -> Link:
        """Open a connection; transactions are begun and ended by hand."""
        connection = aiosqlite.connect(
            uri,
            uri=True,
            isolation_level=None,
            cached_statements=CACHED_STATEMENTS,
            timeout=BUSY_MILLISECONDS / 1000,
        )
        try:
            await connection
        except sqlite3.Error:
            # Its thread still wants to tell the loop, which may be closed by then.
            await asyncio.to_thread(connection._thread.join)  # noqa: SLF001 - there is no other way
            raise
        connection.row_factory = sqlite3.Row
        return cls(connection, connection._conn)  # noqa: SLF001 - see above

    async def call(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run work on the connection's thread, after everything that was handed in before."""
        if self._closed:
            raise StoreUnavailable("the store is closed")
        result: T = await self._connection._execute(work, self._raw)  # type: ignore[no-untyped-call]  # noqa: SLF001 - see above
        return result

    async def close(self) -> None:
        """Give the connection back, after everything that was handed in before."""
        if not self._closed:
            self._closed = True
            await self._connection.close()
