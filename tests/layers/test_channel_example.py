"""The channel that the docs show is a channel: it passes the suite that ours pass."""

import asyncio
import json
import pickle
import re
import sys
import types
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from channels.conformance import ChannelSuite
from gateway.contracts.channel import Channel, ChannelFactory, ChannelSetup, Parser
from gateway.errors import ParseError, TemporaryFailure, Uncertain
from gateway.model.message import Message, RawEvent, Trust
from gateway.model.outgoing import Outgoing
from gateway.model.people import Place
from tests.fakes.world import FakeWorld

PAGE = Path(__file__).parents[2] / "docs" / "writing-a-channel.md"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
PLACE = Place("front-desk", "ana")


@pytest.fixture
def example(monkeypatch) -> types.ModuleType:
    """Return the page's first Python as a module, as if it were installed."""
    source = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]
    module = types.ModuleType("ventanilla_line")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(source, str(PAGE), "exec"), vars(module))
    return module


def make_channel(example: types.ModuleType, port: int) -> Channel:
    """Return a configured channel that sends to a port of this machine."""
    factory: ChannelFactory = example.LineChannel
    settings = factory.settings_model()(host="127.0.0.1", port=port)
    setup = ChannelSetup(desk_name="Acme", size_limit=9, secrets={}, world=FakeWorld())
    return factory("front-desk", settings, setup)


class Platform:
    """The made-up platform: hands lines to who listens, takes lines, answers as it is told."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.answers: list[bytes] = []
        self.port = 0
        self.listeners: asyncio.Queue[Streams] = asyncio.Queue()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Keep a connection that listens; take and answer the line of any other."""
        line = await reader.readline()
        if line == b"listen\n":
            await self.listeners.put((reader, writer))
            return
        answer = self.answers.pop(0) if self.answers else b"ok\n"
        if answer == b"ok\n":
            self.lines.append(line)
        writer.write(answer)
        writer.close()


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    """Return a platform that runs."""
    told = Platform()
    async with await asyncio.start_server(told.answer, "127.0.0.1", 0) as server:
        told.port = server.sockets[0].getsockname()[1]
        yield told


class LineDriver:
    """Drives the example with the platform's side of its lines."""

    receives = True
    place = PLACE

    def __init__(self, channel: Channel, platform: Platform) -> None:
        self.channel = channel
        self._platform = platform
        self._listener: Streams | None = None

    async def offer(self, number: int) -> bool:
        """See `Driver.offer`."""
        self._listener = self._listener or await self._platform.listeners.get()
        reader, writer = self._listener
        line = {"id": str(number), "from": "ana", "text": f"Hello {number}"}
        writer.write(json.dumps(line).encode() + b"\n")
        return await reader.readline() == b"ok\n"

    async def delivered(self) -> Sequence[bytes]:
        """See `Driver.delivered`."""
        return [json.loads(line)["text"].encode() for line in self._platform.lines]

    async def fail_next(self, how: str) -> None:
        """See `Driver.fail_next`."""
        self._platform.answers.append(b"nobody\n" if how == "refused address" else b"later\n")

    def hang_up(self) -> None:
        """Close the platform's side of what is open."""
        if self._listener is not None:
            self._listener[1].close()


class TestLine(ChannelSuite):
    """The suite, for the example."""

    @pytest.fixture
    async def driver(self, example, platform) -> AsyncIterator[LineDriver]:
        """Return the example, driven."""
        channel = make_channel(example, platform.port)
        driver = LineDriver(channel, platform)
        yield driver
        driver.hang_up()


async def test_the_example_says_what_it_does_not_know(example, platform):
    """No connection is safe to try again; a lost answer is not."""
    outgoing = Outgoing(outbox_id="o1", place=PLACE, created_at=FakeWorld().now(), title="Hello")
    channel = make_channel(example, platform.port)
    (part,) = channel.render(outgoing)
    platform.answers.append(b"")

    with pytest.raises(Uncertain):
        await channel.send(part)
    with pytest.raises(TemporaryFailure):
        await make_channel(example, 1).send(part)


def test_the_example_reads_what_it_stored(example):
    """Its parser can be sent to a child, reads a line, and refuses what is none."""
    parser = pickle.loads(pickle.dumps(example.LineParser("front-desk")))
    body = b'{"id": "1", "from": "ana", "text": "Help"}\n'
    event = RawEvent(channel="front-desk", body=body, facts={}, received_at=FakeWorld().now())

    message = parser.parse(event)

    assert isinstance(parser, Parser)
    assert isinstance(message, Message)
    assert (message.author.address, message.author.trust) == ("ana", Trust.PROVEN)
    with pytest.raises(ParseError):
        parser.parse(RawEvent(channel="c", body=b"{}", facts={}, received_at=event.received_at))
