"""What a client may say before its mail: aiosmtpd's protocol machine, with what we do otherwise.

The base of the sessions in `smtp_session`. Kept from aiosmtpd: greeting, commands, STARTTLS, AUTH.
Ours: strict addresses, pipelining, enhanced status codes, bounds on connections and logins, and
every fault of ours as 451 (aiosmtpd: a permanent 500 that shows internals).
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from aiosmtpd.smtp import Session as AiosmtpdSession

from channels.email.door import TOO_IDLE, Door
from channels.email.smtp_replies import (
    AT_ONCE,
    LAST_EHLO_LINE,
    TRY_LATER,
    with_status,
)

log = logging.getLogger(__name__)
# aiosmtpd writes peers, addresses and whatever a client types into this log.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)

IDENT = "Ventanilla"
# RFC 5321 section 4.5.3.2.7: at least five minutes; counted from a command, so that DATA as a
# whole has no more than this either.
IDLE_AFTER_S = 300.0
MAX_RECIPIENTS = 100  # RFC 5321 section 4.5.3.1.8: no fewer
MAX_FAILED_LOGINS = 3
# AUTH has the longest lines, RFC 4954 section 4.3 allows 12288 octets. A command line that does
# not fit is refused; DATA does not go through this buffer.
LINE_LIMIT = 12_288

# <local@domain> and its ESMTP parameters. No source routes, no quoted local parts: nothing that
# two mail programs could read in two ways.
_PATH = re.compile(r"\s*<([^<>\s\"@]+@[^<>\s\"@]+|)>(?:\s+(.*))?", re.DOTALL)


class _Memory(AiosmtpdSession):
    """aiosmtpd's session without its deprecation warning on every login."""

    login_data = None


