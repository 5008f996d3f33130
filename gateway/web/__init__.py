"""HTTP: health, metrics, and the door for webhooks.

`gateway.serving` binds the listeners (`listen`) before the desk says that it is ready, and starts
them (`Listeners.start`) afterwards: the web framework is imported by then, not before.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from gateway.contracts.webhook import WebRequest, WebResponse
from gateway.model.upkeep import Depth
from gateway.web.metrics import Meter

_WAITING_CONNECTIONS = 128


class Desk(Protocol):
    """What the listeners ask of the desk."""

    meter: Meter

    async def not_ready(self) -> str:
        """Return what is missing (``store``, ``rules``), "" when mail can be decided."""
        ...

    async def depths(self) -> Sequence[Depth]:
        """Return how much waits. May raise `StoreError`."""
        ...

    def now(self) -> datetime:
        """Return the present instant, in UTC."""
        ...

    async def respond(self, channel: str, request: WebRequest) -> WebResponse | None:
        """Return a channel's answer to what a platform posts, None when it takes no webhooks."""
        ...


def bind(listen: tuple[str, int]) -> socket.socket:
    """Return a listening socket; port 0 lets the system choose one.

    Raises:
        OSError: the address cannot be bound.
    """
    host, port = listen
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(_WAITING_CONNECTIONS)
        bound.setblocking(False)
    except OSError as exc:
        bound.close()
        raise OSError(exc.errno, f"cannot listen on {host}:{port}: {exc.strerror}") from exc
    return bound


def address_of(bound: socket.socket) -> str:
    """Return where a socket listens, as the ready line shows it."""
    host, port, *_ = bound.getsockname()
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Listeners:
    """The HTTP listeners of one desk; ``addresses`` are theirs, for the ready line."""

    def __init__(self, bound: Mapping[str, socket.socket]) -> None:
        self.addresses = {name: address_of(each) for name, each in bound.items()}
        self._bound = bound
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, desk: Desk) -> None:
        """Answer from now on. Until then connections wait."""
        serve: dict[str, Callable[[socket.socket], Coroutine[None, None, None]]] = {
            "http": lambda each: serve_http(each, desk),
            "webhooks": lambda each: serve_webhooks(each, desk),
        }
        for name, each in self._bound.items():
            self._tasks.append(asyncio.create_task(serve[name](each), name=name))

    async def stop(self) -> None:
        """Finish what is being answered, for a few seconds at most, and close. Idempotent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        for each in self._bound.values():
            each.close()


def listen(http: tuple[str, int] | None, webhooks: tuple[str, int] | None) -> Listeners:
    """Bind what is configured, and return it.

    Raises:
        OSError: an address cannot be bound; then none stays bound.
    """
    bound: dict[str, socket.socket] = {}
    try:
        for name, address in (("http", http), ("webhooks", webhooks)):
            if address is not None:
                bound[name] = bind(address)
    except OSError:
        for each in bound.values():
            each.close()
        raise
    return Listeners(bound)


async def serve_http(bound: socket.socket, desk: Desk) -> None:
    """Answer /healthz, /readyz, /metrics and webhooks until cancelled."""
    from gateway.web import server  # noqa: PLC0415 - costs 0.1 s, after mail is being taken

    await server.run(bound, server.desk_application(desk))


async def serve_webhooks(bound: socket.socket, desk: Desk) -> None:
    """Answer webhooks, and nothing else, until cancelled."""
    from gateway.web import server  # noqa: PLC0415 - see serve_http

    await server.run(bound, server.webhook_application(desk))
