"""The child that reads mail: there when it is needed, gone when it is not."""

import asyncio
from contextlib import asynccontextmanager

from gateway.journey.parsing import ParserPool
from gateway.model.message import RawEvent
from tests.fakes.world import START
from tests.journeys.test_poison import FragileParser

FINE = RawEvent(channel="fragile", body=b"a", facts={}, received_at=START)


@asynccontextmanager
async def reading(**given):
    """Give a pool over a parser that reads anything."""
    pool = ParserPool({"fragile": FragileParser()}, **given)
    try:
        yield pool
    finally:
        await pool.close()


async def test_many_events_are_read_by_one_child():
    """Each gets its own answer, in whatever order they are asked for."""
    async with reading() as pool:
        bodies = [str(number).encode() for number in range(50)]
        events = [RawEvent(channel="fragile", body=b, facts={}, received_at=START) for b in bodies]

        answers = await asyncio.gather(*(pool.parse(event) for event in events))

    assert [answer.digest for answer in answers] == [body.hex() for body in bodies]


async def test_child_that_rests_is_let_go_and_comes_back():
    """A quiet desk keeps no child; the next mail is read all the same."""
    async with reading(rest_seconds=0.01) as pool:
        for _ in range(3):
            assert (await pool.parse(FINE)).reason == "fine"
            await _until_gone(pool)


async def test_pool_that_was_never_asked_closes():
    """Stopping a desk that got no mail does not wait for a child it never had."""
    async with reading() as pool:
        assert pool.is_resting


async def _until_gone(pool):
    async with asyncio.timeout(10):
        while not pool.is_resting:  # noqa: ASYNC110 - a timer of the pool decides
            await asyncio.sleep(0.005)
