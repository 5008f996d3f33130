"""The world outside of the demo: people who write mails, and the server that takes the answers.

A real SMTP server and a real SMTP client on loopback; nothing leaves this machine.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

import aiosmtplib
from aiosmtpd.smtp import SMTP, Envelope, Session

from gateway.world import World


# No slots: Python before 3.11.3 breaks what aiosmtpd asks of a handler that has them.
@dataclass
class Mailboxes:
    """Everybody's mailboxes: keeps each mail that the desk hands over, in order."""

    port: int = 0
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take a mail for each of its recipients."""
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        mail = email.message_from_bytes(raw, EmailMessage, policy=email.policy.default)
        self.mails += [(recipient, mail) for recipient in envelope.rcpt_tos]
        return "250 taken"

    def of(self, address: str) -> list[EmailMessage]:
        """Return what one address was sent."""
        return [mail for recipient, mail in self.mails if recipient == address]


@asynccontextmanager
async def open_mailboxes() -> AsyncIterator[Mailboxes]:
    """Take mail on a free port of loopback while the body runs."""
    boxes = Mailboxes()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(boxes, hostname="mailboxes.example", loop=loop), "127.0.0.1", 0
    )
    boxes.port = server.sockets[0].getsockname()[1]
    try:
        yield boxes
    finally:
        server.close()


def write_mail(world: World, sender: str, to: str, subject: str, text: str) -> EmailMessage:
    """Return a mail as a person's program would write it."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = format_datetime(world.now())
    mail["Message-ID"] = make_msgid(domain="customers.example")
    mail.set_content(text)
    return mail


async def post(mail: EmailMessage, port: int) -> None:
    """Hand a mail to the desk's SMTP listener; it is stored when this returns."""
    await aiosmtplib.send(mail, hostname="127.0.0.1", port=port, start_tls=False)


def text_of(mail: EmailMessage) -> str:
    """Return the plain text of a mail."""
    body = mail.get_body(preferencelist=("plain",))
    return str(body.get_content()).replace("\r\n", "\n").strip() if body else ""
