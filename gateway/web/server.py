"""The HTTP listeners: health, metrics, and webhooks.

Run by `gateway.web.serve_http`, which imports this late: the framework is not needed before the
first request. Answers name no host, no path and no fault of the store beyond "not ready".
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Sequence

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.contracts.webhook import WebRequest
from gateway.errors import StoreError
from gateway.model.upkeep import Depth
from gateway.web import Desk
from gateway.web.uvicorn_parts import Config, Server

_GRACE_SECONDS = 3
# Kubernetes and most balancers give up after that, or sooner.
_PATIENCE_SECONDS = 2
# A scraper and a balancer need a handful; more is somebody trying.
_MOST_CONNECTIONS = 256
# Slack gives up after three seconds, Telegram after a minute.
_WEBHOOK_SECONDS = 10
_MOST_BODY_BYTES = 4 * 1024 * 1024
_MOST_DISCARDED_BYTES = 16 * _MOST_BODY_BYTES

log = structlog.get_logger()


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
    return Starlette(routes=[*own, *_webhooks(desk)])


def webhook_application(desk: Desk) -> Starlette:
    """Return what answers on ``[http] webhooks``: webhooks and nothing else."""
    return Starlette(routes=_webhooks(desk))


def _webhooks(desk: Desk) -> list[BaseRoute]:
    async def webhook(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return PlainTextResponse("too large\n", 413)
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = WebRequest(path=request.url.path, headers=headers, body=body)
        return await _answer(desk, str(request.path_params["name"]), asked)

    return [Route("/channels/{name}", webhook, methods=["POST"])]


async def _body(request: Request) -> bytes | None:
    """Return a body, None when it is longer than any platform's."""
    body, size = bytearray(), 0
    async for piece in request.stream():
        size += len(piece)
        if size <= _MOST_BODY_BYTES:
            body += piece
        elif size > _MOST_DISCARDED_BYTES:
            break
    # What is read and thrown away lets the other side hear the answer.
    return bytes(body) if size <= _MOST_BODY_BYTES else None


async def _answer(desk: Desk, channel: str, asked: WebRequest) -> Response:
    """Return the channel's answer; without one in time the platform shall come again."""
    try:
        async with asyncio.timeout(_WEBHOOK_SECONDS):
            answer = await desk.respond(channel, asked)
    except (StoreError, TimeoutError) as exc:
        log.warning("webhook not taken", channel=channel, error=type(exc).__name__)
        return PlainTextResponse("try again later\n", 503)
    except Exception:
        log.exception("webhook failed", channel=channel)
        return PlainTextResponse("try again later\n", 500)
    if answer is None:
        return PlainTextResponse("this channel takes no webhooks\n", 404)
    return Response(
        answer.body, answer.status, headers=dict(answer.headers), media_type=answer.media_type
    )


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
