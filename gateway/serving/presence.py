"""One node of several: it says that it is there, and clears up after those that are not.

Run by `running` where several processes may work on one database. What other nodes have
changed of the few things that a node keeps in memory is read again here, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog

from gateway.contracts.store import Store
from gateway.errors import StoreUnavailable
from gateway.journey.desk import Desk
from gateway.journey.who.tokens import Keyring
from gateway.model.upkeep import node_key
from gateway.world import World

log = structlog.get_logger()

# Whoever has not said for so long that it is there counts as gone.
TTL = timedelta(seconds=20)
RENEW_SECONDS = 5.0
# Before the others count us as gone we do not count on being there.
KEPT = 0.8


class Presence:
    """What one node says of itself."""

    def __init__(self, store: Store, node: str, world: World, freed: Callable[[], None]) -> None:
        """``freed`` is called when something that others held can be claimed."""
        self._store = store
        self._node = node
        self._world = world
        self._freed = freed
        self._sure_until = 0.0

    def is_sure(self) -> bool:
        """Tell whether the others cannot have taken over what is in our hands.

        After this process stood still for long, or was cut off, they may have.
        """
        return self._world.monotonic() < self._sure_until

    async def arrive(self) -> None:
        """Say that we are there, from now on until `leave`, if we go on saying it.

        Raises:
            StoreUnavailable: nobody can be told now.
        """
        asked_at = self._world.monotonic()
        if await self._store.take_lease(node_key(self._node), self._node, TTL) is not None:
            self._sure_until = asked_at + TTL.total_seconds() * KEPT

    async def stay(self, desk: Desk) -> None:
        """Go on until cancelled; free what those hold that are gone.

        Raises:
            StoreUnavailable: nobody can be told now.
        """
        while True:
            await self.arrive()
            if freed := await self._store.bury():
                log.warning("took over from a node that is gone", rows=freed)
                self._freed()
            desk.keyring = Keyring(await self._store.secrets())
            desk.moved.update(await self._store.moves())
            await asyncio.sleep(RENEW_SECONDS)

    async def leave(self) -> None:
        """Say that we are gone: what is still in our hands is anybody's."""
        self._sure_until = 0.0
        try:
            await self._store.drop_lease(node_key(self._node), self._node)
        except StoreUnavailable as exc:
            log.warning("store unavailable, the others will notice", error=str(exc))
