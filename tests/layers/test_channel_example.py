"""The channel that the docs show is a channel: it is run here, against a real connection."""

import asyncio
import json
import pickle
import re
import sys
import types
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.contracts.channel import Channel, ChannelSetup, Parser
from gateway.errors import ParseError
from gateway.model.message import Message, RawEvent, Trust
from gateway.model.outgoing import Outgoing
from gateway.model.people import Place
from tests.fakes.world import FakeWorld

PAGE = Path(__file__).parents[2] / "docs" / "writing-a-channel.md"


@pytest.fixture
def example(monkeypatch) -> types.ModuleType:
    """Return the page's Python as a module, as if it were installed."""
    (source,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    module = types.ModuleType("ventanilla_line")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(source, str(PAGE), "exec"), vars(module))
    return module


class Desk:
    """An intake that keeps what it is given, and says when."""

    def __init__(self) -> None:
        self.stored: list[RawEvent] = []

    async def accept(self, events: Sequence[RawEvent], _cursor=None) -> None:
        """See `Intake.accept`."""
        self.stored += events


async def test_the_example_takes_and_sends(example):
    """An event is acknowledged after it was stored, and a part arrives as it was frozen."""
    desk, acknowledged, arrived = Desk(), [], asyncio.Queue()
    connected = asyncio.Event()

    async def platform(reader, writer):
        writer.write(b'{"id": "1", "from": "ana", "text": "Help"}\n')
        acknowledged.append((await reader.readline(), len(desk.stored)))
        connected.set()
        await arrived.put(await reader.readline())
        writer.close()

    async with await asyncio.start_server(platform, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        settings = example.LineChannel.settings_model()(host=host, port=port)
        setup = ChannelSetup(desk_name="Acme", size_limit=9, secrets={}, world=FakeWorld())
        channel = example.LineChannel("front-desk", settings, setup)
        receiving = asyncio.create_task(channel.receive(desk))
        await connected.wait()
        (part,) = channel.render(
            Outgoing(
                outbox_id="o1",
                place=Place("front-desk", "ana"),
                created_at=FakeWorld().now(),
                title="Hello",
                text="We have it.",
                closing="Bye.",
            )
        )
        receipt = await channel.send(part)
        line = json.loads(await arrived.get())
        await receiving
        await channel.close()

    assert isinstance(channel, Channel)
    assert acknowledged == [(b"ok\n", 1)]
    assert line == {"id": "o1", "to": "ana", "text": "We have it.\n\nBye."}
    assert receipt.external_id == "o1"


def test_the_example_reads_what_it_stored(example):
    """Its parser can be sent to a child, reads a line, and refuses what is none."""
    parser = pickle.loads(pickle.dumps(example.LineParser("front-desk")))
    body = b'{"id": "1", "from": "ana", "text": "Help"}\n'
    event = RawEvent(channel="front-desk", body=body, facts={}, received_at=FakeWorld().now())

    message = parser.parse(event)

    assert isinstance(parser, Parser)
    assert isinstance(message, Message)
    assert (message.author.address, message.author.trust) == ("ana", Trust.PROVEN)
    assert parser.keys(event).offers == parser.keys(event).offers
    for bad in (b"", b"[]", b"{}", b"\xff"):
        with pytest.raises(ParseError):
            parser.parse(RawEvent(channel="c", body=bad, facts={}, received_at=event.received_at))


def test_the_example_cuts_long_texts_into_ordered_parts(example):
    """Nothing longer than the platform takes is handed to it, and nothing is left out."""
    settings = example.LineSettings(host="127.0.0.1", port=1)
    setup = ChannelSetup(desk_name="Acme", size_limit=9, secrets={}, world=FakeWorld())
    channel = example.LineChannel("front-desk", settings, setup)
    said = Outgoing(
        outbox_id="o1",
        place=Place("front-desk", "ana"),
        created_at=FakeWorld().now(),
        title="Hello",
        literal="x" * 2500,
    )

    parts = list(channel.render(said))

    assert [part.outbox_id for part in parts] == ["o1", "o1.2", "o1.3"]
    assert "".join(json.loads(part.body)["text"] for part in parts) == "x" * 2500
