"""What SQLite's errors mean for the desk, in plain words.

Called wherever a connection is used. A fault is *lasting* when going on could lose what was said
to be safe: after a failed sync the kernel may have dropped the pages, and a second sync reports
success (https://wiki.postgresql.org/wiki/Fsync_Errors).
"""

from __future__ import annotations

import sqlite3

from gateway.errors import StoreError, StoreUnavailable, StoreUnusable, VersionConflict

_TAKEN = frozenset({"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"})

MOVED = "the database file was moved or deleted"
NO_ROOM = "the disk of the database is full"

DAMAGED = (
    "it is damaged: save what can be read with `ventanilla db salvage`, or go back to a backup with"
    " `ventanilla db restore`"
)

_LASTING = {
    "SQLITE_IOERR_FSYNC": "the disk did not keep what was written to it",
    "SQLITE_IOERR_DIR_FSYNC": "the disk did not keep what was written to it",
    "SQLITE_CORRUPT": f"the database file cannot be read whole; {DAMAGED}",
    "SQLITE_NOTADB": "the file is not a database",
    "SQLITE_READONLY_DBMOVED": MOVED,
}

_UNUSABLE = {
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_NOTADB": "it is not a database; if it was a desk, its beginning is damaged",
}

# SQLite keeps its log beside the file, also for whoever only reads.
_NOT_OURS = (
    "this user may not open it, or may not write its folder: run this as whoever runs the desk,"
    " and see that the disk is not mounted for reading only"
)
_FORBIDDEN = frozenset({"SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH"})

# These are about one caller's statement or values; the transaction around it goes on.
OWN_FAULTS = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    sqlite3.DataError,
)


def lasting(fault: sqlite3.Error) -> str | None:
    """Return why nothing may be written any more; None when the next try may work."""
    return _look_up(_LASTING, fault)


def unavailable(fault: sqlite3.Error) -> StoreUnavailable:
    """Return what a caller is told whose transaction died."""
    why = lasting(fault) or "the database cannot be used now"
    return StoreUnavailable(f"{why}: {fault} ({_code(fault)})")


def refused(fault: Exception) -> Exception:
    """Return what a caller is told whose own statement failed."""
    if isinstance(fault, sqlite3.IntegrityError) and _code(fault) in _TAKEN:
        return VersionConflict(f"somebody else was first: {fault}")
    return fault


def at_opening(fault: sqlite3.Error, path: str) -> StoreError:
    """Return what somebody is told who wanted to open a database."""
    if _group(fault) in _FORBIDDEN:
        return StoreUnusable(f"{path}: {_NOT_OURS}")
    why = _look_up(_UNUSABLE, fault)
    if why is None:
        return unavailable(fault)
    return StoreUnusable(f"{path}: {why} ({fault})")


def _code(fault: sqlite3.Error) -> str:
    return getattr(fault, "sqlite_errorname", "") or "SQLITE_ERROR"


def _group(fault: sqlite3.Error) -> str:
    """Return the code that an error's own, longer one begins with."""
    return "_".join(_code(fault).split("_")[:2])


def _look_up(table: dict[str, str], fault: sqlite3.Error) -> str | None:
    """Return the entry of an error's code, or of the group that its code begins with."""
    return table.get(_code(fault)) or table.get(_group(fault))
