"""Carries every row that can still be read from a damaged file into a new one.

Called by `gateway.store.salvaging`, on a copy of the damaged file that nobody else sees. SQLite is
asked where the tables begin; from there pages are read one by one (`gateway.store.sqlite.pages`),
so that a bad page costs what stands on it and nothing else. Pages that nothing leads to any more,
because what led to them is damaged, are taken where they can belong to one table only. A row that
is not as the desk writes rows is left out.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from gateway.errors import StoreError, StoreUnusable
from gateway.store.migrations import migrations
from gateway.store.sqlite.files import Told
from gateway.store.sqlite.opening import build
from gateway.store.sqlite.pages import Bad, Pages, Record, Tree
from gateway.store.sqlite.shapes import Shape, shapes

NO_TABLES = (
    "the list of its tables cannot be read, so nothing in it can be found: go back to a backup with"
    " `ventanilla db restore`"
)


@dataclass(slots=True)
class Carried:
    """What became of a table: rows, rows that were damaged, and pages that cannot be read."""

    rows: int = 0
    damaged_rows: int = 0
    damaged_pages: int = 0

    @property
    def is_damaged(self) -> bool:
        """Tell whether something of it may be lost."""
        return bool(self.damaged_rows or self.damaged_pages)


@dataclass(slots=True)
class _Trees:
    """The trees of a file by name, and the pages that none of them leads to."""

    walked: dict[str, Tree] = field(default_factory=dict)
    strays: list[int] = field(default_factory=list)


def carry(source: Path, target: Path, told: Told, stop: Event) -> dict[str, Carried]:
    """Make a new file of a desk's schema, with every row of a damaged one that can be read.

    ``source`` is written to: its log is copied back into it. The target is of the version that the
    source was of, and has all its tables, whatever was lost.

    Raises:
        StoreUnusable: the source is no desk's, of a newer program, or its tables cannot be found.
        StoreError: it failed, or was stopped.
    """
    roots = _roots(source)
    try:
        pages = Pages(source)
    except Bad as bad:
        raise StoreUnusable(f"{bad}: {NO_TABLES}") from bad
    with closing(pages), closing(_empty(target)) as new:
        version = _version(pages, roots)
        build(new, version)
        found = shapes(new)
        trees = _walk(pages, roots, found)
        _adopt(pages, trees, found)
        carried = _carry(_Filling(pages, new, told, stop), new, found, trees)
        steps = [(number,) for number in range(1, version + 1)]
        new.executemany(
            "INSERT OR IGNORE INTO migrations (version, applied_at) VALUES (?, 0)", steps
        )
        return carried


def _carry(
    filling: _Filling, new: sqlite3.Connection, found: Sequence[Shape], trees: _Trees
) -> dict[str, Carried]:
    """Fill the tables; the indexes that only help to find rows are made when all are there."""
    later = new.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql LIKE 'CREATE INDEX %'"
    ).fetchall()
    for name, _ in later:
        new.execute(f'DROP INDEX "{name}"')
    carried = filling.fill([shape for shape in found if shape.is_table], trees.walked)
    for _, sql in later:
        new.execute(sql)
    return carried


def _roots(source: Path) -> dict[str, int]:
    """Copy the log back, and return where each tree begins, as far as that can be read."""
    try:
        with closing(sqlite3.connect(source, isolation_level=None)) as connection:
            # With it, neither a file that is too short nor a bad line of the schema is the end.
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            return _read_roots(connection)
    except sqlite3.Error as fault:
        raise StoreUnusable(f"{fault}: {NO_TABLES}") from fault


def _read_roots(connection: sqlite3.Connection) -> dict[str, int]:
    found: dict[str, int] = {}
    connection.text_factory = lambda raw: raw.decode(errors="replace")
    rows = connection.execute("SELECT name, rootpage FROM sqlite_schema")
    try:
        for name, root in rows:
            found |= {name: root} if isinstance(name, str) and isinstance(root, int) else {}
    except sqlite3.DatabaseError:
        # The rest of the list is damaged: what it named may be found by what it looks like.
        if not found:
            raise
    return found


def _empty(target: Path) -> sqlite3.Connection:
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(target, isolation_level=None)
    # Until it is whole it has no name, and is thrown away when anything fails.
    connection.execute("PRAGMA journal_mode = OFF").fetchall()
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def _version(pages: Pages, roots: Mapping[str, int]) -> int:
    """Return the version of a file's schema: as it says, or else as its tables are named."""
    newest = migrations()[-1].version
    said = max(_versions(pages, roots), default=0)
    if said > newest:
        raise StoreUnusable(f"it was written by a newer Ventanilla (schema {said})")
    if not {"inbox", "tickets", "outbox"} & roots.keys():
        raise StoreUnusable(f"there is no desk in it that can be found: {NO_TABLES}")
    # Of versions that have the same tables, the last: what older rows lack has its default.
    return said or min(range(newest, 0, -1), key=lambda version: len(_names(version) ^ {*roots}))


