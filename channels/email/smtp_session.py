"""One SMTP or LMTP connection: aiosmtpd's protocol machine, with what we do otherwise.

Made by `smtp_in` for each connection. Kept from aiosmtpd: greeting, commands, STARTTLS, AUTH.
Ours: the reader of DATA (`data_reader`), the answer only after the mail is stored, every fault of
ours as 451 (aiosmtpd: a permanent 500 that shows internals), one answer per recipient in LMTP,
pipelining, enhanced status codes, strict addresses. Never parses a mail.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
from typing import Any, Literal, Self

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, syntax
from aiosmtpd.smtp import Session as AiosmtpdSession

from channels.email.data_reader import DataReader, Verdict
from channels.email.door import TOO_IDLE, Door
from gateway.model.message import RawEvent

log = logging.getLogger(__name__)
# aiosmtpd writes peers, addresses and whatever a client types into this log.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)

TRY_LATER = "451 4.3.0 The mail could not be stored, try again later"
IDENT = "Ventanilla"
# RFC 5321 section 4.5.3.2.7: at least five minutes; counted from a command, so that DATA as a
# whole has no more than this either.
IDLE_AFTER_S = 300.0
MAX_RECIPIENTS = 100  # RFC 5321 section 4.5.3.1.8: no fewer
MAX_FAILED_LOGINS = 3
# AUTH has the longest lines, RFC 4954 section 4.3 allows 12288 octets. A command line that does
# not fit is refused; DATA does not go through this buffer.
LINE_LIMIT = 12_288

_REFUSALS = {
    Verdict.TOO_BIG: "552 5.3.4 The mail is too big",
    Verdict.TOO_MANY_LINES: "552 5.3.4 The mail has too many lines",
    Verdict.BARE_LF: "554 5.6.0 The mail has line ends without CR (RFC 5321 section 2.3.8)",
    Verdict.NO_ROOM: "452 4.3.1 Too many mails at once, try again later",
}
# RFC 2034: the status that goes with a plain reply code of aiosmtpd.
_STATUS = {
    b"221": b"2.0.0 ",
    b"250": b"2.0.0 ",
    b"252": b"2.5.2 ",
    b"454": b"4.7.0 ",
    b"500": b"5.5.2 ",
    b"501": b"5.5.4 ",
    b"502": b"5.5.1 ",
    b"503": b"5.5.1 ",
    b"530": b"5.7.0 ",
    b"552": b"5.3.4 ",
    b"553": b"5.1.3 ",
    b"554": b"5.7.0 ",
    b"555": b"5.5.4 ",
}
_LAST_EHLO_LINE = b"250 ENHANCEDSTATUSCODES"
_HAS_STATUS = re.compile(rb"[245]\.\d{1,3}\.\d{1,3} ")
_AT_ONCE = frozenset({b"220", b"221", b"334", b"354", b"421"})
# <local@domain> and its ESMTP parameters. No source routes, no quoted local parts: nothing that
# two mail programs could read in two ways.
_PATH = re.compile(r"\s*<([^<>\s\"@]+@[^<>\s\"@]+|)>(?:\s+(.*))?", re.DOTALL)


class _Memory(AiosmtpdSession):
    """aiosmtpd's session without its deprecation warning on every login."""

    login_data = None


class OurSmtp(SMTP):
    """What SMTP and LMTP have in common here."""

    # aiosmtpd counts these up on every EHLO, for all connections together: far enough from ours.
    line_length_limit = LINE_LIMIT
    command_size_limit = LINE_LIMIT

    via: Literal["smtp", "lmtp"]
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
        self._greetings = frozenset({_LAST_EHLO_LINE, b"250 " + house.hostname.encode()})
        self._begin()

    def _begin(self) -> None:
        self._replies: list[bytes] = []
        self._content: DataReader | None = None
        self._content_end: asyncio.Future[None] | None = None
        self._held = 0
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
            self._release()
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        """See `asyncio.Protocol.eof_received`."""
        return False if self._is_refused else super().eof_received()

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol.data_received`."""
        if self._content is not None:
            self._feed(data)
        elif not self._is_refused:
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
        self._replies.append(reply if reply in self._greetings else _with_status(reply))
        if reply[3:4] == b"-":
            return
        if b"\n" not in self._unread or reply[:3] in _AT_ONCE:
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
        return [*kept, "250-PIPELINING", _LAST_EHLO_LINE.decode()]

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

    # --- content ----------------------------------------------------------------------------

    @syntax("DATA")
    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - see above
        """Read a mail, store it, and only then say so."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        assert self.envelope is not None
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
        elif not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
        else:
            await self._take_mail(len(self.envelope.rcpt_tos))

    async def _take_mail(self, recipients: int) -> None:
        self.is_busy = True
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            verdict, content = await self._read_content()
            reply = _REFUSALS.get(verdict) or await self._store(content)
        finally:
            self.is_busy = False
            self._release()
        self.envelope = self._create_envelope()
        await self.push(self._answers(reply, recipients))

    def _answers(self, reply: str, recipients: int) -> str:
        """Return the answer to the final dot; RFC 2033 wants one per recipient in LMTP."""
        return "\r\n".join([reply] * (recipients if self.via == "lmtp" else 1))

    async def _read_content(self) -> tuple[Verdict, bytes]:
        content = self._content = DataReader(self._door.house.size_limit)
        self._content_end = self.loop.create_future()
        if self._unread:  # the client has not waited for our 354
            self._feed(await self._reader.read(len(self._unread)))
        await self._content_end
        return content.take()

    def _feed(self, data: bytes) -> None:
        assert self._content is not None
        assert self._content_end is not None
        rest = self._content.feed(data)
        self._door.held_bytes += self._content.held - self._held
        self._held = self._content.held
        if not self._door.has_room():
            self._content.refuse(Verdict.NO_ROOM)
        if rest is not None:
            self._content = None
            self._content_end.set_result(None)
            if rest:
                super().data_received(rest)

    def _release(self) -> None:
        self._door.held_bytes -= self._held
        self._held = 0

    async def _store(self, content: bytes) -> str:
        event = RawEvent(
            channel=self._channel,
            body=content,
            facts=self._facts(),
            received_at=self._door.house.world.now(),
        )
        try:
            await self._door.accept(self._door.intake.accept([event]))
        except Exception:
            log.exception("mail not stored", extra={"channel": self._channel})
            return TRY_LATER
        return "250 2.0.0 OK"

    def _facts(self) -> dict[str, Any]:
        assert self.envelope is not None
        sender = self.envelope.mail_from
        return {
            "via": self.via,
            "mail_from": "" if sender == "<>" else sender,
            "rcpt": list(self.envelope.rcpt_tos),
            "peer": self.host,
        }


class SmtpSession(OurSmtp):
    """A connection that speaks SMTP."""

    via = "smtp"


class LmtpSession(OurSmtp, LMTP):
    """A connection that speaks LMTP."""

    via = "lmtp"


def _say_last(transport: asyncio.BaseTransport, reply: bytes) -> None:
    assert isinstance(transport, asyncio.WriteTransport)
    transport.write(reply)
    transport.close()


def _with_status(reply: bytes) -> bytes:
    status = _STATUS.get(reply[:3])
    if status is None or reply[3:4] != b" " or _HAS_STATUS.match(reply, 4):
        return reply
    return reply[:4] + status + reply[4:]
