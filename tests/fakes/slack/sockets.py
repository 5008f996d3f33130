"""Socket Mode of the imitated Slack: hello, envelopes and acknowledgements, disconnects, pings.

Several connections share what comes, one after the other, as Slack shares it; no more than ten
are open. A connection can be made deaf: it stays open, reads nothing and answers no ping.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.slack.workspace import APP, Payload

MAX_CONNECTIONS = 10


class Socket:
    """One open connection."""

    def __init__(self, number: int, ws: web.WebSocketResponse) -> None:
        self.number = number
        self.ws = ws
        self.is_deaf = False
        self.carried = 0
        self.pings = 0

    async def say(self, frame: Payload) -> None:
        """Send a frame, unless the connection is only seemingly open."""
        if not self.is_deaf:
            await self.ws.send_str(json.dumps(frame))


class Sockets:
    """All connections; ``deliver`` hands an envelope to the next one in turn."""

    def __init__(self) -> None:
        self.open: list[Socket] = []
        self.opened = 0
        self.max_open = 0
        self.extra_connections = 0
        self.patience = 10.0  # how long an event waits for a connection
        self._tickets: set[str] = set()
        self._numbers = itertools.count(1)
        self._turn = 0
        self._waiting: dict[str, asyncio.Future[Payload]] = {}
        self._changed = asyncio.Event()

    def new_ticket(self) -> str:
        """Return what opens one connection, once."""
        ticket = f"ticket-{next(self._numbers)}"
        self._tickets.add(ticket)
        return ticket

    async def until(self, is_met: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait until something holds that connections bring about."""
        async with asyncio.timeout(seconds):
            while not is_met():
                self._changed.clear()
                await self._changed.wait()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPForbidden
        self._tickets.remove(ticket)
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        socket = Socket(next(self._numbers), ws)
        if len(self.open) >= MAX_CONNECTIONS:
            await socket.say({"type": "disconnect", "reason": "too_many_websockets"})
            await ws.close()
            return ws
        self.open.append(socket)
        self.opened += 1
        self.max_open = max(self.max_open, len(self.open))
        try:
            await socket.say(self._hello())
            self._changed.set()
            await self._serve(socket)
        finally:
            self._gone(socket)
        return ws

    def _hello(self) -> Payload:
        return {
            "type": "hello",
            "num_connections": len(self.open) + self.extra_connections,
            "connection_info": {"app_id": APP},
            "debug_info": {"host": "applink-1", "approximate_connection_time": 3600},
        }

    async def _serve(self, socket: Socket) -> None:
        async for message in socket.ws:
            if socket.is_deaf:
                continue
            if message.type is WSMsgType.PING:
                socket.pings += 1
                self._changed.set()
                await socket.ws.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self._take(json.loads(message.data))

    def _take(self, frame: Payload) -> None:
        waiting = self._waiting.pop(str(frame.get("envelope_id")), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(frame.get("payload") or {})

    def _gone(self, socket: Socket) -> None:
        if socket in self.open:
            self.open.remove(socket)
        self._changed.set()

    async def deliver(self, envelope: Payload, seconds: float) -> Payload | None:
        """Hand over an envelope; return the payload of its acknowledgement, None without one."""
        envelope_id = str(envelope["envelope_id"])
        answer = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = answer
        try:
            await self.until(lambda: bool(self.open), self.patience)
            async with asyncio.timeout(seconds):
                self._turn += 1
                socket = self.open[self._turn % len(self.open)]
                socket.carried += 1
                await socket.say(envelope)
                return await answer
        except (TimeoutError, ConnectionError):
            return None
        finally:
            self._waiting.pop(envelope_id, None)

    async def announce(self, reason: str = "refresh_requested") -> Socket:
        """Announce to the oldest connection that it will be closed; Slack closes it later."""
        socket = self.open[0]
        await socket.say({"type": "disconnect", "reason": reason, "debug_info": {}})
        return socket

    async def close(self, socket: Socket) -> None:
        """Close a connection from Slack's side."""
        await socket.ws.close()
        self._gone(socket)

    def cut(self) -> None:
        """Cut every connection without a word."""
        for socket in list(self.open):
            transport: Any = socket.ws._req.transport if socket.ws._req else None
            if transport is not None:
                transport.abort()
            self._gone(socket)
