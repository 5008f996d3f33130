"""Accept: events and cursor are stored, in one commit, before anybody is told "got it"."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

from gateway.contracts.channel import Cursor, Parser
from gateway.contracts.store import Store
from gateway.journey.desk import Meter
from gateway.model.inbox import InboxItem
from gateway.model.message import RawEvent

LEASE = timedelta(seconds=30)


class Accepting:
    """The `Intake` that receivers are given. See `gateway.contracts.channel.Intake`."""

    def __init__(
        self,
        store: Store,
        parsers: Mapping[str, Parser],
        meter: Meter,
        *,
        node: str,
        has_room: Callable[[], bool],
        submit: Callable[[Sequence[InboxItem]], None],
    ) -> None:
        self._store = store
        self._parsers = parsers
        self._meter = meter
        self._node = node
        self._has_room = has_room
        self._submit = submit

    async def accept(self, events: Sequence[RawEvent], cursor: Cursor | None = None) -> None:
        """See `Intake.accept`.

        While there is room in memory the events are ours at once, in the same commit; else they
        wait in the inbox until the pipeline comes for them.
        """
        offers = [(event, self._parsers[event.channel].keys(event)) for event in events]
        items = await self._store.accept(offers, cursor, claim=self._has_room())
        for item in items:
            self._meter.accepted(item.event.channel, 1)
        self._submit(items)

    async def cursor(self, key: str) -> Cursor | None:
        """See `Intake.cursor`."""
        return await self._store.cursor(key)

    def lease(self, key: str) -> AbstractAsyncContextManager[None]:
        """See `Intake.lease`."""
        return hold_lease(self._store, key, self._node)


@asynccontextmanager
async def hold_lease(store: Store, key: str, node: str) -> AsyncIterator[None]:
    """Hold a lease around a body; the body is cancelled when the lease is lost."""
    while await store.take_lease(key, node, LEASE) is None:  # noqa: ASYNC110 - others' expiry
        await asyncio.sleep(LEASE.total_seconds() / 3)
    body = asyncio.current_task()
    assert body is not None
    renewal = asyncio.create_task(_renew(store, key, node, body), name=f"lease {key}")
    try:
        yield
    finally:
        renewal.cancel()
        await store.drop_lease(key, node)


async def _renew(store: Store, key: str, node: str, body: asyncio.Task[None]) -> None:
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        if await store.take_lease(key, node, LEASE) is None:
            body.cancel()
            return
