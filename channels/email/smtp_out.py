"""One mail's conversation with the outgoing server, step by step.

Used by `send`, which says what a step that failed means. Raises what aiosmtplib raises, and for
addresses that do not belong on a wire AddressRefused or PermanentFailure. Never retries.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum

import aiosmtplib

from channels.email.envelope import is_strict, to_wire
from gateway.errors import AddressRefused, PermanentFailure
from gateway.model.outgoing import Part

RESET_WITHIN_S = 5.0


class Stage(StrEnum):
    """How far a mail has come."""

    CONNECT = "connecting"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    DOT = "the final dot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What goes over the wire for one part."""

    sender: str
    recipient: str
    content: bytes
    size: int
    external_id: str

    @classmethod
    def of(cls, part: Part) -> Mail:
        """Return what a part says.

        Raises:
            AddressRefused: the recipient is not exactly one plain address.
            PermanentFailure: the sender is not one.
        """
        recipients, sender = part.facts["rcpt"], part.facts["mail_from"]
        assert isinstance(recipients, list | tuple)
        recipient = to_wire(str(recipients[0])) if len(recipients) == 1 else ""
        if not is_strict(recipient):
            raise AddressRefused("the recipient is not one plain mail address", code="5.1.3")
        if not (isinstance(sender, str) and is_strict(to_wire(sender))):
            raise PermanentFailure("the envelope sender is not one plain address", code="5.1.7")
        return cls(
            sender=to_wire(sender),
            recipient=recipient,
            content=_dot_stuffed(part.body),
            size=len(part.body),
            external_id=part.external_id,
        )

    def options(self, client: aiosmtplib.SMTP) -> list[str]:
        """Return the parameters of MAIL.

        Raises:
            PermanentFailure: an address needs SMTPUTF8, and the server has none.
        """
        options = []
        if client.supports_extension("size"):
            options.append(f"SIZE={self.size}")
        if not (self.sender.isascii() and self.recipient.isascii()):
            if not client.supports_extension("smtputf8"):
                raise PermanentFailure("the outgoing server has no SMTPUTF8", code="5.6.7")
            options.append("SMTPUTF8")
        return options


def _dot_stuffed(body: bytes) -> bytes:
    """Return the content of DATA with its end (RFC 5321 section 4.5.2)."""
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    if body.startswith(b"."):
        body = b"." + body
    return body.replace(b"\r\n.", b"\r\n..") + b".\r\n"


class Talk:
    """One mail's conversation: how far it is, and whether the connection is fit for another."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self._client = client
        self.stage = Stage.MAIL
        self.is_fit = False

    async def hand_over(self, mail: Mail) -> aiosmtplib.SMTPResponse:
        """Say everything that hands a mail over; return the answer to the final dot."""
        client = self._client
        options = mail.options(client)
        await client.mail(mail.sender, options=options, encoding="utf-8", timeout=None)
        self.stage = Stage.RCPT
        await client.rcpt(mail.recipient, encoding="utf-8", timeout=None)
        self.stage = Stage.DATA
        answer = await client.execute_command(b"DATA", timeout=None)
        if answer.code != aiosmtplib.SMTPStatus.start_input:
            raise aiosmtplib.SMTPDataError(answer.code, answer.message)
        return await self._write(mail.content)

    async def _write(self, content: bytes) -> aiosmtplib.SMTPResponse:
        # Not `client.data`: it cannot say whether it was lost before or behind the final dot, and
        # it normalises line ends that were frozen right.
        protocol = self._client.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("the connection was closed")
        self.stage = Stage.DOT
        protocol.write(content)
        answer = await protocol.read_response()
        if answer.code != aiosmtplib.SMTPStatus.completed:
            raise aiosmtplib.SMTPDataError(answer.code, answer.message)
        return answer

    async def reset(self) -> None:
        """Make the connection fit for the next mail after a refusal, where that is possible."""
        if self.stage is Stage.DOT:
            self.is_fit = True
            return
        try:
            async with asyncio.timeout(RESET_WITHIN_S):
                await self._client.rset()
            self.is_fit = True
        except (TimeoutError, OSError, aiosmtplib.SMTPException):
            self.is_fit = False
