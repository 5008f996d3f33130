"""A running desk: what it takes in hand, and when."""

import asyncio
from functools import partial

from gateway import app
from gateway.cli.finding import settings_of
from gateway.cli.new_desk import write_new_desk
from gateway.model.inbox import InboxState
from gateway.model.message import RawEvent
from gateway.serving.running import Running
from gateway.store import open_store
from gateway.web.metrics import Meter
from gateway.world import RealWorld

MAIL = b"From: a@x.example\r\nMessage-ID: <1@x>\r\nSubject: Lift\r\n\r\nThe lift is stuck"


async def test_nothing_is_taken_in_hand_before_it_can_be_read(tmp_path):
    """What is in hand when a desk dies is blamed for it: a slow start shall not count."""
    settings = settings_of(write_new_desk(tmp_path / "desk", smtp_in="127.0.0.1:0"))
    channels, _ = app.load_channels(settings)
    store = await open_store(
        settings.store_url, world=RealWorld(), node=app.node_name(), sole_writer=True
    )
    parser = channels["support-mail"].parser
    facts = {"mail_from": "a@x.example", "rcpt": ["support@acme.example"]}
    event = RawEvent(channel="support-mail", body=MAIL, facts=facts, received_at=RealWorld().now())
    await store.accept([(event, parser.keys(event))], None, claim=False)
    running = Running(settings, store, channels, Meter(), presence=False)
    states = partial(store.list_inbox, frozenset(InboxState), 10)
    begin, seen = running.parsers.start, []

    async def slow_start():
        seen.extend(row.state for row in await states())
        await begin()

    running.parsers.start = slow_start
    try:
        await running.decide()
        async with asyncio.timeout(60):
            while [row.state for row in await states()] != [InboxState.DONE]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    finally:
        await running.stop()
        await store.close()

    assert seen[0] is InboxState.NEW
