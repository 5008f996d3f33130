"""Hands frozen mails to the outgoing server, each once, over a few kept connections.

Called through `EmailChannel.send`. Says exactly how far a mail came: refused before the final dot
(temporary or permanent), or lost behind it (uncertain). Never retries what may have arrived, never
sends without the TLS that the settings ask for, never writes an address it has not checked.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass

import aiosmtplib

from channels.email.endpoints import Server, Tls
from channels.email.oauth import AccessTokens, OAuthError
from channels.email.smtp_out import Mail, Refused, Stage, Talk
from channels.email.smtp_wire import Reply, Wire
from channels.problems import says
from gateway.errors import (
    AddressRefused,
    PermanentFailure,
    SendError,
    TemporaryFailure,
    Uncertain,
)
from gateway.model.outgoing import Part, Receipt
from gateway.world import World

MAX_CONNECTIONS = 8
CONNECT_WITHIN_S = 30.0
SEND_WITHIN_S = 120.0
# Servers close idle connections after 5 to 300 seconds; one that did is found out on MAIL.
KEEP_IDLE_S = 60.0
MAX_REASON = 300

_STATUS = re.compile(r"(?:^|\s)([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")
# Codes that speak of the recipient where no RFC 3463 status says more.
_ADDRESS_CODES = frozenset({550, 551, 553})
# "Service closing transmission channel": the server hangs up.
_LEAVING = 421


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """The outgoing server and how to log in there. ``password`` raises ChannelMisconfigured."""

    server: Server
    hostname: str
    tls: Callable[[], ssl.SSLContext]
    has_private_ca: bool
    password: Callable[[], str]
    tokens: AccessTokens | None = None


class _Lost(Exception):
    """The connection is gone, or the server sends us away, before the final dot."""

    def __init__(self, stage: Stage, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.stage, self.reason, self.code = stage, reason, code


class SmtpSender:
    """Connections to one outgoing server."""

    def __init__(self, way_out: WayOut, world: World) -> None:
        self._way_out = way_out
        self._world = world
        self._idle: list[tuple[Wire, float]] = []
        self._places = asyncio.Semaphore(MAX_CONNECTIONS)

    async def send(self, part: Part) -> Receipt:
        """Send one mail. See `Channel.send`."""
        mail = Mail.of(part)
        async with self._places:
            wire = self._take_idle()
            if wire is not None:
                try:
                    return await self._hand_over(wire, mail)
                except _Lost as lost:
                    if lost.stage is not Stage.MAIL:
                        raise self._temporary(lost) from lost
                    # The server closed it while it was idle: nothing of this mail was taken, and
                    # the other idle ones are no better.
                    self._drop_idle()
            wire = await self._open()
            try:
                return await self._hand_over(wire, mail)
            except _Lost as lost:
                raise self._temporary(lost) from lost

    async def check(self) -> None:
        """Connect, log in and leave again. Raises `SendError`."""
        client = await self._connect()
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await client.noop()
                await client.quit()
        except (TimeoutError, aiosmtplib.SMTPException) as exc:
            raise TemporaryFailure(says(self._way_out.server, exc)) from exc
        finally:
            client.close()

    def close(self) -> None:
        """Close what is idle."""
        self._drop_idle()

    # --- connections ------------------------------------------------------------------------

    def _take_idle(self) -> Wire | None:
        now = self._world.monotonic()
        while self._idle:
            wire, since = self._idle.pop()
            if wire.is_open and now - since < KEEP_IDLE_S:
                return wire
            wire.close()
        return None

    def _drop_idle(self) -> None:
        while self._idle:
            self._idle.pop()[0].close()

    async def _open(self) -> Wire:
        client = await self._connect()
        try:
            return Wire.taking_over(client)
        except ConnectionError as exc:
            raise _no_connection(self._way_out.server, exc) from exc

    async def _connect(self) -> aiosmtplib.SMTP:
        """Return a new connection, protected and logged in as the settings ask.

        Raises:
            TemporaryFailure: it cannot be had now; the reason says why.
            ChannelMisconfigured: the password is missing.
        """
        way_out = self._way_out
        server = way_out.server
        starttls = server.tls is Tls.STARTTLS or (
            server.tls is Tls.LOOPBACK and way_out.has_private_ca
        )
        is_protected = starttls or server.tls is Tls.AT_ONCE
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls is Tls.AT_ONCE,
            start_tls=starttls,
            tls_context=way_out.tls() if is_protected else None,
            local_hostname=way_out.hostname,
            timeout=CONNECT_WITHIN_S,
        )
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await client.connect()
                await _greet(client)
                await self._log_in(client)
        except BaseException as exc:
            client.close()
            if isinstance(exc, SendError) or not isinstance(exc, Exception):
                raise
            raise _no_connection(server, exc) from exc
        return client

    async def _log_in(self, client: aiosmtplib.SMTP) -> None:
        way_out = self._way_out
        user = way_out.server.user
        if not user:
            return
        if way_out.tokens is None:
            await client.login(user, way_out.password())
            return
        token = await asyncio.to_thread(way_out.tokens.get)
        try:
            await client.auth_xoauth2(user, token)
        except aiosmtplib.SMTPAuthenticationError:
            way_out.tokens.forget()
            raise

    # --- one mail ---------------------------------------------------------------------------

    async def _hand_over(self, wire: Wire, mail: Mail) -> Receipt:
        talk = Talk(wire)
        try:
            async with asyncio.timeout(SEND_WITHIN_S):
                reply = await talk.hand_over(mail)
            return Receipt(external_id=mail.external_id, detail=_said(*reply))
        except Refused as exc:
            if _is_refusal(exc.reply) and exc.reply.code != _LEAVING:
                await talk.reset()
            raise self._refused(exc.reply, talk.stage) from exc
        except (TimeoutError, OSError) as exc:
            why = str(exc) or "no answer in time"
            if talk.stage is Stage.DOT:
                reason = f"{self._way_out.server}: the answer to {talk.stage} was lost: {why}"
                raise Uncertain(reason) from exc
            raise _Lost(talk.stage, why) from exc
        finally:
            if talk.is_fit and wire.is_open:
                self._idle.append((wire, self._world.monotonic()))
            else:
                wire.close()

    def _refused(self, reply: Reply, stage: Stage) -> Exception:
        said = _said(*reply)
        found = _STATUS.search(reply.words)
        status = found[1] if found else ""
        code = status or str(reply.code)
        reason = f"{self._way_out.server} answered {stage} with {said}"
        if not _is_refusal(reply):
            return Uncertain(reason) if stage is Stage.DOT else _Lost(stage, said)
        if reply.code < 500:  # noqa: PLR2004 - RFC 5321 section 4.2.1
            if reply.code == _LEAVING and stage is not Stage.DOT:
                return _Lost(stage, reason, code)
            return TemporaryFailure(reason, code=code)
        if stage is Stage.RCPT and (
            status.startswith("5.1.") or (not status and reply.code in _ADDRESS_CODES)
        ):
            return AddressRefused(reason, code=code)
        return PermanentFailure(reason, code=code)

    def _temporary(self, lost: _Lost) -> TemporaryFailure:
        reason = f"{self._way_out.server} at {lost.stage}: {lost.reason}"
        return TemporaryFailure(reason, code=lost.code)


async def _greet(client: aiosmtplib.SMTP) -> None:
    """Learn what the server can do, before the first mail asks for it."""
    if client.is_ehlo_or_helo_needed:
        try:
            await client.ehlo()
        except aiosmtplib.SMTPHeloError:
            await client.helo()


def _is_refusal(reply: Reply) -> bool:
    """Say whether this is a refusal at all, and not a yes where it makes no sense."""
    return reply.code >= 400  # noqa: PLR2004 - RFC 5321 section 4.2.1


def _said(code: int, message: str) -> str:
    return f"{code} {' '.join(message.split())}"[:MAX_REASON]


def _no_connection(server: Server, exc: Exception) -> SendError:
    match exc:
        case aiosmtplib.SMTPAuthenticationError():
            why = f"it refused the login: {_said(exc.code, exc.message)}"
        case OAuthError():
            why = str(exc)
        case aiosmtplib.SMTPResponseException():
            why = f"it said {_said(exc.code, exc.message)}"
        case _:
            return TemporaryFailure(says(server, exc)[: 2 * MAX_REASON], code="4.4.1")
    return TemporaryFailure(f"{server}: {why}"[: 2 * MAX_REASON], code="4.4.1")
