"""An item that kills its reader is set aside with its bytes; its neighbours do not notice."""

import os
import time

import pytest

from gateway.errors import ParseError
from gateway.journey.pipeline import WORKERS
from gateway.model.inbox import InboxState, Outcome
from gateway.model.message import Ignored, Keys, RawEvent
from tests.journeys.bench import open_bench, text_of


class FragileParser:
    """Dies in the way the event's bytes ask for."""

    def keys(self, raw):
        """Every event is another one, in a lane of its own; some wait whether there is more."""
        burst = raw.body.hex() if raw.body.startswith(b"slow") else None
        return Keys(offers=(f"fragile:{raw.body.hex()}",), lane=raw.body.hex(), burst=burst)

    def parse(self, raw):
        """Crash, hang, or be fine."""
        match raw.body:
            case b"crash":
                os.abort()
            case b"hang":
                while True:
                    time.perf_counter()
            case b"memory":
                return [bytes(1 << 28) for _ in range(64)]
            case b"deep":
                return self.parse(raw)
            case b"unreadable":
                raise ParseError("not a message at all")
        return Ignored(channel=raw.channel, digest=raw.body.hex(), reason="fine")


@pytest.fixture
async def desk(tmp_path):
    """A desk with a channel whose events may kill their reader."""
    parsers = {"fragile": FragileParser()}
    async with open_bench(tmp_path / "desk", parsers=parsers) as bench:
        yield bench


def event(desk, body):
    """Return an event of the fragile channel."""
    return RawEvent(channel="fragile", body=body, facts={}, received_at=desk.world.now())


@pytest.mark.parametrize("way", [b"crash", b"hang", b"memory", b"unreadable", b"deep"])
async def test_poison_is_quarantined_and_neighbours_go_on(desk, way):
    """Three tries for a crash, one for what cannot be read; then people are told."""
    await desk.intake.accept([event(desk, b"a"), event(desk, way), event(desk, b"b")])
    await desk.pipeline.idle()

    rows = {row.state: row for row in await desk.store.list_inbox(frozenset(InboxState), 10)}
    outcomes = [row.outcome for row in await desk.store.list_inbox(frozenset(InboxState), 10)]
    _, kept = await desk.store.inbox_row(rows[InboxState.QUARANTINED].id)
    assert outcomes.count(Outcome.IGNORED) == 2
    assert kept.body == way
    assert "quarantine" in text_of((await desk.sent("ops@acme.example"))[0]).lower()


async def test_quarantined_event_can_be_tried_again(desk):
    """After the fault is mended the same bytes go their way."""
    row = await desk.event(event(desk, b"unreadable"))

    await desk.store.retry_event(row.id)

    assert (await desk.store.inbox_row(row.id))[0].state is InboxState.NEW


async def test_a_suspect_is_taken_with_a_free_hand_only(desk):
    """Three deaths with it in hand: it does not stand in a queue when the next one comes."""
    suspect = event(desk, b"seen at three deaths")
    await desk.store.accept([(suspect, FragileParser().keys(suspect))], None, claim=False)
    for _ in range(3):
        await desk.store.claim_events(10)
        desk.pass_time(minutes=5)
    await desk.intake.accept([event(desk, b"slow %d" % number) for number in range(WORKERS)])

    before = await desk.pipeline.claim_waiting()
    desk.timers.fire()
    await desk.pipeline.idle()
    after = await desk.pipeline.claim_waiting()
    await desk.pipeline.idle()

    assert (before, after) == (0, 1)
    states = {row.state for row in await desk.store.list_inbox(frozenset(InboxState), 100)}
    assert states == {InboxState.DONE}