class Conversation(SMTP):
    """What SMTP and LMTP have in common here."""

    # aiosmtpd counts these up on every EHLO, for all connections together: far enough from ours.
    line_length_limit = LINE_LIMIT
    command_size_limit = LINE_LIMIT

    host = ""
    is_busy = False
    active_at = 0.0

    def __init__(self, door: Door, loop: asyncio.AbstractEventLoop) -> None:
        self._door = door
        house = door.house
        super().__init__(
            self,
            data_size_limit=house.size_limit,
            enable_SMTPUTF8=True,
            hostname=house.hostname,
            ident=IDENT,
            tls_context=house.tls,
            timeout=IDLE_AFTER_S,
            auth_required=house.login is not None,
            authenticator=self._check_login,
            loop=loop,
        )
        self._greetings = frozenset({LAST_EHLO_LINE, b"250 " + house.hostname.encode()})
        self._begin()

    def _begin(self) -> None:
        self._replies: list[bytes] = []
        self._failed_logins = 0
        self._is_refused = False

    def fresh(self) -> Self:
        """Return another session like this one, which has never been connected.

        aiosmtpd looks through all its members for commands whenever one is made: 0.3 ms, as much
        as taking a mail costs. They are the same every time.
        """
        new = object.__new__(type(self))
        vars(new).update(vars(self))
        asyncio.StreamReaderProtocol.__init__(
            new,
            asyncio.StreamReader(limit=LINE_LIMIT, loop=self.loop),
            client_connected_cb=new._cb_client_connected,
            loop=self.loop,
        )
        new.event_handler = new
        new._authenticator = new._check_login
        for commands in ("_handle_hooks", "_smtp_methods"):
            old = vars(self)[commands]
            vars(new)[commands] = {name: getattr(new, old[name].__name__) for name in old}
        new._auth_methods = {
            name: found._replace(method=getattr(new, found.method.__name__))
            for name, found in self._auth_methods.items()
        }
        new._begin()
        return new

    # --- connection -------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol.connection_made`; called again when TLS has begun."""
        self.active_at = self.loop.time()
        if self._tls_protocol is None and not self._enter(transport):
            return
        super().connection_made(transport)

    def _enter(self, transport: asyncio.BaseTransport) -> bool:
        peer = transport.get_extra_info("peername")
        self.host = peer[0] if isinstance(peer, tuple) else ""
        refusal = self._door.refusal(self.host, self.active_at)
        if refusal is not None:
            self._is_refused = True
            _say_last(transport, refusal)
            return False
        self._door.enter(self)
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """See `asyncio.Protocol.connection_lost`."""
        if not self._is_refused:
            self._door.leave(self)
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        """See `asyncio.Protocol.eof_received`."""
        return False if self._is_refused else super().eof_received()

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol.data_received`."""
        if not self._is_refused:
            super().data_received(data)

    def dismiss(self, reply: bytes) -> None:
        """See `Guest.dismiss`."""
        if self.transport is not None:
            _say_last(self.transport, reply)

    def _create_session(self) -> AiosmtpdSession:
        return _Memory(self.loop)

    def _reset_timeout(self, _duration: float | None = None) -> None:
        # Called for every command: the one timer looks at this when it fires.
        self.active_at = self.loop.time()
        if self._timeout_handle is None:
            self._timeout_handle = self.loop.call_later(IDLE_AFTER_S, self._timeout_cb)

    def _timeout_cb(self) -> None:
        left = self.active_at + IDLE_AFTER_S - self.loop.time()
        if left > 0:
            self._timeout_handle = self.loop.call_later(left, self._timeout_cb)
        else:
            self.dismiss(TOO_IDLE)

    # --- replies ----------------------------------------------------------------------------

    async def push(self, status: str | bytes) -> None:
        """Write a reply; wait with it while more commands are here already (RFC 2920)."""
        reply = status.encode() if isinstance(status, str) else status
        self._replies.append(reply if reply in self._greetings else with_status(reply))
        if reply[3:4] == b"-":
            return
        if b"\n" not in self._unread or reply[:3] in AT_ONCE:
            written, self._replies = b"\r\n".join((*self._replies, b"")), []
            self._writer.write(written)
            await self._writer.drain()

    @property
    def _unread(self) -> bytearray:
        # StreamReader cannot be asked whether it would wait; aiosmtpd looks into it as well.
        buffer: bytearray = self._reader._buffer  # type: ignore[attr-defined] # noqa: SLF001
        return buffer

    async def handle_exception(self, error: Exception) -> str:
        """Return what to say when something went wrong here: no internals, nothing permanent."""
        log.error("smtp session failed", exc_info=error, extra={"channel": self._channel})
        return TRY_LATER

    @property
    def _channel(self) -> str:
        return self._door.house.channel

    # --- commands ---------------------------------------------------------------------------

    async def handle_EHLO(  # noqa: N802 - aiosmtpd finds its hooks by these names
        self,
        _server: SMTP,
        session: AiosmtpdSession,
        _envelope: Any,
        hostname: str,
        lines: list[str],
    ) -> list[str]:
        """Return the lines of the answer to EHLO or LHLO."""
        session.host_name = hostname
        can_log_in = self._door.house.login is not None
        kept = [line for line in lines[:-1] if can_log_in or not line.startswith("250-AUTH")]
        return [*kept, "250-PIPELINING", LAST_EHLO_LINE.decode()]

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take a recipient that is ours."""
        if address not in self._door.house.own:
            return "550 5.1.1 There is no such address here"
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        found = _PATH.fullmatch(arg)
        if found is None:
            return None, None
        return found[1] or "<>", found[2] or ""

    def _check_login(
        self, _server: SMTP, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword
    ) -> AuthResult:
        login = self._door.house.login
        if login is not None and (
            hmac.compare_digest(given.login, login.user)
            & hmac.compare_digest(given.password, login.password)
        ):
            return AuthResult(success=True)
        log.warning("smtp login refused", extra={"channel": self._channel, "peer": self.host})
        self._failed_logins += 1
        if self._failed_logins >= MAX_FAILED_LOGINS:
            self.dismiss(b"421 4.7.0 Too many failed logins\r\n")
        return AuthResult(success=False, handled=False)


def _say_last(transport: asyncio.BaseTransport, reply: bytes) -> None:
    assert isinstance(transport, asyncio.WriteTransport)
    transport.write(reply)
    transport.close()
