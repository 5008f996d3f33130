"""The line to a server, whatever arrives in whatever pieces."""

from __future__ import annotations

import asyncio
import itertools

import aiosmtplib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.smtp_wire import MAX_REPLY, Reply, Wire
from tests.fakes.smtp_server import SmtpServer

REPLIES = b"250-2.1.0 first\r\n250 last\r\n550 5.1.1 no\n354\r\n"


class Ends(asyncio.Transport):
    """The near end of a connection: remembers what was written, and whether it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


def a_wire() -> Wire:
    """Return a wire on which three commands wait for their answers."""
    wire = Wire(Ends(), set())
    wire.say(b"MAIL\r\nRCPT\r\nDATA\r\n", answers=3)
    return wire


@given(st.sets(st.integers(1, len(REPLIES) - 1)))
def test_replies_come_whole_however_they_are_cut(cuts: set[int]) -> None:
    """A network cuts where it likes; each command has its own answer all the same."""
    wire = a_wire()
    edges = [0, *sorted(cuts), len(REPLIES)]
    for start, end in itertools.pairwise(edges):
        wire.data_received(REPLIES[start:end])

    async def read() -> list[Reply]:
        return [await wire.reply() for _ in range(3)]

    assert asyncio.run(read()) == [
        Reply(250, "2.1.0 first\nlast"),
        Reply(550, "5.1.1 no"),
        Reply(354, ""),
    ]
    assert wire.is_open


@given(st.binary(max_size=200))
def test_no_bytes_are_worse_than_a_lost_connection(received: bytes) -> None:
    """Whatever comes is a reply, not yet one, or the end; nothing else is ever raised."""
    wire = a_wire()
    wire.data_received(received)
    wire.connection_lost(None)

    async def read() -> None:
        for _ in range(4):
            assert 200 <= (await wire.reply()).code < 600

    with pytest.raises(ConnectionError):
        asyncio.run(read())
    assert not wire.is_open


@pytest.mark.parametrize("endless", [b"2" * 1000, b"250-\n" * 200])
def test_an_endless_reply_is_cut_off(endless: bytes) -> None:
    """A server cannot fill our memory: neither with one line, nor with many."""
    transport = Ends()
    wire = Wire(transport, set())
    wire.say(b"NOOP\r\n", answers=1)
    for _ in range(2 * MAX_REPLY // len(endless)):
        wire.data_received(endless)

    assert transport.closed
    with pytest.raises(ConnectionError):
        asyncio.run(wire.reply())


@pytest.mark.parametrize("said", [b"421 4.4.2 idle too long\r\n", b"hello?\r\n", b"250 ok\r\n"])
def test_an_unasked_reply_answers_nothing(said: bytes) -> None:
    """It would be taken for the answer to the next command."""
    wire = Wire(Ends(), set())
    wire.data_received(said)

    assert not wire.is_open
    with pytest.raises(ConnectionError):
        wire.say(b"MAIL FROM:<a@b.example>\r\n", answers=1)


async def test_it_takes_over_what_aiosmtplib_has_opened() -> None:
    """The greeting is aiosmtplib's, everything after it ours; what it learnt is kept."""
    async with SmtpServer().running() as server:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=server.port, start_tls=False)
        await client.connect()
        await client.ehlo()
        wire = Wire.taking_over(client)
        wire.say(b"NOOP\r\nNOOP\r\n", answers=2)
        replies = [await wire.reply(), await wire.reply()]
        wire.close()

    assert replies == [Reply(250, "2.0.0 ok")] * 2
    assert wire.extensions == {"pipelining", "8bitmime", "size"}


async def test_there_is_nothing_to_take_over_of_a_closed_client() -> None:
    """A server that hangs up behind its greeting is told like any other lost connection."""
    client = aiosmtplib.SMTP(hostname="127.0.0.1", start_tls=False)

    with pytest.raises(ConnectionError):
        Wire.taking_over(client)
