"""Receives: keeps the connections, reads histories after an outage, remembers how far it was well.

Called through `SlackChannel.receive`. One node at a time holds the lease; over HTTP every node
answers, and the lease is for what is read again. What is remembered (`Cursor`) is up to when
nothing can have been missed, which room a name means, and the threads that we have spoken in.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from channels.backoff import Backoff
from channels.holding import keep_holding
from channels.slack.backfill import Histories
from channels.slack.door import Door, House
from channels.slack.learning import Learning
from channels.slack.sockets import NotStored, Sockets
from gateway.contracts.channel import Cursor, Intake
from gateway.errors import SendError, StoreError

log = logging.getLogger(__name__)

BEAT_S = 20.0
# Now and then histories are read although nothing is known to have been missed.
SWEEP_S = 1800.0
# Slack's clock, and what was on its way: read again from so long before.
OVERLAP_S = 120.0


class Receiver:
    """One channel's receiver. ``app_token`` None: events come by HTTP."""

    def __init__(
        self,
        house: House,
        door: Door,
        learning: Learning,
        *,
        app_token: Callable[[], str] | None,
    ) -> None:
        self._house = house
        self._door = door
        self._learning = learning
        self._app_token = app_token
        self._backoff = Backoff(house.world)
        self._began = self._well_until = 0.0
        self._is_first = True

    async def run(self, intake: Intake) -> None:
        """Receive until cancelled."""
        self._intake = intake
        await self._recall()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._learning.run())
            group.create_task(self._keep_holding())

    async def _keep_holding(self) -> None:
        await keep_holding(
            self._intake, self._key, self._work, backoff=self._backoff, about=self._about()
        )

    async def _work(self) -> None:
        await self._begin()
        async with asyncio.TaskGroup() as group:
            sockets = self._sockets()
            if sockets is not None:
                group.create_task(sockets.run())
            group.create_task(self._keep_well(sockets))

    @property
    def _key(self) -> str:
        return f"slack:{self._house.channel}"

    def _about(self) -> dict[str, str]:
        return {"channel": self._house.channel}

    def _sockets(self) -> Sockets | None:
        if self._app_token is None:
            return None
        return Sockets(
            channel=self._house.channel,
            api=self._house.api,
            token=self._app_token,
            world=self._house.world,
            take=self._take,
            health=self._house.health,
        )

    async def _take(self, raw: bytes, retry: int) -> Any:
        response = await self._door.take(raw, self._intake, via="socket", retry=retry)
        if response.status != 200:  # noqa: PLR2004 - HTTP: fine
            raise NotStored  # the door has said why
        return response.body if isinstance(response.body, dict) else _json(response.body)

    async def _recall(self) -> None:
        """Take over which rooms were meant before, when the store can be read."""
        while True:
            try:
                kept = await self._kept()
            except StoreError as exc:
                log.warning("slack waits for the store", extra=self._about() | {"reason": str(exc)})
                await asyncio.sleep(self._backoff.after_failure(needs_mending=False))
            else:
                self._learning.take_over(_mapping(kept.get("rooms")))
                self._backoff.reset()
                return

    async def _kept(self) -> Mapping[str, Any]:
        cursor = await self._intake.cursor(self._key)
        return cursor.value if cursor is not None else {}

    async def _begin(self) -> None:
        """Remember how far all was well, and wait until it is known which rooms are meant."""
        kept = await self._kept()
        for place in _sequence(kept.get("threads")):
            self._house.threads.add(str(place))
        self._well_until = _number(kept.get("well_until"))
        self._began = _number(kept.get("began"))
        self._is_first = not self._began
        if self._is_first:
            # From now on nothing shall be missed, and nothing older is a request.
            self._began = self._well_until = self._house.world.now().timestamp()
            await self._store_cursor()
        await self._house.knows.wait()

    async def _keep_well(self, sockets: Sockets | None) -> None:
        """Read what was missed, then remember now and again that nothing is."""
        swept_at = self._house.world.monotonic()
        is_well = self._is_first
        while True:
            if sockets is not None and not sockets.are_open:
                is_well = is_well and not sockets.were_open
                sockets.opened.clear()
                await _within(sockets.opened.wait(), BEAT_S)
                continue
            if not is_well or self._house.world.monotonic() - swept_at > SWEEP_S:
                is_well = await self._catch_up()
                swept_at = self._house.world.monotonic()
            if is_well:
                await self._remember()
            await asyncio.sleep(BEAT_S)

    async def _catch_up(self) -> bool:
        """Offer what was said since all was well; return whether that is done."""
        now = self._house.world.now().timestamp()
        since = max(self._began, self._well_until - OVERLAP_S)
        try:
            identity = await self._house.names.identity()
            histories = Histories(self._house.api, identity)
            async for payloads in histories.said_since(since, self._house.threads):
                await self._door.offer(payloads, self._intake)
        except (SendError, StoreError) as exc:
            more = {"reason": str(exc)}
            log.warning("slack histories are not read yet", extra=self._about() | more)
            return False
        self._well_until = now
        return True

    async def _remember(self) -> None:
        self._well_until = max(self._well_until, self._house.world.now().timestamp())
        await self._store_cursor()

    async def _store_cursor(self) -> None:
        value: dict[str, Any] = {
            "began": self._began,
            "well_until": self._well_until,
            "rooms": dict(self._house.names.rooms),
            "threads": list(self._house.threads),
        }
        try:
            await self._intake.accept([], Cursor(key=self._key, value=value))
        except StoreError as exc:
            more = {"reason": str(exc)}
            log.warning("slack cursor is not stored", extra=self._about() | more)


async def _within(waiting: Any, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await waiting
    except TimeoutError:
        return


def _json(body: str) -> Any:
    return json.loads(body) if body.startswith("{") else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
