"""A channel that does not work: people hear of it once, and it is seen from outside."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from channels.health import Health
from gateway.journey.reading import parsing
from gateway.journey.reading.parsing import ParserPool
from gateway.serving.ailing import PATIENCE, READER, Ailing, Reader
from gateway.web.exposition import exposition
from gateway.web.metrics import Meter
from tests.journeys.bench import text_of

OPS = "ops@acme.example"
MAILBOX = "mailbox INBOX of support@imap.acme.example"


class Channel:
    """A channel that can tell what it cannot do."""

    def __init__(self, world):
        self.health = Health(world)

    def troubles(self):
        return self.health.troubles()


async def test_what_people_must_mend_is_told_once(desk):
    """However long it lasts; and a second time when it comes back after it was well."""
    channel = Channel(desk.world)
    ailing = Ailing({"support-mail": channel}, {})
    await ailing.look(desk.desk)
    channel.health.ails(MAILBOX, "the login was refused", needs_mending=True)
    for _ in range(100):
        await ailing.look(desk.desk)
        desk.pass_time(minutes=5)
    first = await desk.sent(OPS)
    channel.health.heals(MAILBOX)
    await ailing.look(desk.desk)
    channel.health.ails(MAILBOX, "it was deleted", needs_mending=True)
    await ailing.look(desk.desk)

    assert len(first) == 1
    assert MAILBOX in text_of(first[0]).replace("\r\n", " ")
    assert "the login was refused" in text_of(first[0])
    assert len(await desk.sent(OPS)) == 2


async def test_what_may_pass_is_told_when_it_lasted(desk):
    """A server that restarts is back before anybody is woken."""
    channel = Channel(desk.world)
    ailing = Ailing({"support-mail": channel}, {})
    channel.health.ails(MAILBOX, "connection refused", needs_mending=False)
    desk.world.advance(PATIENCE - timedelta(seconds=1))
    channel.health.ails(MAILBOX, "connection refused", needs_mending=False)
    await ailing.look(desk.desk)
    before = await desk.sent(OPS)
    desk.world.advance(timedelta(seconds=1))
    await ailing.look(desk.desk)

    assert before == []
    assert len(await desk.sent(OPS)) == 1


async def test_what_comes_and_goes_is_told_once_an_hour(desk):
    """Also over restarts: the store remembers."""
    for _ in range(10):
        channel = Channel(desk.world)
        channel.health.ails(MAILBOX, "the login was refused", needs_mending=True)
        await Ailing({"support-mail": channel}, {}).look(desk.desk)
        desk.pass_time(minutes=1)

    assert len(await desk.sent(OPS)) == 1


async def test_it_is_seen_on_the_metrics_page(desk):
    """As long as it lasts."""
    meter, channel = Meter(), Channel(desk.world)
    ailing = Ailing({"support-mail": channel}, meter.troubles)
    pages = []
    for step in (None, channel.health.ails, channel.health.heals):
        if step == channel.health.ails:
            step(MAILBOX, "the login was refused", needs_mending=True)
        elif step:
            step(MAILBOX)
        await ailing.look(desk.desk)
        pages.append(exposition(meter, (), desk.world.now()).decode())

    line = 'ventanilla_channel_troubles{{channel="support-mail"}} {}.0'
    assert [line.format(n) in page for n, page in zip((0, 1, 0), pages, strict=True)] == [True] * 3


async def test_a_reader_that_cannot_be_started_is_told_when_it_lasted(desk, monkeypatch):
    """What comes in is stored and waits: without being told, nobody would know why."""
    monkeypatch.setattr(parsing, "START_AGAIN_SECONDS", 0.005)
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    pool, counts = ParserPool({}), {}
    ailing = Ailing({}, counts, Reader(pool, desk.world))
    starting = asyncio.create_task(pool.start())
    async with asyncio.timeout(60):
        while not pool.fault:  # noqa: ASYNC110 - the pool alone knows
            await asyncio.sleep(0.005)
    await ailing.look(desk.desk)
    before, ailed = await desk.sent(OPS), dict(counts)
    desk.world.advance(PATIENCE)
    await ailing.look(desk.desk)
    monkeypatch.undo()
    await starting
    await ailing.look(desk.desk)
    await pool.close()

    [told] = await desk.sent(OPS)
    assert before == []
    assert "The reader of messages does not work" in told["Subject"]
    assert "/nowhere/python" in text_of(told)
    assert (ailed, counts) == ({READER: 1}, {READER: 0})