def _versions(pages: Pages, roots: Mapping[str, int]) -> Iterator[int]:
    if "migrations" in roots:
        for number in pages.tree(roots["migrations"], by_rowid=True).sound:
            yield from (row.rowid or 0 for row in pages.records(number) if isinstance(row, Record))


def _names(version: int) -> set[str]:
    """Return the names of all trees of a version."""
    with closing(sqlite3.connect(":memory:")) as connection:
        build(connection, version)
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}


def _walk(pages: Pages, roots: Mapping[str, int], found: Sequence[Shape]) -> _Trees:
    """Walk every tree; what two of them lead to belongs to neither, and is a stray."""
    trees = _Trees()
    for shape in found:
        root = roots.get(shape.name)
        trees.walked[shape.name] = (
            pages.tree(root, by_rowid=shape.by_rowid) if root else Tree(bad=[0])
        )
    claims = Counter(number for tree in trees.walked.values() for number in tree.sound)
    for tree in trees.walked.values():
        contested = [number for number in tree.sound if claims[number] > 1]
        tree.sound = [number for number in tree.sound if claims[number] == 1]
        tree.bad += contested
    try:
        free = pages.free()
    except Bad:
        # What was deleted long ago may stand on pages that nothing leads to.
        return trees
    schema = pages.tree(1, by_rowid=True)
    taken = {number for number, times in claims.items() if times == 1}
    taken |= {*schema.sound, *schema.bad} | free
    trees.strays = [number for number in range(2, pages.count + 1) if number not in taken]
    return trees


def _adopt(pages: Pages, trees: _Trees, found: Sequence[Shape]) -> None:
    """Give a stray page to the tree that it fits, where it fits one of the broken ones alone."""
    broken = [shape for shape in found if trees.walked[shape.name].bad]
    for number in trees.strays:
        fitting = [shape for shape in broken if _fits(pages, number, shape)]
        if len(fitting) == 1:
            trees.walked[fitting[0].name].sound.append(number)


def _fits(pages: Pages, number: int, shape: Shape) -> bool:
    """Tell whether rows stand on a page, and all that can be read may be rows of a tree."""
    if not pages.is_of(number, by_rowid=shape.by_rowid):
        return False
    rows = [row for row in pages.records(number) if isinstance(row, Record)]
    return bool(rows) and all(map(shape.fits, rows))


class _Filling:
    """Fills the new file's tables from the pages of the old one."""

    def __init__(self, pages: Pages, new: sqlite3.Connection, told: Told, stop: Event) -> None:
        self._pages = pages
        self._new = new
        self._told = told
        self._stop = stop
        self._done = 0

    def fill(self, tables: Sequence[Shape], trees: Mapping[str, Tree]) -> dict[str, Carried]:
        """Fill all tables; return what became of each."""
        whole = sum(len(trees[shape.name].sound) for shape in tables)
        carried = {}
        self._new.execute("BEGIN")
        for shape in tables:
            tree = trees[shape.name]
            carried[shape.name] = Carried(damaged_pages=len(tree.bad))
            self._new.execute(f'DELETE FROM "{shape.name}"')  # noqa: S608 - our own schema
            insert = _insert(shape)
            for number in tree.sound:
                if self._stop.is_set():
                    raise StoreError("stopped")
                self._page(number, shape, insert, carried[shape.name])
                self._done += 1
                self._told(whole, self._done)
        self._new.execute("COMMIT")
        return carried

    def _page(self, number: int, shape: Shape, insert: str, carried: Carried) -> None:
        for record in self._pages.records(number):
            try:
                if isinstance(record, Bad) or not shape.fits(record):
                    carried.damaged_rows += 1
                    continue
                self._new.execute(insert, shape.row(record))
            except sqlite3.IntegrityError:
                # Another row has its key already.
                carried.damaged_rows += 1
            else:
                carried.rows += 1


def _insert(shape: Shape) -> str:
    places = ", ".join("?" for _ in shape.columns)
    names = ", ".join(f'"{column.name}"' for column in shape.columns)
    return f'INSERT INTO "{shape.name}" ({names}) VALUES ({places})'  # noqa: S608 - our own schema
