"""Keeps connections of Socket Mode open: two of them, so that one may go while events come.

Slack shares events over all connections of an app and announces the end of each about hourly: then
a new one is opened before the old one is closed. A connection that answers no ping is given up,
however healthy it looks. An event is acknowledged on the connection it came by, when it is stored.
https://docs.slack.dev/apis/events-api/using-socket-mode. Imported lazily, with aiohttp.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from channels.backoff import Backoff
from channels.health import Health
from channels.slack.api import SlackApi
from gateway.errors import ChannelMisconfigured, SendError
from gateway.world import World

log = logging.getLogger(__name__)

WANTED = 2
PING_S = 10.0
HELLO_S = 10.0
GRACE_S = 3.0
_MAX_FRAME = 16 * 1024 * 1024

Take = Callable[[bytes, int], Awaitable[Any]]
"""Stores a frame, given how often it was told before; returns the payload of its answer."""


# What does not work while no connection is open.
_EVENTS = "Slack's events"


class NotStored(Exception):
    """An event is not stored, and it is known why: Slack hears nothing, and tells it again."""


class Socket:
    """One connection."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, take: Take, channel: str) -> None:
        self._ws = ws
        self._take = take
        self._channel = channel
        self._at_work: set[asyncio.Task[None]] = set()
        self.announced = asyncio.Event()
        self.reason = ""
        self.connections = 0
        self.reading: asyncio.Task[None] | None = None

    async def greeted(self) -> None:
        """Wait for Slack's hello, and read from then on.

        Raises:
            ConnectionError: it said something else, or nothing.
        """
        try:
            hello = json.loads(await self._ws.receive_str(timeout=HELLO_S))
        except (TypeError, ValueError, TimeoutError, aiohttp.ClientError) as exc:
            raise ConnectionError("Slack said no hello") from exc
        if hello.get("type") != "hello":
            self.reason = str(hello.get("reason") or hello.get("type"))
            raise ConnectionError(f"Slack closes the connection at once: {self.reason}")
        self.connections = int(hello.get("num_connections") or 0)
        self.reading = asyncio.create_task(self._read(), name=f"socket {self._channel}")

    async def over(self) -> None:
        """Wait until it is closed, or its end is announced."""
        assert self.reading is not None
        announced = asyncio.create_task(self.announced.wait())
        await asyncio.wait({self.reading, announced}, return_when=asyncio.FIRST_COMPLETED)
        announced.cancel()

    @property
    def is_open(self) -> bool:
        """Return whether it still carries events."""
        return self.reading is not None and not self.reading.done()

    async def retire(self) -> None:
        """Finish what is in hand, for a few seconds at most, and close."""
        if self._at_work:
            await asyncio.wait(self._at_work, timeout=GRACE_S)
        await self.close()

    async def close(self) -> None:
        """Close at once; what is in hand is not acknowledged."""
        for task in [*self._at_work, *([self.reading] if self.reading else [])]:
            task.cancel()
        if self.reading is not None:
            await asyncio.gather(self.reading, *self._at_work, return_exceptions=True)
        await self._ws.close()

    async def _read(self) -> None:
        async for message in self._ws:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            try:
                frame = json.loads(message.data)
            except ValueError:
                log.warning("slack sent what is no JSON", extra={"channel": self._channel})
                continue
            if frame.get("type") == "disconnect":
                self.reason = str(frame.get("reason", ""))
                self.announced.set()
            elif "envelope_id" in frame:
                task = asyncio.create_task(self._handle(message.data.encode(), frame))
                self._at_work.add(task)
                task.add_done_callback(self._at_work.discard)

    async def _handle(self, raw: bytes, frame: dict[str, Any]) -> None:
        try:
            answer = await self._take(raw, int(frame.get("retry_attempt") or 0))
        except NotStored:
            return
        except Exception:  # whatever it was: nothing is stored, so Slack hears nothing
            log.exception("slack event not stored", extra={"channel": self._channel})
            return
        reply: dict[str, Any] = {"envelope_id": frame["envelope_id"]}
        if answer and frame.get("accepts_response_payload"):
            reply["payload"] = answer
        try:
            await self._ws.send_str(json.dumps(reply))
        except (ConnectionError, aiohttp.ClientError):
            # It will be told again, and is known then.
            log.info("slack hung up before its answer", extra={"channel": self._channel})


class Sockets:
    """Keeps ``WANTED`` connections open until cancelled."""

    def __init__(
        self,
        *,
        channel: str,
        api: SlackApi,
        token: Callable[[], str],
        world: World,
        take: Take,
        health: Health,
    ) -> None:
        self._channel = channel
        self._api = api
        self._token = token
        self._world = world
        self._take = take
        self._health = health
        self._open: set[Socket] = set()
        self.opened = asyncio.Event()
        self.were_open = False

    @property
    def are_open(self) -> bool:
        """Return whether at least one connection carries events."""
        return any(socket.is_open for socket in self._open)

    async def run(self) -> None:
        """Keep them open."""
        async with asyncio.TaskGroup() as group:
            for _ in range(WANTED):
                group.create_task(self._keep())

    async def _keep(self) -> None:
        """Keep one connection open: the next before the last is closed."""
        backoff = Backoff(self._world)
        last: Socket | None = None
        try:
            while True:
                try:
                    socket = await self._connect()
                except (SendError, OSError, aiohttp.ClientError, TimeoutError) as exc:
                    await self._wait(backoff, exc)
                    continue
                if last is not None:
                    self._open.discard(last)
                    await last.retire()
                last = socket
                await socket.over()
                if socket.announced.is_set() and socket.reason != "link_disabled":
                    backoff.reset()
                    continue
                await self._wait(backoff, ConnectionError(socket.reason or "Slack hung up"))
        finally:
            if last is not None:
                self._open.discard(last)
                await last.close()

    async def _connect(self) -> Socket:
        answer = await self._api.call("apps_connections_open", app_token=self._token())
        try:
            ws = await self._api.session.ws_connect(
                str(answer["url"]), heartbeat=PING_S, max_msg_size=_MAX_FRAME
            )
        except aiohttp.WSServerHandshakeError as exc:
            # Its own words would show the address, which is a secret.
            raise ConnectionError(f"Slack refused the connection: HTTP {exc.status}") from None
        socket = Socket(ws, self._take, self._channel)
        try:
            await socket.greeted()
        except BaseException:
            await socket.close()
            raise
        self._open.add(socket)
        self._health.heals(_EVENTS)
        self.were_open = True
        self.opened.set()
        self._count(socket)
        return socket

    def _count(self, socket: Socket) -> None:
        """Say when others take a share of our events: a second desk, or a forgotten script."""
        ours = sum(each.is_open for each in self._open)
        if socket.connections > ours + WANTED:
            more = {"channel": self._channel, "connections": socket.connections, "ours": ours}
            log.warning("others take events of this slack app too", extra=more)

    async def _wait(self, backoff: Backoff, error: Exception) -> None:
        needs_mending = isinstance(error, ChannelMisconfigured)
        if not self.are_open:
            self._health.ails(_EVENTS, str(error), needs_mending=needs_mending)
        seconds = backoff.after_failure(needs_mending=needs_mending)
        more = {"channel": self._channel, "reason": str(error), "retry_s": round(seconds, 1)}
        log.log(
            logging.ERROR if needs_mending else logging.WARNING, "slack is not heard", extra=more
        )
        await asyncio.sleep(seconds)
