"""The bad line does what it is told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.fakes.proxy import Proxy

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def line() -> AsyncIterator[tuple[Proxy, Pair]]:
    """Give a line to somebody who says everything back, and a connection over it."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while some := await reader.read(100):
                writer.write(some)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, Proxy("127.0.0.1", server.sockets[0].getsockname()[1]) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        try:
            yield proxy, (reader, writer)
        finally:
            writer.close()


async def is_silent(reader: asyncio.StreamReader) -> bool:
    """Return whether nothing comes."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.1):
            await reader.readexactly(1)
            return False
    return True


@pytest.mark.parametrize("way", ["both", "there", "back"])
async def test_a_line_stands_still_and_flows_again(way):
    """In both directions, or in one; nothing is lost."""
    async with line() as (proxy, (reader, writer)):
        if way == "both":
            proxy.cut()
        else:
            getattr(proxy, way).flows.clear()
        writer.write(b"abc")

        assert await is_silent(reader)
        proxy.mend()
        assert await reader.readexactly(3) == b"abc"


async def test_a_line_breaks_after_so_many_bytes():
    """What came before is through, and both ends see that it is over."""
    async with line() as (proxy, (reader, writer)):
        proxy.back.most_bytes = 5
        writer.write(b"abc")
        first = await reader.readexactly(3)
        writer.write(b"defg")
        rest = b""
        with contextlib.suppress(ConnectionError):
            while some := await reader.read(10):
                rest += some

        assert (first, rest, proxy.broken) == (b"abc", b"de", 1)


async def test_a_line_is_reset():
    """The other end hears of it at once."""
    async with line() as (proxy, (reader, writer)):
        writer.write(b"abc")
        await reader.readexactly(3)
        proxy.reset()

        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)


async def test_a_target_that_forgets_is_not_heard_of_while_the_line_is_cut():
    """What its keep-alive ends, it ends alone; who connected hears of it when it is mended."""
    ended = asyncio.Event()

    async def serve(reader, writer):
        writer.write(await reader.read(1))
        with contextlib.suppress(ConnectionError):
            await reader.read(1)
        ended.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with Proxy("127.0.0.1", server.sockets[0].getsockname()[1]) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"a")
        assert await reader.read(1) == b"a"
        proxy.cut()
        proxy.forget()
        async with asyncio.timeout(5):
            await ended.wait()
        heard = asyncio.create_task(reader.read(1))
        done, _ = await asyncio.wait([heard], timeout=0.2)
        assert not done
        proxy.mend()
        async with asyncio.timeout(5):
            assert await heard == b""
        writer.close()
    server.close()
