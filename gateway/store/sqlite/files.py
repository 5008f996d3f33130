"""A desk's file as a whole: copied while it is at work, looked through, put in another's place.

Called by `gateway.store.backups`. What stands in the tables is not known here.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from threading import Event
from urllib.parse import quote

from gateway.errors import StoreError, StoreUnavailable, StoreUnusable
from gateway.store.sqlite import faults

Told = Callable[[int, int], None]
"""Is told the whole and how much of it is done."""

# Between two looks at whether somebody wants it to end: 4 MiB of pages of 4 KiB.
PAGES_AT_ONCE = 1024
# What SQLite keeps beside a file that is being worked on.
_BESIDE = ("-wal", "-shm")
_BUSY_SECONDS = 10.0
# A page of most files, and of most disks: what fails to be read costs no more than that.
READ_BYTES = 4096
# The log may have room in itself for a small commit when the disk has none for a mail.
ROOM_BYTES = 1024 * 1024


class Standing:
    """Tells whether a file that is worked on, and its log, still have their names, and room.

    SQLite itself goes on writing to a file that was moved or deleted, and says that all is well.
    """

    def __init__(self, path: str) -> None:
        self._folder = Path(path).parent
        names = Path(path), Path(f"{path}-wal")
        self._opened = [(name, found) for name in names if (found := _identity(name))]

    def is_lost(self) -> bool:
        """Tell whether somebody who looks for the file would find another one, or none."""
        return any(_identity(name) != found for name, found in self._opened)

    def has_room(self) -> bool:
        """Tell whether the disk has room for a few messages more.

        Raises:
            StoreUnavailable: there is no such folder any more.
        """
        try:
            disk = os.statvfs(self._folder)
        except OSError as error:
            raise StoreUnavailable(faults.MOVED) from error
        return disk.f_bavail * disk.f_frsize >= ROOM_BYTES


def _identity(name: Path) -> tuple[int, int] | None:
    try:
        found = name.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def copy(source: Path, target: Path, told: Told, stop: Event) -> None:
    """Make a new file that holds what a database held at one instant; writers are not kept waiting.

    ``stop`` ends it, and then, as after every failure, there is no target. The target is one file,
    readable for us only, and not yet safe from a power cut: see `keep`.

    Raises:
        StoreUnusable: the source is no database, or the target cannot be made.
        StoreError: it failed on the way, or was stopped.
    """
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError as error:
        raise StoreUnusable(f"{target}: there is a file of this name already") from error
    except OSError as error:
        raise StoreUnusable(f"{target}: it cannot be made ({error.strerror})") from error
    try:
        _fill(source, target, told, stop)
    except sqlite3.Error as fault:
        remove(target)
        raise faults.at_opening(fault, str(source)) from fault
    except BaseException:
        remove(target)
        raise


def _fill(source: Path, target: Path, told: Told, stop: Event) -> None:
    def step(_status: int, remaining: int, total: int) -> None:
        if stop.is_set():
            raise StoreError("stopped")
        told(total, total - remaining)

    with closing(_connect(source, "ro")) as reading, closing(_connect(target, "rw")) as writing:
        # Held to the end, so that no commit of others makes the copying begin anew.
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        writing.execute("PRAGMA synchronous = OFF")
        reading.backup(writing, pages=PAGES_AT_ONCE, progress=step)
        _make_one(writing)


def make_one(path: Path) -> None:
    """Copy the log of a database that nobody works on back into it, so that it is one file.

    Raises:
        StoreUnusable: it cannot be done.
    """
    try:
        with closing(_connect(path, "rw")) as connection:
            _make_one(connection)
    except sqlite3.Error as fault:
        raise faults.at_opening(fault, str(path)) from fault


def _make_one(connection: sqlite3.Connection) -> None:
    # One file, not three: a log beside it would be forgotten when it is carried away.
    connection.execute("PRAGMA journal_mode = DELETE").fetchall()


def copy_bytes(source: Path, target: Path, stop: Event) -> int:
    """Copy a file that nobody works on, and its log, byte by byte; zeros where the disk fails.

    The target, for our eyes only, may be damaged as the source is. Return how many bytes the disk
    did not give.

    Raises:
        StoreError: it cannot be read at all, or not be written, or was stopped.
    """
    there = [end for end in ("", "-wal") if Path(f"{source}{end}").exists()]
    return sum(_copy_bytes(Path(f"{source}{end}"), Path(f"{target}{end}"), stop) for end in there)


def _copy_bytes(source: Path, target: Path, stop: Event) -> int:
    missing = 0
    try:
        with source.open("rb", buffering=0) as reading:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            with os.fdopen(os.open(target, flags, 0o600), "wb") as writing:
                size = reading.seek(0, os.SEEK_END)
                for at in range(0, size, READ_BYTES):
                    if stop.is_set():
                        raise StoreError("stopped")
                    length = min(READ_BYTES, size - at)
                    piece = _read(reading.fileno(), length, at)
                    missing += length - len(piece)
                    writing.write(piece.ljust(length, b"\0"))
    except OSError as error:
        raise StoreError(f"{source}: it cannot be copied to {target} ({error.strerror})") from error
    return missing


def _read(file: int, length: int, at: int) -> bytes:
    try:
        return os.pread(file, length, at)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return b""


def look_through(path: Path) -> None:
    """Pass when every page of a file is as it should be.

    Raises:
        StoreUnusable: it is damaged; the first thing that was found is told.
    """
    try:
        with closing(_connect(path, "ro")) as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as fault:
        raise faults.at_opening(fault, str(path)) from fault
    if found != "ok":
        raise StoreUnusable(f"{path}: {faults.DAMAGED} ({found})")


def keep(path: Path, name: Path) -> None:
    """Give a file its name, in the place of whatever has it, and safe from a power cut.

    Raises:
        StoreError: it cannot be done; both files are as they were.
    """
    try:
        _sync(path, os.O_RDONLY)
        path.replace(name)
        _sync(name.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise StoreError(f"{name}: it cannot be written ({error.strerror})") from error


def set_aside(path: Path, aside: Path) -> None:
    """Give a stopped desk's file, with its log, a second name; without the log the first stays.

    A log that was left beside a file of the same name would be taken for that file's.

    Raises:
        StoreError: it cannot be done.
    """
    try:
        for end in ("", *_BESIDE):
            with suppress(FileNotFoundError):
                os.link(f"{path}{end}", f"{aside}{end}")
        _sync(aside.parent, os.O_RDONLY | os.O_DIRECTORY)
        for end in _BESIDE:
            Path(f"{path}{end}").unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{path}: it cannot be set aside ({error.strerror})") from error


def require(path: Path) -> None:
    """Pass when there is a file of a name; `StoreUnusable` otherwise."""
    if not path.is_file():
        raise StoreUnusable(f"{path}: there is no such file")


def require_free(path: Path) -> None:
    """Pass when a file of a name can be new; `StoreUnusable` otherwise."""
    if not path.parent.is_dir():
        raise StoreUnusable(f"{path}: there is no folder {path.parent}")
    if path.exists():
        raise StoreUnusable(f"{path}: there is a file of this name already")


def remove(path: Path) -> None:
    """Remove a file that an interrupted copy may have left behind, and what stands beside it."""
    for end in ("", "-journal", *_BESIDE):
        Path(f"{path}{end}").unlink(missing_ok=True)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"file:{quote(str(path))}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY_SECONDS)


def _sync(path: Path, flags: int) -> None:
    file = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
