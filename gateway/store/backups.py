"""Backups of a desk that lives in a file, and going on with a database that was restored.

Called by ``ventanilla db``. A backup is made beside a running desk; it gets its name only when it
has been looked through and its audit adds up. A desk that goes on with an older state must not
give a ticket number to two people, nor say again by itself what it has said since: see `resume`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from gateway.contracts.store import Store
from gateway.errors import StoreUnusable
from gateway.model.upkeep import Resumed, nodes_there
from gateway.store import SQLITE, open_store
from gateway.store.lock import stopped
from gateway.store.sqlite import files, opening
from gateway.store.sqlite.files import Told
from gateway.world import World

NODE = "backup"


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A backup's size in bytes, and its audit."""

    size: int
    audit: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Restored:
    """Where the file is that was there before, None if none was, and how the desk goes on."""

    aside: Path | None
    audit: Mapping[str, int]
    resumed: Resumed


async def back_up(url: str, target: Path, *, told: Told) -> BackedUp:
    """Write a backup of a desk's file, which may be at work, into a new file.

    A desk of an older program is backed up as it is: so there is a way back from an update.

    Raises:
        StoreUnusable: there is no desk in a file there, the target is there already, or what was
            copied is damaged.
        StoreError: it failed; there is no target then.
    """
    path = _file(url)
    await opening.require_desk(str(path))
    files.require_free(target)
    part = target.with_name(f".{target.name}.part")
    files.remove(part)
    await _copy(path, part, told)
    try:
        await asyncio.to_thread(files.look_through, part)
        audit = await opening.audit(str(part))
        size = part.stat().st_size
        files.keep(part, target)
    finally:
        files.remove(part)
    return BackedUp(size, audit)


async def restore(url: str, backup: Path, *, world: World, skip: int, told: Told) -> Restored:
    """Put a backup in the place of a stopped desk's file, and make it safe to go on with.

    What was there is set aside, and there is a whole desk under the name at any instant. ``skip``
    as for `resume`.

    Raises:
        StoreUnusable: the desk is at work, or the backup is none, damaged, or of a newer program.
        StoreError: it failed; the desk's file is as it was.
    """
    path = _file(url)
    files.require(backup)
    part = path.with_name(f".{path.name}.part")
    with stopped(path):
        try:
            files.remove(part)
            await _copy(backup, part, told)
            await asyncio.to_thread(files.look_through, part)
            audit, resumed = await _prepared(part, world, skip)
            aside = _set_aside(path, world)
            files.keep(part, path)
        finally:
            files.remove(part)
    return Restored(aside, audit, resumed)


async def resume(url: str, *, world: World, skip: int) -> Resumed:
    """Let a stopped desk go on with a database that was put back to an earlier state.

    The next ticket's number is ``skip`` higher than it would be, so that no number is given that
    somebody was told since that state. What had not gone out then is held: most of it has.

    Raises:
        StoreUnusable: a node is at work on it.
        StoreError: it cannot be opened, or written.
    """
    if not url.startswith(SQLITE):
        async with _opened(url, world) as store:
            await _require_still(store, world)
            return await store.resume(skip)
    # A look first: opened to write, a missing file would be made.
    async with _opened(url, world, read_only=True):
        pass
    with stopped(_file(url)):
        async with _opened(url, world, sole_writer=True) as store:
            return await store.resume(skip)


async def _require_still(store: Store, world: World) -> None:
    """Pass when no node is there; one that the restored state speaks of is gone in 20 seconds."""
    if nodes := nodes_there(await store.leases(), world.now()):
        raise StoreUnusable(f"nodes are at work on it: {', '.join(nodes)}; stop them first")


async def _prepared(part: Path, world: World, skip: int) -> tuple[Mapping[str, int], Resumed]:
    """Bring a copy up to date and make it safe to go on with; nobody has seen it yet."""
    async with _opened(f"{SQLITE}{part}", world, sole_writer=True) as store:
        audit = await store.audit()
        return audit, await store.resume(skip)


def _set_aside(path: Path, world: World) -> Path | None:
    if not path.exists():
        return None
    aside = path.with_name(f"{path.name}.replaced-{world.now():%Y%m%dT%H%M%SZ}")
    files.set_aside(path, aside)
    return aside


async def _copy(source: Path, target: Path, told: Told) -> None:
    stop = Event()
    try:
        await asyncio.to_thread(files.copy, source, target, told, stop)
    finally:
        stop.set()


@asynccontextmanager
async def _opened(
    url: str, world: World, *, read_only: bool = False, sole_writer: bool = False
) -> AsyncIterator[Store]:
    store = await open_store(
        url, world=world, node=NODE, read_only=read_only, sole_writer=sole_writer
    )
    try:
        yield store
    finally:
        await store.close()


def _file(url: str) -> Path:
    if not url.startswith(SQLITE):
        raise StoreUnusable(
            "the desk is in PostgreSQL: back it up with `pg_dump --format=custom`, put it back"
            " with `pg_restore`, and run `ventanilla db resume` then"
        )
    return Path(url.removeprefix(SQLITE))
