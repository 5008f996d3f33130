"""The desk's lock: one process at a time works on a desk that lives in a file.

Taken by ``serve``, and by commands that have to do the work themselves because no ``serve`` runs.
The kernel gives it back when its holder dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.errors import StoreUnusable


def lock_file(path: Path | str) -> Path:
    """Return the file that the lock of a desk's file is on; who has worked on it has made it."""
    return Path(f"{path}.lock")


class DeskLock:
    """The lock on ``<database>.lock``, a file that stays when the lock is given back."""

    def __init__(self, path: Path | str) -> None:
        self._path = lock_file(path)
        self._file: int | None = None

    def acquire(self) -> bool:
        """Take the lock, without waiting; True when it is ours now.

        Raises:
            StoreUnusable: there is no folder for the database, or we may not write in it.
        """
        if self._file is not None:
            return True
        if not self._path.parent.is_dir():
            raise StoreUnusable(f"there is no folder {self._path.parent} for the database")
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnusable(
                f"{self._path} cannot be written ({error.strerror}):"
                " run this as whoever runs the desk"
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Give the lock back; nothing happens when we do not have it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


@contextmanager
def stopped(path: Path | str) -> Iterator[None]:
    """Keep a desk's file from being worked on.

    Raises:
        StoreUnusable: somebody is at work on it.
    """
    lock = DeskLock(path)
    if not lock.acquire():
        raise StoreUnusable(f"{path}: `ventanilla serve` is at work on it; stop it first")
    try:
        yield
    finally:
        lock.release()
