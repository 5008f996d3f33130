"""Salvaging a damaged desk's file: what can still be read goes into a new file.

Called by ``ventanilla db salvage``. The damaged file is only read, once, from front to back: a
failing disk may not stand more. The new one gets its name when it is whole, brought up to date and
looked through, and its audit is told as it is: what was lost is not made up for. Going on with it
is `gateway.store.backups.restore`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from gateway.errors import StoreUnusable
from gateway.store import SQLITE, open_store
from gateway.store.lock import lock_file, stopped
from gateway.store.sqlite import files
from gateway.store.sqlite.files import Told
from gateway.store.sqlite.mending import mend
from gateway.store.sqlite.salvage import Carried, carry
from gateway.world import World

NODE = "salvage"


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What came of each table, what had to be mended, what the disk did not give, the audit."""

    tables: Mapping[str, Carried]
    mended: Mapping[str, int]
    unreadable_bytes: int
    audit: Mapping[str, int]


async def salvage(damaged: Path, target: Path, *, world: World, told: Told) -> Salvaged:
    """Write what can be read of a stopped desk's file, and of the log beside it, into a new file.

    Raises:
        StoreUnusable: a desk is at work on it, the target is there already, or nothing can be
            found in it.
        StoreError: it failed; there is no target then.
    """
    files.require(damaged)
    files.require_free(target)
    raw = target.with_name(f".{target.name}.damaged")
    part = target.with_name(f".{target.name}.part")
    stop = Event()
    try:
        with _still(damaged):
            _clear(raw, part)
            unreadable = await asyncio.to_thread(files.copy_bytes, damaged, raw, stop)
        tables = await asyncio.to_thread(_carried, raw, part, damaged, told, stop)
        mended = await asyncio.to_thread(mend, part)
        audit = await _audit(part, world)
        await asyncio.to_thread(files.make_one, part)
        await asyncio.to_thread(files.look_through, part)
        files.keep(part, target)
    finally:
        stop.set()
        _clear(raw, part)
    return Salvaged(tables, mended, unreadable, audit)


def _carried(raw: Path, part: Path, damaged: Path, told: Told, stop: Event) -> dict[str, Carried]:
    try:
        return carry(raw, part, told, stop)
    except StoreUnusable as error:
        raise StoreUnusable(f"{damaged}: {error}") from error


async def _audit(part: Path, world: World) -> Mapping[str, int]:
    """Bring a file up to date; return its audit."""
    store = await open_store(f"{SQLITE}{part}", world=world, node=NODE, sole_writer=True)
    try:
        return await store.audit()
    finally:
        await store.close()


@contextmanager
def _still(damaged: Path) -> Iterator[None]:
    """Keep a file from being worked on, if it is one that a desk worked on."""
    if not lock_file(damaged).exists():
        # No desk ever ran here, as with a backup: nothing is left beside it.
        yield
        return
    with stopped(damaged):
        yield


def _clear(*paths: Path) -> None:
    for path in paths:
        files.remove(path)
