"""The HTTP listeners: health, metrics, and webhooks.

Run by `gateway.web.serve_http`, which imports this late: the framework is not needed before the
first request. Answers name no host, no path and no fault of the store beyond "not ready".
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.contracts.store import Depth
from gateway.errors import StoreError
from gateway.web import Desk
from gateway.web.uvicorn_parts import Config, Server

_GRACE_SECONDS = 3
# Kubernetes and most balancers give up after that, or sooner.
_PATIENCE_SECONDS = 2
# A scraper and a balancer need a handful; more is somebody trying.
_MOST_CONNECTIONS = 256


def desk_application(desk: Desk) -> Starlette:
    """Return what answers on ``[http] listen``: health, metrics and webhooks."""

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def readyz(_request: Request) -> Response:
        missing = "store"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                missing = await desk.not_ready()
        return PlainTextResponse(f"{missing or 'ready'}\n", 503 if missing else 200)

    async def metrics(_request: Request) -> Response:
        from gateway.web.exposition import CONTENT_TYPE, exposition  # noqa: PLC0415 - 1 MiB

        depths: Sequence[Depth] = ()
        # Without the store the counters are still there, and matter most.
        with contextlib.suppress(StoreError, TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                depths = await desk.depths()
        return Response(exposition(desk.meter, depths, desk.now()), media_type=CONTENT_TYPE)

    own = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
    return Starlette(routes=[*own, *_webhooks()])


def webhook_application() -> Starlette:
    """Return what answers on ``[http] webhooks``: webhooks and nothing else."""
    return Starlette(routes=_webhooks())


def _webhooks() -> list[BaseRoute]:
    async def webhook(_request: Request) -> Response:
        return PlainTextResponse("this channel takes no webhooks\n", 404)

    return [Route("/channels/{name}", webhook, methods=["POST"])]


class _Server(Server):
    """A server that leaves the process's signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run(bound: socket.socket, application: Starlette) -> None:
    """Answer on a bound socket until cancelled; then finish what is being answered."""
    config = Config(
        application,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise
