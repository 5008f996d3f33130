"""An imitation of Slack at the network edge: Web API, Socket Mode, signed HTTP events, files.

``async with SlackServer(world).running() as slack`` listens on a free port of this machine;
``slack.api_url`` is what a channel is configured with. `fail_next` scripts the next answers.
People act through `tests.fakes.slack.people.People`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from gateway.world import World
from tests.fakes.slack.methods import Methods
from tests.fakes.slack.sockets import Sockets
from tests.fakes.slack.workspace import Payload, Workspace
from tests.fakes.world import FakeWorld

BOT_TOKEN = "xoxb-imitation-token"
APP_TOKEN = "xapp-imitation-token"
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SIGN_IN_PAGE = "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head></html>"


class Call(NamedTuple):
    """A call of the Web API."""

    method: str
    given: Payload


@dataclass
class Failure:
    """How the next call of a method goes wrong.

    ``before``: the connection is cut before anything happens; ``after``: after it happened, so
    that only the answer is lost; ``hang``: it happens and no answer ever comes.
    """

    how: str = "error"
    error: str = "internal_error"
    status: int = 200
    retry_after: int = 1
    body: str = ""


@dataclass
class SlackServer:
    """The imitation. ``seconds`` is how long it waits for an acknowledgement."""

    world: World = field(default_factory=FakeWorld)
    seconds: float = 3.0
    request_url: str = ""
    port: int = 0
    token: str = BOT_TOKEN

    def __post_init__(self) -> None:
        self.workspace = Workspace(self.world)
        self.methods = Methods(self.workspace, bot_token=self.token, app_token=APP_TOKEN)
        self.sockets = Sockets()
        self.calls: list[Call] = []
        self.failures: dict[str, list[Failure]] = defaultdict(list)
        self.shows_sign_in = False
        self.base = ""
        self.called = asyncio.Event()
        self._envelopes = 0
        self._client: aiohttp.ClientSession | None = None

    @property
    def api_url(self) -> str:
        """Return the base URL of the Web API."""
        return f"{self.base}/api/"

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Listen while the body runs."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/socket", self.sockets.handle)
        app.router.add_post("/upload/{file}", self._upload)
        app.router.add_get("/files-pri/{file}/{name:.+}", self._download)
        self.add_routes(app)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        await site.start()
        self.port = runner.addresses[0][1]
        self.base = self.methods.base = f"http://127.0.0.1:{self.port}"
        self._client = aiohttp.ClientSession()
        try:
            yield self
        finally:
            for socket in list(self.sockets.open):
                await socket.ws.close()
            await self._client.close()
            await runner.cleanup()

    def add_routes(self, app: web.Application) -> None:
        """Add more routes: for who runs it by hand."""

    # --- what a test looks at ------------------------------------------------------------------

    def fail_next(self, method: str, **how: Any) -> None:
        """Script the next call of a method."""
        self.failures[method].append(Failure(**how))

    def called_with(self, method: str) -> list[Payload]:
        """Return what a method was called with, each time."""
        return [call.given for call in self.calls if call.method == method]

    async def until_called(self, method: str, times: int = 1, seconds: float = 60.0) -> None:
        """Wait for so many calls of a method."""
        async with asyncio.timeout(seconds):
            while len(self.called_with(method)) < times:
                self.called.clear()
                await self.called.wait()

    # --- Web API -------------------------------------------------------------------------------

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        given = await _parameters(request)
        token = given.pop("token", "") or request.headers.get("Authorization", "")
        self.calls.append(Call(method, given))
        scripted = self.failures[method]
        failure = scripted.pop(0) if scripted else None
        if failure is not None and failure.how in {"error", "before"}:
            self.called.set()
            return self._failed(request, failure)
        answer = self.methods.call(method, str(token).removeprefix("Bearer "), given)
        if method == "apps.connections.open" and answer["ok"]:
            url = f"ws://127.0.0.1:{self.port}/socket?ticket={self.sockets.new_ticket()}"
            answer["url"] = url
        self.called.set()
        if failure is not None and failure.how == "hang":
            await asyncio.sleep(3600)
        if failure is not None:
            return self._failed(request, failure)
        headers = {"x-oauth-scopes": ",".join(sorted(self.workspace.scopes))}
        return web.json_response(answer, headers=headers)

    def _failed(self, request: web.Request, failure: Failure) -> web.StreamResponse:
        if failure.how != "error":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if failure.status == 429:
            body = {"ok": False, "error": "ratelimited"}
            headers = {"Retry-After": str(failure.retry_after)}
            return web.json_response(body, status=429, headers=headers)
        if failure.status != 200:
            page = failure.body or "<html><body>Bad gateway</body></html>"
            return web.Response(status=failure.status, text=page, content_type="text/html")
        return web.json_response({"ok": False, "error": failure.error})

    # --- files ---------------------------------------------------------------------------------

    async def _upload(self, request: web.Request) -> web.Response:
        stored = self.workspace.files[request.match_info["file"]]
        self.calls.append(Call("upload", {"file": stored.id}))
        stored.content = await request.read()
        return web.Response(text=f"OK - {len(stored.content)}")

    async def _download(self, request: web.Request) -> web.Response:
        stored = self.workspace.files.get(request.match_info["file"].partition("-")[2])
        has_token = request.headers.get("Authorization") == f"Bearer {self.token}"
        may_read = has_token and "files:read" in self.workspace.scopes and not self.shows_sign_in
        self.calls.append(Call("download", {"has_token": has_token}))
        if failed := self.failures["download"]:
            return self._failed(request, failed.pop(0))  # type: ignore[return-value]
        if not may_read:
            return web.Response(text=SIGN_IN_PAGE, content_type="text/html")
        if stored is None or stored.content is None:
            raise web.HTTPNotFound
        return web.Response(body=stored.content, content_type=stored.media_type)

    # --- events --------------------------------------------------------------------------------

    async def deliver(
        self, kind: str, payload: Payload, *, retry: int = 0, seconds: float = 0
    ) -> Payload | None:
        """Hand over one thing; return the answer, None when it was not acknowledged.

        ``kind`` is Socket Mode's word: events_api, interactive or slash_commands.
        """
        if self.request_url:
            return await self._post(kind, payload, retry)
        self._envelopes += 1
        envelope = {
            "envelope_id": f"envelope-{self._envelopes}",
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": "timeout" if retry else ""}
        return await self.sockets.deliver(envelope, seconds or self.seconds)

    async def _post(self, kind: str, payload: Payload, retry: int) -> Payload | None:
        body, media_type = _as_http(kind, payload)
        headers = {"Content-Type": media_type, **self.signed(body)}
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
        status, text = await self.post(body, headers)
        if status != 200:
            return None
        return json.loads(text) if text.startswith("{") else {"text": text}

    def signed(self, body: bytes, *, at: int | str | None = None, secret: str = "") -> Payload:
        """Return the two headers that sign a body."""
        moment = str(int(self.world.now().timestamp()) if at is None else at)
        base = f"v0:{moment}:".encode() + body
        digest = hmac.new((secret or SIGNING_SECRET).encode(), base, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": f"v0={digest}"}

    async def post(self, body: bytes, headers: Payload) -> tuple[int, str]:
        """Post a body to the request URL; return status and text, 0 when there was no answer."""
        assert self._client is not None
        timeout = aiohttp.ClientTimeout(total=self.seconds)
        try:
            async with self._client.post(
                self.request_url, data=body, headers=headers, timeout=timeout
            ) as answer:
                return answer.status, await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return 0, ""


async def _parameters(request: web.Request) -> Payload:
    given: Payload = dict(request.query)
    if request.content_type == "application/json":
        given |= await request.json()
    else:
        given |= dict(await request.post())
    for key in ("blocks", "metadata", "view", "files"):
        if isinstance(given.get(key), str):
            given[key] = json.loads(given[key])
    return given


def _as_http(kind: str, payload: Payload) -> tuple[bytes, str]:
    form = "application/x-www-form-urlencoded"
    if kind == "events_api":
        return json.dumps(payload).encode(), "application/json"
    if kind == "interactive":
        return urlencode({"payload": json.dumps(payload)}).encode(), form
    return urlencode(payload).encode(), form
