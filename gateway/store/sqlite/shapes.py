"""What rows of each tree of a desk's file look like, as the migrations make them.

Called by `gateway.store.sqlite.salvage`: to tell a sound row from a damaged one, and to tell whose
page it is that nothing leads to any more.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.store.sqlite.pages import Record, Value

_TYPES: Mapping[str, type] = {"INTEGER": int, "TEXT": str, "BLOB": bytes}
# Columns that hold JSON, where they are not empty.
_JSON = frozenset({"body", "facts", "keys", "turns"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it stands in a row; ``default`` counts for rows from before there was it."""

    name: str
    type: type
    is_nullable: bool
    default: Value = None
    # The row id stands for its value, and not the row.
    is_rowid: bool = False

    def takes(self, value: Value) -> bool:
        """Tell whether the desk may have written a value here."""
        if value is None:
            return self.is_nullable or self.is_rowid
        if not isinstance(value, self.type):
            return False
        if not isinstance(value, str):
            return True
        return "\0" not in value and (self.name not in _JSON or _is_json(value))


@dataclass(frozen=True, slots=True)
class Shape:
    """A tree: that of a table, or that of an index of one; its columns in the order of its rows."""

    name: str
    by_rowid: bool
    columns: Sequence[Column]
    is_table: bool = True

    def fits(self, record: Record) -> bool:
        """Tell whether a row can be one of this tree."""
        given, missing = (
            self.columns[: len(record.values)],
            self.columns[len(record.values) :],
        )
        return (
            len(record.values) <= len(self.columns)
            and all(map(Column.takes, given, record.values))
            and all(column.takes(column.default) for column in missing)
        )

    def row(self, record: Record) -> list[Value]:
        """Return the values of all columns of a row that fits."""
        later = [column.default for column in self.columns[len(record.values) :]]
        values = [*record.values, *later]
        pairs = zip(self.columns, values, strict=True)
        return [record.rowid if column.is_rowid else value for column, value in pairs]


def _is_json(text: str) -> bool:
    try:
        json.loads(text or "0")
    except (ValueError, RecursionError):
        return False
    return True


def shapes(connection: sqlite3.Connection) -> list[Shape]:
    """Return the shapes of all trees of a database that is sound: tables, then indexes."""
    ask = _asking(connection)
    tables = ask("SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
    named = [(name, not wr) for name, wr in tables if not name.startswith("sqlite_")]
    found = [_table(ask, name, by_rowid=by_rowid) for name, by_rowid in sorted(named)]
    return found + [index for table in found for index in _indexes(ask, table)]


Ask = Callable[..., list[tuple[Any, ...]]]


def _asking(connection: sqlite3.Connection) -> Ask:
    def ask(query: str, *values: object) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in connection.execute(query, values)]

    return ask


def _table(ask: Ask, name: str, *, by_rowid: bool) -> Shape:
    info = ask('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)', name)
    if not by_rowid:
        # The key comes first in rows that have nothing else to be found by.
        behind = len(info) + 1
        info.sort(key=lambda column: column[4] or behind)
    keys = [column[0] for column in info if column[4]]
    columns = [
        Column(
            name=column,
            type=_TYPES[kind],
            is_nullable=not (notnull or pk),
            default=None if default is None else ask(f"SELECT {default}")[0][0],
            is_rowid=by_rowid and kind == "INTEGER" and keys == [column],
        )
        for column, kind, notnull, default, pk in info
    ]
    return Shape(name, by_rowid, columns)


def _indexes(ask: Ask, table: Shape) -> list[Shape]:
    columns = {column.name: column for column in table.columns}
    found = []
    for index, origin in ask("SELECT name, origin FROM pragma_index_list(?)", table.name):
        if origin == "pk" and not table.by_rowid:
            continue  # the table itself
        info = ask("SELECT name FROM pragma_index_xinfo(?)", index)
        rowid = Column("rowid", int, is_nullable=False)
        inside = [_plain(columns[name]) if name else rowid for (name,) in info]
        found.append(Shape(index, by_rowid=False, columns=inside, is_table=False))
    return found


def _plain(column: Column) -> Column:
    """Return a column as it stands in an index: every row has it, and with its value."""
    return Column(column.name, column.type, column.is_nullable)
