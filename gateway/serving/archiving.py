"""Keeps what was solved at hand: this module, run by itself, reads it in a process of its own.

The newest tickets that were closed with a summary make an archive, which new requests are compared
with for the agents' sake. It is made anew when tickets were closed since, not more often than
every ten minutes; it stays in memory and is written nowhere. A request costs one look into it.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from datetime import datetime

import structlog

from gateway.contracts.rules import Archive
from gateway.contracts.store import Store
from gateway.errors import GatewayError
from gateway.journey.desk import Desk
from gateway.journey.learning.knowledge import solved_of
from gateway.loading import in_child
from gateway.model.knowledge import Solved
from gateway.model.question import TicketFilter
from gateway.model.ticket import TicketState
from gateway.settings import Settings

log = structlog.get_logger()

MOST_SOLVED = 1000
"""The newest are the likeliest to help, and memory is bounded."""
LOOK_SECONDS = 600.0
_CLOSED = frozenset({TicketState.CLOSED})


async def keep(desk: Desk, settings: Settings) -> None:
    """Keep a desk's archive up to date until cancelled."""
    seen: datetime | None = None
    while True:
        newest = await _last_closed(desk.store)
        if newest != seen or desk.archive is None:
            seen = newest
            desk.archive = await read_apart(settings) if newest is not None else None
        await asyncio.sleep(LOOK_SECONDS)


async def _last_closed(store: Store) -> datetime | None:
    found = await store.list_tickets(TicketFilter(states=_CLOSED, limit=1))
    return found[0].updated_at if found else None


async def read_apart(settings: Settings) -> Archive | None:
    """Return the archive of a desk's store, None where nothing was solved yet."""
    status, answer = await in_child("gateway.serving.archiving", settings.store_url.encode())
    if status:
        log.warning("what was solved cannot be read", status=status)
        return None
    archive: Archive | None = pickle.loads(answer)  # noqa: S301 - our own child
    return archive


async def read_solved(store: Store) -> list[tuple[Solved, str]]:
    """Return the newest solved tickets with what each asked."""
    tickets = await store.list_tickets(TicketFilter(states=_CLOSED, limit=MOST_SOLVED))
    stories = [(one, await store.events(one.number)) for one in tickets if one.team is not None]
    return [found for story in stories if (found := solved_of(*story)) is not None]


async def _read(store_url: str) -> Archive | None:
    from gateway.store import open_store  # noqa: PLC0415 - not in the parent
    from gateway.world import RealWorld  # noqa: PLC0415 - not in the parent
    from rules.faq.solved.archive import archive_of  # noqa: PLC0415 - heavy: only the child loads it

    store = await open_store(store_url, world=RealWorld(), node="archive", read_only=True)
    try:
        return archive_of(await read_solved(store))
    finally:
        await store.close()


def main() -> None:
    """Read the store that standard input names, and write the archive to standard output."""
    try:
        archive = asyncio.run(_read(sys.stdin.buffer.read().decode()))
    except GatewayError as error:
        sys.exit(f"the archive: {error}")
    sys.stdout.buffer.write(pickle.dumps(archive, pickle.HIGHEST_PROTOCOL))


if __name__ == "__main__":
    main()
