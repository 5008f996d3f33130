"""Channels of kind email, running against a scripted intake."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from channels.conformance import ScriptedIntake
from channels.email.channel import EmailChannel
from channels.email.settings import EmailSettings
from gateway.contracts.channel import ChannelSetup
from gateway.world import RealWorld
from tests.fakes.mailstack import Dovecot, require
from tests.fakes.tls import Certificate, make_certificate

SIZE_LIMIT = 1024 * 1024
MAILBOXES = {f"user{number}": "s3cret" for number in range(20)}


def make_channel(
    *, secrets: dict[str, str] | None = None, size_limit: int = SIZE_LIMIT, **keys: object
) -> EmailChannel:
    """Return a channel of these settings, with the address support@acme.example."""
    settings = EmailSettings.model_validate(
        {"kind": "email", "address": "support@acme.example", **keys}
    )
    setup = ChannelSetup(
        desk_name="Acme Support",
        size_limit=size_limit,
        secrets=secrets or {},
        world=RealWorld(),
    )
    return EmailChannel("support-mail", settings, setup)


@dataclass
class Running:
    """A channel that takes mail, and what it has stored."""

    channel: EmailChannel
    intake: ScriptedIntake
    address: str
    receiving: asyncio.Task[None]


@asynccontextmanager
async def running(channel: EmailChannel, intake: ScriptedIntake) -> AsyncIterator[Running]:
    """Let a channel receive while the body runs."""
    bound = await channel.bind()
    receiving = asyncio.create_task(channel.receive(intake))
    try:
        yield Running(channel, intake, bound.get("support-mail", ""), receiving)
    finally:
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)
        await channel.close()


Start = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def start() -> Start:
    """Return what starts a channel with a listener, as an asynchronous context."""

    def begin(
        intake: ScriptedIntake | None = None, *, listen: str = "127.0.0.1:0", **keys: object
    ) -> AbstractAsyncContextManager[Running]:
        channel = make_channel(listen=listen, aliases=["help@acme.example"], **keys)
        return running(channel, intake or ScriptedIntake())

    return begin


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Return a certificate for localhost and 127.0.0.1 that nobody has signed."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    """Return a Dovecot with twenty empty mailboxes."""
    require("dovecot")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = Dovecot(Path(folder), MAILBOXES)
        server.start()
        yield server
        server.stop()
