"""Accept: events and cursor are stored, in one commit, before anybody is told "got it"."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta

from gateway.contracts.channel import Cursor, Parser
from gateway.contracts.store import Store
from gateway.errors import LeaseLost, StoreUnavailable
from gateway.failpoint import reach
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
        reach("accept", StoreUnavailable)
        items = await self._store.accept(offers, cursor, claim=self._has_room())
        for item in items:
            self._meter.accepted(item.event.channel, 1)
        self._submit(items)
        reach("accepted", StoreUnavailable)

    async def cursor(self, key: str) -> Cursor | None:
        """See `Intake.cursor`."""
        return await self._store.cursor(key)

    async def language(self, kind: str, address: str) -> str:
        """See `Intake.language`."""
        person = await self._store.person(kind, address)
        return (person.wished or person.language or "") if person else ""

    def lease(self, key: str) -> AbstractAsyncContextManager[None]:
        """See `Intake.lease`."""
        return hold_lease(self._store, key, self._node)


@asynccontextmanager
async def hold_lease(store: Store, key: str, node: str) -> AsyncIterator[None]:
    """Hold a lease around a body, from when it is free; others wait meanwhile.

    Raises:
        LeaseLost: it could not be kept, and the body was cancelled where it stood.
        StoreUnavailable: it could not be asked for.
    """
    clock = asyncio.get_running_loop()
    asked_at = clock.time()
    while (fence := await store.take_lease(key, node, LEASE)) is None:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        asked_at = clock.time()
    try:
        async with asyncio.timeout_at(asked_at + _kept()) as deadline:
            renewing = _renew(store, key, node, fence, deadline)
            renewal = asyncio.create_task(renewing, name=f"lease {key}")
            try:
                yield
            finally:
                renewal.cancel()
    except TimeoutError:
        if deadline.expired():
            raise LeaseLost(f"the lease {key} could not be kept") from None
        raise
    finally:
        with suppress(StoreUnavailable):
            await store.drop_lease(key, node)


def _kept() -> float:
    """Return for how many seconds a lease counts as ours: others may begin a little later."""
    return LEASE.total_seconds() * 0.9


async def _renew(store: Store, key: str, node: str, fence: int, deadline: asyncio.Timeout) -> None:
    """Put the deadline off as long as the lease is renewed; a store that is away may come back."""
    clock = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 6)
        asked_at = clock.time()
        try:
            renewed = await store.take_lease(key, node, LEASE)
        except StoreUnavailable:
            continue
        if renewed != fence:
            deadline.reschedule(asked_at)
            return
        deadline.reschedule(asked_at + _kept())
