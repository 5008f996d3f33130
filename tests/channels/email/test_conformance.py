"""The e-mail channel passes the suite that every channel passes: by SMTP in, by SMTP out."""

from __future__ import annotations

import email
import email.policy
from collections.abc import AsyncIterator, Sequence

import pytest

from channels.conformance import ChannelSuite
from channels.email import smtp_in
from gateway.model.people import Place
from tests.channels.email.conftest import make_channel
from tests.fakes.smtp_client import connected
from tests.fakes.smtp_server import SmtpServer

ANSWERS = {
    "refused address": ("RCPT", "550 5.1.1 no such user"),
    "throttle": ("MAIL", "451 4.7.1 slow down"),
    "temporary": ("DOT", "451 4.3.0 try again"),
}


class EmailDriver:
    """Drives an e-mail channel with a raw SMTP client and a scriptable SMTP server."""

    receives = True

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self.channel = make_channel(
            listen="127.0.0.1:0", smtp=f"smtp://127.0.0.1:{server.port}", size_limit=4_000_000
        )
        self.place = Place("support-mail", "ana@customer.example")

    async def offer(self, number: int) -> bool:
        """See `Driver.offer`."""
        address = (await self.channel.bind())["support-mail"]
        content = f"Message-ID: <{number}@customer.example>\r\n\r\nHello {number}"
        async with connected(address) as client:
            return (await client.send(content.encode())).startswith("250")

    async def delivered(self) -> Sequence[bytes]:
        """See `Driver.delivered`: the text that a mail program shows."""
        return [_text(delivery.content) for delivery in self._server.deliveries]

    async def fail_next(self, how: str) -> None:
        """See `Driver.fail_next`."""
        verb, answer = ANSWERS[how]
        self._server.answer_next(verb, answer)


def _text(content: bytes) -> bytes:
    mail = email.message_from_bytes(content, policy=email.policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).encode()


class TestEmail(ChannelSuite):
    """By SMTP in and out."""

    @pytest.fixture
    async def driver(self, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[EmailDriver]:
        monkeypatch.setattr(smtp_in, "GRACE_S", 0.2)
        async with SmtpServer().running() as server:
            driver = EmailDriver(server)
            yield driver
            await driver.channel.close()
