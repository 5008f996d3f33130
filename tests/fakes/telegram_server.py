"""An imitation of the Bot API on a loopback port: one bot, its chats, its updates, its files.

It polls long, confirms by offset, ends the older of two polls, refuses what Telegram refuses and
fails as it is told: `fail_next`. ``calls`` is everything it was asked, ``shown`` what people see,
``handed`` how often each update was handed out.
"""

from __future__ import annotations

import asyncio
import hmac
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.fakes.telegram_api import (
    METHODS,
    NOT_BY_DEFAULT,
    UPDATE_KINDS,
    Refused,
    read_parameters,
)
from tests.fakes.telegram_chats import Call, Chats

TOKEN = "4711:AAimitation_of_a_token-0123456789abcdef"
GATEWAY_HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


@dataclass(frozen=True)
class Fault:
    """What the next call of a method meets.

    ``refused`` is said instead of doing it; ``html`` is answered with this status; with ``drop``
    the connection closes, ``after`` the effect or before it; ``silent`` answers nothing for ever.
    """

    refused: Refused | None = None
    html: int = 0
    drop: str = ""
    silent: bool = False


@dataclass
class TelegramServer(Chats):
    """See the module."""

    token: str = TOKEN
    calls: list[Call] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    script: dict[str, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    webhook: dict[str, Any] = field(default_factory=dict)
    last_error: str = ""
    confirmed: int = 0
    handed: Counter[int] = field(default_factory=Counter)
    url: str = ""
    _polls: int = 0
    _allowed: list[str] | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _update_ids: Any = field(default_factory=lambda: itertools.count(700_000_001))

    # --- what a test does -------------------------------------------------------------------

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[TelegramServer]:
        """Listen while the body runs."""
        app = web.Application(client_max_size=60_000_000)
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        app.router.add_get("/file/bot{token}/{path:.*}", self._download)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            self._polls += 1
            self._touch()
            await runner.cleanup()

    def push(self, kind: str, body: Mapping[str, Any], update_id: int | None = None) -> int:
        """Let something happen; return its update id. What nobody asked for is passed over."""
        number = next(self._update_ids) if update_id is None else update_id
        allowed = self._allowed or [k for k in UPDATE_KINDS if k not in NOT_BY_DEFAULT]
        if kind in allowed:
            self.updates.append({"update_id": number, kind: dict(body)})
            self._touch()
        return number

    def fail_next(self, method: str, *faults: Fault) -> None:
        """Script the next calls of a method."""
        self.script[method].extend(faults)

    def called(self, method: str) -> list[Call]:
        """Return the calls of a method, oldest first."""
        return [call for call in self.calls if call.method == method]

    async def until(self, is_met: Any, seconds: float = 60.0) -> None:
        """Wait until something holds that a call or an update can bring about."""
        async with asyncio.timeout(seconds):
            while not is_met():
                self._changed.clear()
                await self._changed.wait()

    async def deliver(self) -> int:
        """Post what waits to the webhook, in order, until it refuses; return how many it took."""
        taken = 0
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.get("secret_token", "")}
        async with aiohttp.ClientSession() as session:
            while self.updates:
                post = session.post(self.webhook["url"], json=self.updates[0], headers=headers)
                async with post as answer:
                    if answer.status // 100 != 2:
                        self.last_error = f"Wrong response from the webhook: {answer.status}"
                        return taken
                self.updates.pop(0)
                taken += 1
        return taken

    # --- how it answers ---------------------------------------------------------------------

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self._touch()
        if not hmac.compare_digest(request.match_info["token"], self.token):
            return _error(Refused(401, "Unauthorized"))
        if method not in METHODS:
            return _error(Refused(404, "Not Found"))
        try:
            call, refused = await _read(method, request)
        except ConnectionError:
            return web.Response()  # who asked is gone
        self.calls.append(call)
        try:
            if refused is not None:
                raise refused
            answer = await self._meet(method, call)
        except Refused as no:
            answer = _error(no)
        self._touch()
        if answer is None and request.transport is not None:
            request.transport.abort()
        return answer or web.Response()

    async def _meet(self, method: str, call: Call) -> web.Response | None:
        """Do what was asked, or what was scripted; None hangs up."""
        fault = self.script[method].pop(0) if self.script[method] else Fault()
        if fault.silent:
            self._touch()
            await asyncio.Event().wait()
        if fault.refused:
            raise fault.refused
        if fault.html:
            return web.Response(status=fault.html, body=GATEWAY_HTML, content_type="text/html")
        if fault.drop == "before":
            return None
        result = await getattr(self, f"_do_{method}")(call)
        if fault.drop:
            return None
        return web.json_response({"ok": True, "result": result})

    async def _download(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != self.token:
            return _error(Refused(401, "Unauthorized"))
        for path, content, _ in self.files.values():
            if path == request.match_info["path"]:
                return web.Response(body=content)
        return _error(Refused(404, "Not Found"))

    def _touch(self) -> None:
        self._changed.set()

    # --- taking updates ---------------------------------------------------------------------

    async def _do_getUpdates(self, call: Call) -> list[dict[str, Any]]:  # noqa: N802
        if self.webhook.get("url"):
            raise Refused(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook"
                " to delete the webhook first",
            )
        given = call.parameters
        self._allowed = given.get("allowed_updates", self._allowed)
        if offset := given.get("offset", 0):
            self.confirmed = max(self.confirmed, offset - 1)
            self.updates = [u for u in self.updates if u["update_id"] >= offset]
        self._polls += 1
        mine = self._polls
        self._touch()
        end = asyncio.get_running_loop().time() + given.get("timeout", 0)
        while not self.updates:
            if not await self._wait(end - asyncio.get_running_loop().time()):
                break
            if mine != self._polls:
                raise Refused(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one"
                    " bot instance is running",
                )
        batch = self.updates[: min(given.get("limit", 100), 100)]
        self.handed.update(update["update_id"] for update in batch)
        return batch

    async def _wait(self, seconds: float) -> bool:
        if seconds <= 0:
            return False
        self._changed.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def _do_setWebhook(self, call: Call) -> bool:  # noqa: N802
        self.webhook = dict(call.parameters) if call.parameters["url"] else {}
        self._allowed = call.parameters.get("allowed_updates", self._allowed)
        if call.parameters.get("drop_pending_updates"):
            self.updates.clear()
        return True

    async def _do_deleteWebhook(self, call: Call) -> bool:  # noqa: N802
        self.webhook = {}
        if call.parameters.get("drop_pending_updates"):
            self.updates.clear()
        return True

    async def _do_getWebhookInfo(self, _call: Call) -> dict[str, Any]:  # noqa: N802
        info = {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self.updates),
        }
        if self.last_error:
            info |= {"last_error_date": 1_800_000_000, "last_error_message": self.last_error}
        return info


async def _read(method: str, request: web.Request) -> tuple[Call, Refused | None]:
    form = await request.post()
    files = {
        name: (value.filename, value.file.read())
        for name, value in form.items()
        if isinstance(value, web.FileField)
    }
    plain = {n: f"attach://{n}" if n in files else value for n, value in form.items()}
    given = {n: value for n, value in plain.items() if n not in files or n in METHODS[method]}
    try:
        return Call(method, read_parameters(method, given), files), None
    except Refused as refused:
        return Call(method, dict(given), files), refused


def _error(refused: Refused) -> web.Response:
    body: dict[str, Any] = {
        "ok": False,
        "error_code": refused.code,
        "description": refused.description,
    }
    if refused.parameters:
        body["parameters"] = refused.parameters
    return web.Response(
        status=refused.code, body=json.dumps(body).encode(), content_type="application/json"
    )
