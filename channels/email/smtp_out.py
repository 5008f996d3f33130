"""One mail's conversation with the outgoing server, step by step.

Used by `send`, which says what a step that failed means. Raises `Refused` and ConnectionError,
and for addresses that do not belong on a wire AddressRefused or PermanentFailure. Never retries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from channels.email.envelope import is_strict, to_wire
from channels.email.smtp_wire import Reply, Wire
from gateway.errors import AddressRefused, PermanentFailure
from gateway.failpoint import reach, shorten
from gateway.model.outgoing import Part

RESET_WITHIN_S = 5.0
# First digits of the answers that say yes (RFC 5321 section 4.2.1).
DONE, START = 2, 3


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
        sender = to_wire(str(sender))
        if not is_strict(sender):
            raise PermanentFailure("the envelope sender is not one plain address", code="5.1.7")
        return cls(
            sender=sender,
            recipient=recipient,
            content=_dot_stuffed(part.body),
            size=len(part.body),
            external_id=part.external_id,
        )

    def commands(self, extensions: AbstractSet[str]) -> tuple[tuple[Stage, bytes], ...]:
        """Return what comes before the content, for a server that has these extensions.

        Raises:
            PermanentFailure: an address needs SMTPUTF8, and the server has none.
        """
        parameters = f" SIZE={self.size}" if "size" in extensions else ""
        if not (self.sender.isascii() and self.recipient.isascii()):
            if "smtputf8" not in extensions:
                raise PermanentFailure("the outgoing server has no SMTPUTF8", code="5.6.7")
            parameters += " SMTPUTF8"
        return (
            (Stage.MAIL, f"MAIL FROM:<{self.sender}>{parameters}\r\n".encode()),
            (Stage.RCPT, f"RCPT TO:<{self.recipient}>\r\n".encode()),
            (Stage.DATA, b"DATA\r\n"),
        )


def _dot_stuffed(body: bytes) -> bytes:
    """Return the content of DATA with its end (RFC 5321 section 4.5.2)."""
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    if body.startswith(b"."):
        body = b"." + body
    return body.replace(b"\r\n.", b"\r\n..") + b".\r\n"


class Refused(Exception):
    """The server answered a step with something else than a yes."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.words)
        self.reply = reply


class Talk:
    """One mail's conversation: how far it is, and whether the wire is fit for another."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._at_once = "pipelining" in wire.extensions
        self.stage = Stage.MAIL
        self.is_fit = False

    async def hand_over(self, mail: Mail) -> Reply:
        """Say everything that hands a mail over; return the answer to the final dot.

        Where the server has PIPELINING (RFC 2920) all commands before the content are said at
        once. The content is said when all of them were taken, and only then.

        Raises:
            Refused: the step in `stage` was.
            ConnectionError: the connection was lost at `stage`.
        """
        wire = self._wire
        commands = mail.commands(wire.extensions)
        if self._at_once:
            wire.say(b"".join([command for _, command in commands]), answers=len(commands))
        for self.stage, command in commands:
            if not self._at_once:
                wire.say(command, answers=1)
            await self._yes(START if self.stage is Stage.DATA else DONE)
        self.stage = Stage.DOT
        wire.say(shorten("content", mail.content), answers=1)
        reach("content", ConnectionError)
        reply = await self._yes(DONE)
        self.is_fit = True
        return reply

    async def _yes(self, wanted: int) -> Reply:
        reply = await self._wire.reply()
        if reply.code // 100 != wanted:
            raise Refused(reply)
        return reply

    async def reset(self) -> None:
        """Make the wire fit for the next mail after a refusal, where that is possible."""
        if self.stage is Stage.DOT:
            self.is_fit = True
            return
        try:
            async with asyncio.timeout(RESET_WITHIN_S):
                if self._at_once and not await self._end_the_rest():
                    return
                self._wire.say(b"RSET\r\n", answers=1)
                await self._yes(DONE)
            self.is_fit = True
        except (TimeoutError, ConnectionError, Refused):
            self.is_fit = False

    async def _end_the_rest(self) -> bool:
        """Read the answers to what was said behind the refused command; False: better hang up."""
        is_for_nobody = self.stage is Stage.RCPT
        if self.stage is Stage.MAIL:
            is_for_nobody = (await self._wire.reply()).code // 100 != DONE
        if self.stage is Stage.DATA or (await self._wire.reply()).code // 100 != START:
            return True
        # RFC 2920 section 3.1: a server may take DATA though it refused all recipients; a dot ends
        # that. If it took the recipient after all, the dot would send them an empty mail.
        if is_for_nobody:
            self._wire.say(b".\r\n", answers=1)
            await self._wire.reply()
        return is_for_nobody
