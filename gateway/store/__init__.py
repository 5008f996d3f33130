"""The desk's memory: `open_store` gives the back end that a URL names.

Called by the composition root. Everything in here keeps the promises of
`gateway.contracts.store.Store`; transactions are written once, as steps that any database can run.
"""

from __future__ import annotations

from datetime import timedelta

from gateway.contracts.store import Store
from gateway.errors import StoreUnusable
from gateway.store.lock import DeskLock
from gateway.world import World

__all__ = ["DeskLock", "open_store"]

_SQLITE = "sqlite:///"


async def open_store(
    url: str,
    *,
    world: World,
    node: str,
    read_only: bool = False,
    lease: timedelta = timedelta(seconds=30),
    sole_writer: bool = False,
) -> Store:
    """Open the database of a URL, made and brought up to date unless ``read_only``.

    ``url`` is ``sqlite:////absolute/path.db``. ``node`` is the name that claims are held under,
    for as long as ``lease`` after each claim of an event. ``sole_writer`` says that this process
    holds the desk's lock: whatever a dead process held can be claimed again at once.

    Raises:
        StoreUnusable: it is missing, damaged, of a newer program, or not ours to write.
        StoreUnavailable: it cannot be opened now, but may be later.
    """
    if not url.startswith(_SQLITE):
        raise StoreUnusable(f"{url!r}: only sqlite:///path.db is known here")
    from gateway.store.sqlite import open_sqlite  # noqa: PLC0415 - each back end loads its driver

    return await open_sqlite(
        url.removeprefix(_SQLITE),
        world=world,
        node=node,
        read_only=read_only,
        lease=lease,
        sole_writer=sole_writer,
    )
