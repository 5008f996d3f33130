"""One SMTP or LMTP connection on which mail comes in: DATA, and what follows from it.

Made by `smtp_in` for each connection. The reader of DATA is ours (`data_reader`); the answer to the
final dot is given after the mail is stored and not before, in LMTP once per recipient. Never
parses a mail.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Literal

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import syntax

from channels.email.data_reader import DataReader, Verdict
from channels.email.smtp_conversation import Conversation
from channels.email.smtp_replies import REFUSALS, TRY_LATER
from gateway.errors import StoreError
from gateway.model.message import RawEvent

log = logging.getLogger(__name__)


class MailSession(Conversation):
    """A connection that brings mail."""

    via: Literal["smtp", "lmtp"]

    def _begin(self) -> None:
        super()._begin()
        self._content: DataReader | None = None
        self._content_end: asyncio.Future[None] | None = None
        self._held = 0

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol.data_received`."""
        if self._content is not None:
            self._feed(data)
        else:
            super().data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        """See `asyncio.Protocol.connection_lost`."""
        self._release()
        super().connection_lost(error)

    @syntax("DATA")
    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd finds its commands by their names
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
            reply = REFUSALS.get(verdict) or await self._store(content)
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
        except StoreError as exc:
            # Everybody who writes meets it, and the disk may be full: one short line each.
            more = {"channel": self._channel, "reason": str(exc)}
            log.warning("mail not stored", extra=more)
            return TRY_LATER
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


class SmtpSession(MailSession):
    """A connection that speaks SMTP."""

    via = "smtp"


class LmtpSession(MailSession, LMTP):
    """A connection that speaks LMTP."""

    via = "lmtp"
