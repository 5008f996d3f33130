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
from channels.slack.backfill import Histories
from channels.slack.door import Door, House
from channels.slack.sockets import NotStored, Sockets
from gateway.contracts.channel import Cursor, Intake
from gateway.errors import ChannelMisconfigured, SendError, StoreError

log = logging.getLogger(__name__)

BEAT_S = 20.0
# Now and then histories are read although nothing is known to have been missed.
SWEEP_S = 1800.0
# Slack's clock, and what was on its way: read again from so long before.
OVERLAP_S = 120.0
MAX_THREADS = 500


class Threads:
    """The threads that the desk has spoken in, the newest ones."""

    def __init__(self) -> None:
        self._places: dict[str, None] = {}

    def __iter__(self) -> Any:
        return iter(list(self._places))

    def add(self, place: str) -> None:
        """Remember a place ``room/thread``."""
        self._places.pop(place, None)
        self._places[place] = None
        while len(self._places) > MAX_THREADS:
            del self._places[next(iter(self._places))]


class Receiver:
    """One channel's receiver. ``app_token`` None: events come by HTTP."""

    def __init__(
        self,
        house: House,
        door: Door,
        threads: Threads,
        *,
        support: Sequence[str],
        wanted: set[str],
        app_token: Callable[[], str] | None,
    ) -> None:
        self._house = house
        self._door = door
        self._threads = threads
        self._support = support
        self._wanted = wanted
        self._app_token = app_token
        self._backoff = Backoff(house.world)
        self._began = self._well_until = 0.0
        self._is_first = True

    async def run(self, intake: Intake) -> None:
        """Receive until cancelled."""
        self._intake = intake
        while True:
            # In a task of its own: a lease that is lost cancels its holder, and that is not us.
            holding = asyncio.create_task(self._hold())
            try:
                await asyncio.wait([holding])
            except asyncio.CancelledError:
                holding.cancel()
                await asyncio.wait([holding])
                raise
            if not holding.cancelled() and (error := holding.exception()) is not None:
                log.error("slack receiver failed", exc_info=error, extra=self._about())
            await asyncio.sleep(self._backoff.after_failure(needs_mending=False))

    async def _hold(self) -> None:
        async with self._intake.lease(self._key):
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
        )

    async def _take(self, raw: bytes, retry: int) -> Any:
        response = await self._door.take(raw, self._intake, via="socket", retry=retry)
        if response.status != 200:  # noqa: PLR2004 - HTTP: fine
            raise NotStored  # the door has said why
        return response.body if isinstance(response.body, dict) else _json(response.body)

    async def _begin(self) -> None:
        """Learn who we are and which rooms are meant, however long Slack takes to tell."""
        cursor = await self._intake.cursor(self._key)
        kept = cursor.value if cursor is not None else {}
        self._house.names.keep(_mapping(kept.get("rooms")))
        for place in _sequence(kept.get("threads")):
            self._threads.add(str(place))
        self._well_until = _number(kept.get("well_until"))
        self._began = _number(kept.get("began"))
        self._is_first = not self._began
        if self._is_first:
            # From now on nothing shall be missed, and nothing older is a request.
            self._began = self._well_until = self._house.world.now().timestamp()
            await self._store_cursor()
        while True:
            try:
                await self._house.names.identity()
                await self._resolve()
            except SendError as exc:
                mend = isinstance(exc, ChannelMisconfigured)
                seconds = self._backoff.after_failure(needs_mending=mend)
                more = {"reason": exc.reason, "retry_s": round(seconds, 1)}
                log.warning("slack is not heard", extra=self._about() | more)
                await asyncio.sleep(seconds)
            else:
                self._backoff.reset()
                return

    async def _resolve(self) -> None:
        names = self._house.names
        by_name = {room[1:] for room in self._support if room.startswith("#")}
        await names.resolve(by_name | self._wanted)
        for name in sorted(by_name - set(names.rooms)):
            log.error("there is no such slack channel", extra=self._about() | {"room": f"#{name}"})
        found = (
            names.rooms.get(room[1:], "") if room[0] == "#" else room for room in self._support
        )
        self._house.support |= {room for room in found if room}

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
            async for payloads in histories.said_since(since, self._threads):
                await self._door.offer(payloads, self._intake)
        except (SendError, StoreError) as exc:
            more = {"reason": str(exc)}
            log.warning("slack histories are not read yet", extra=self._about() | more)
            return False
        self._well_until = now
        return True

    async def _remember(self) -> None:
        await self._learn()
        self._well_until = max(self._well_until, self._house.world.now().timestamp())
        await self._store_cursor()

    async def _store_cursor(self) -> None:
        value: dict[str, Any] = {
            "began": self._began,
            "well_until": self._well_until,
            "rooms": dict(self._house.names.rooms),
            "threads": list(self._threads),
        }
        try:
            await self._intake.accept([], Cursor(key=self._key, value=value))
        except StoreError as exc:
            more = {"reason": str(exc)}
            log.warning("slack cursor is not stored", extra=self._about() | more)

    async def _learn(self) -> None:
        """Look up the rooms that somebody has asked for by name meanwhile."""
        if self._wanted - set(self._house.names.rooms):
            try:
                await self._house.names.resolve(self._wanted)
            except SendError as exc:
                more = {"reason": exc.reason}
                log.warning("slack channels cannot be looked up", extra=self._about() | more)


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
