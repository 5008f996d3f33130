"""Finding, making and bringing up to date the file, before anybody uses it.

Called once at start. Every way in which a file will not do is told in plain words; an empty
database never takes the place of a missing one when somebody only wants to look.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from gateway.errors import StoreMissing, StoreOutdated, StoreUnusable
from gateway.store import desk
from gateway.store.migrations import Migration, migrations, tell_of_update
from gateway.store.queries import expand
from gateway.store.sqlite import faults
from gateway.store.sqlite.files import Standing
from gateway.store.sqlite.link import BUSY_MILLISECONDS, Link, macro, run
from gateway.store.sqlite.reader import Reader
from gateway.store.sqlite.store import SqliteStore
from gateway.store.sqlite.writer import Writer
from gateway.store.values import to_micros
from gateway.world import World

T = TypeVar("T")

# RETURNING came with 3.35 (2021), STRICT tables with 3.37.
OLDEST_SQLITE = (3, 37, 0)

_WRITER_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "wal_autocheckpoint = 0",
    f"journal_size_limit = {64 * 1024 * 1024}",
    f"busy_timeout = {BUSY_MILLISECONDS}",
    "temp_store = MEMORY",
    "cache_size = -8000",
)
_READER_PRAGMAS = (
    "query_only = 1",
    "wal_autocheckpoint = 0",
    f"busy_timeout = {BUSY_MILLISECONDS}",
    "temp_store = MEMORY",
    "cache_size = -4000",
)

_VERSIONS = """
CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL)
STRICT
"""


async def open_sqlite(
    path: str, *, world: World, node: str, read_only: bool, lease: timedelta, sole_writer: bool
) -> SqliteStore:
    """See `gateway.store.open_store`."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreUnusable(f"SQLite {sqlite3.sqlite_version} is too old: 3.37 or newer is needed")
    writer = None
    if read_only:
        await _read(path, partial(_require_current, path))
    else:
        link = await _open_writer(path, world, sole_writer=sole_writer)
        writer = Writer(link, Standing(path), checkpoints=sole_writer)
    reading = partial(open_reader, path)
    readers = Reader(reading), Reader(reading)
    store = SqliteStore(writer, *readers, world=world, node=node, lease=lease)
    # From now on `watch` tells of other processes' commits.
    await store.look_out()
    return store


async def require_desk(path: str) -> None:
    """Pass when a file holds a desk, of this program or of an older one.

    Raises:
        StoreUnusable: it is missing, damaged, of a newer program, or no desk.
    """
    await _read(path, partial(_require_ours, path))


async def audit(path: str) -> Mapping[str, int]:
    """Return the summands of conservation of a desk, of this program or of an older one.

    Raises:
        StoreUnusable: as for `require_desk`.
    """
    # It asks for nothing that the first version had not.
    return await _read(path, lambda connection: run(connection.cursor(), desk.audit()))


async def _read(path: str, ask: Callable[[sqlite3.Connection], T]) -> T:
    _require_file(Path(path))
    link = await open_reader(path)
    try:
        return await link.call(ask)
    except sqlite3.Error as fault:
        raise faults.at_opening(fault, path) from fault
    finally:
        await link.close()


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise StoreMissing(f"{path}: there is no database yet; `serve` makes it")


async def _open_writer(path: str, world: World, *, sole_writer: bool) -> Link:
    _make_file(Path(path))
    prepare = partial(_prepare, path, to_micros(world.now()), sole_writer)
    return await _open(path, "rw", prepare)


async def open_reader(path: str) -> Link:
    """Return a connection to a file that only reads it.

    Raises:
        StoreError: it cannot be opened.
    """
    return await _open(path, "ro", _set_reader)


async def _open(path: str, mode: str, prepare: Callable[[sqlite3.Connection], None]) -> Link:
    try:
        link = await Link.open(f"file:{quote(path)}?mode={mode}")
    except sqlite3.Error as fault:
        raise faults.at_opening(fault, path) from fault
    try:
        await link.call(prepare)
    except sqlite3.Error as fault:
        await link.close()
        raise faults.at_opening(fault, path) from fault
    except StoreUnusable:
        await link.close()
        raise
    return link


def _make_file(path: Path) -> None:
    """Make the file, if there is none: for our eyes only, and for good."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise StoreUnusable(f"{path}: it cannot be made ({error.strerror})") from error
    os.close(file)
    # The entry of a new file is only safe when its folder is synced too.
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _set_reader(connection: sqlite3.Connection) -> None:
    for pragma in _READER_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _prepare(path: str, at: int, sole_writer: bool, connection: sqlite3.Connection) -> None:
    for pragma in _WRITER_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.execute("BEGIN IMMEDIATE")
    try:
        before = _migrate(path, at, connection, sole_writer=sole_writer)
        if sole_writer:
            run(connection.cursor(), desk.forsake())
    except BaseException:
        # A full disk has ended it already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    tell_of_update(path, before)


def _migrate(path: str, at: int, connection: sqlite3.Connection, *, sole_writer: bool) -> int:
    """Take the steps that are missing; return the version before, 0 for a new desk."""
    tables = _tables(connection)
    version = _version(connection) if tables else 0
    steps = migrations()
    _require_known(path, version, steps[-1].version, ours=not tables or version > 0)
    if 0 < version < steps[-1].version and not sole_writer:
        raise StoreOutdated(
            f"{path}: a `serve` of an older Ventanilla is at work on it; restart that one first"
        )
    connection.execute(_VERSIONS)
    for step in steps:
        if step.version > version:
            _take(step, at, connection)
    return version


def build(connection: sqlite3.Connection, version: int) -> None:
    """Make the tables of a version in an empty database, and no rows but those of the versions."""
    connection.execute(_VERSIONS)
    for step in migrations():
        if step.version <= version:
            _take(step, 0, connection)


def _take(step: Migration, at: int, connection: sqlite3.Connection) -> None:
    for statement in step.statements:
        connection.execute(expand(statement, macro))
    values = (step.version, at)
    connection.execute("INSERT INTO migrations (version, applied_at) VALUES (?, ?)", values)


def _require_ours(path: str, connection: sqlite3.Connection) -> int:
    """Return the schema's version, which is this program's or an older one."""
    if not _tables(connection):
        raise StoreMissing(f"{path}: there is no desk in it yet; `serve` makes it")
    version = _version(connection)
    _require_known(path, version, migrations()[-1].version, ours=version > 0)
    return version


def _require_current(path: str, connection: sqlite3.Connection) -> None:
    version, newest = _require_ours(path, connection), migrations()[-1].version
    if version < newest:
        raise StoreOutdated(
            f"{path}: it is of an older Ventanilla (schema {version}; this one has {newest});"
            " `serve` brings it up to date, `db backup` keeps it as it is"
        )


def _require_known(path: str, version: int, newest: int, *, ours: bool) -> None:
    if not ours:
        raise StoreUnusable(f"{path}: it is a database, but not a desk's")
    if version > newest:
        raise StoreUnusable(
            f"{path}: it was written by a newer Ventanilla"
            f" (schema {version}; this one knows {newest}); install that one again"
        )


def _tables(connection: sqlite3.Connection) -> int:
    """Return how many tables and indexes there are."""
    return int(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])


def _version(connection: sqlite3.Connection) -> int:
    """Return the schema's version, 0 where there is none."""
    known = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'").fetchone()
    if known is None:
        return 0
    found = connection.execute("SELECT max(version) FROM migrations").fetchone()[0]
    return int(found or 0)
