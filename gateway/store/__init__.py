"""The desk's memory: `open_store` gives the back end that a URL names.

Called by the composition root. Everything in here keeps the promises of
`gateway.contracts.store.Store`; transactions are written once, as steps that any database can run.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from gateway.contracts.store import Store
from gateway.errors import StoreUnusable
from gateway.store.lock import DeskLock
from gateway.world import World

__all__ = ["POSTGRES", "SQLITE", "DeskLock", "open_store"]

SQLITE = "sqlite:///"
POSTGRES = "postgresql://"


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

    ``url`` is ``sqlite:////absolute/path.db``, or ``postgresql://user@host/database``, to which
    PGPASSWORD, a pgpass file and the other settings of libpq's count. ``node`` is the name that
    claims are held under, for as long as ``lease`` after each claim of an event. ``sole_writer``
    says that no other process works here: whatever a dead one held can be claimed again at once.

    Raises:
        StoreUnusable: it is missing, damaged, of a newer program, or not ours to write.
        StoreUnavailable: it cannot be opened now, but may be later.
    """
    if url.startswith(SQLITE):
        opening = _sqlite()
    elif url.startswith(POSTGRES):
        opening = _postgres()
    else:
        raise StoreUnusable(f"{url!r}: only sqlite:///path.db and postgresql://… are known here")
    return await opening(
        url.removeprefix(SQLITE),
        world=world,
        node=node,
        read_only=read_only,
        lease=lease,
        sole_writer=sole_writer,
    )


# Each back end loads its driver, and only when it is wanted.


def _sqlite() -> Callable[..., Awaitable[Store]]:
    from gateway.store.sqlite import open_sqlite  # noqa: PLC0415 - see above

    return open_sqlite


def _postgres() -> Callable[..., Awaitable[Store]]:
    try:
        from gateway.store.postgres import open_postgres  # noqa: PLC0415 - see above
    except ModuleNotFoundError as missing:
        raise StoreUnusable(
            f"PostgreSQL needs the package {missing.name}: where Ventanilla's source is,"
            " pip install '.[postgres]'"
        ) from missing
    return open_postgres
