"""Storing events: once, whole, and with the cursor."""

from __future__ import annotations

import asyncio

import pytest

from gateway.contracts.channel import Cursor
from gateway.errors import FenceLost
from gateway.model.inbox import InboxState
from gateway.model.message import Keys, RawEvent
from tests.fakes.world import START
from tests.store.things import done, offer, plan

EVERY_STATE = frozenset(InboxState)


async def test_an_event_comes_back_as_it_was(store):
    """Body, facts, channel and time survive, whatever the size."""
    body = bytes(range(256)) * 3000
    event = RawEvent(channel="mail", body=body, facts={"a": [1, None, "é"]}, received_at=START)

    [item] = await store.accept([(event, Keys(offers=("k",), lane="l"))], None, claim=False)

    row, stored = await store.inbox_row(item.claim.id)
    assert event == stored
    assert (row.size, row.keys, row.state) == (len(body), ("k",), InboxState.NEW)


@pytest.mark.parametrize("size", [0, 1, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 5 << 20])
async def test_bytes_survive_at_the_edges_of_their_chunks(store, size):
    """No length loses or gains a byte."""
    event = RawEvent(channel="mail", body=b"\x00x" * (size // 2) + b"y" * (size % 2), facts={},
                     received_at=START)  # fmt: skip

    [item] = await store.accept([(event, Keys(offers=("k",), lane="l"))], None, claim=False)

    assert event == (await store.inbox_row(item.claim.id))[1]


async def test_an_event_with_any_known_key_is_passed_over(store):
    """One shared key is enough, and the new keys of the one passed over stay free."""
    event, _ = offer("x")
    await store.accept([(event, Keys(offers=("a", "b"), lane="l"))], None, claim=False)

    again = await store.accept([(event, Keys(offers=("c", "b"), lane="l"))], None, claim=False)
    other = await store.accept([(event, Keys(offers=("c",), lane="l"))], None, claim=False)

    assert ([*again], len(other)) == ([], 1)


async def test_one_call_stores_an_event_once(store):
    """The same key twice within one call is one row; the others are stored in order."""
    stored = await store.accept([offer("a"), offer("b"), offer("a")], None, claim=False)

    assert [item.event.body for item in stored] == [b"a", b"b"]


async def test_concurrent_calls_store_an_event_once(store):
    """Twenty offers of one event at the same time are one row."""
    calls = [store.accept([offer("a")], None, claim=True) for _ in range(20)]

    answers = await asyncio.gather(*calls)

    assert sum(len(answer) for answer in answers) == 1
    assert len(await store.list_inbox(EVERY_STATE, 100)) == 1


async def test_a_known_key_stays_known_when_its_event_is_done(store):
    """Keys are for ever."""
    [item] = await store.accept([offer("a")], None, claim=True)
    await store.apply(plan(done=done(item.claim)))

    assert [*await store.accept([offer("a")], None, claim=True)] == []


async def test_the_cursor_is_stored_with_the_events(store):
    """Also when every event was known before."""
    assert await store.cursor("imap") is None

    await store.accept([offer("a")], Cursor(key="imap", value={"uid": 1}), claim=False)
    await store.accept([offer("a")], Cursor(key="imap", value={"uid": 2}), claim=False)

    assert Cursor(key="imap", value={"uid": 2}) == await store.cursor("imap")


async def test_claimed_events_are_nobody_elses(store):
    """What was claimed while it was stored is not handed out again, and can be ended."""
    [item] = await store.accept([offer("a")], None, claim=True)

    assert [*await store.claim_events(10)] == []
    await store.apply(plan(done=done(item.claim)))


async def test_an_event_behind_one_in_other_hands_is_not_claimed(desk):
    """It stays new under fence 0, so that its lane keeps its order over nodes."""
    one, two = await desk.open("one"), await desk.open("two")
    [first] = await one.accept([offer("a", "lane")], None, claim=True)

    [second] = await two.accept([offer("b", "lane")], None, claim=True)

    assert second.claim.fence == 0
    with pytest.raises(FenceLost):
        await two.apply(plan(done=done(second.claim)))
    await one.apply(plan(done=done(first.claim)))
    assert [item.event.body for item in await two.claim_events(10)] == [b"b"]


async def test_our_own_lane_is_claimed_in_one_go(store):
    """The node that has the older one may have the younger one too: it orders them itself."""
    items = await store.accept([offer("a", "lane"), offer("b", "lane")], None, claim=True)

    assert [item.claim.fence for item in items] == [1, 1]


@pytest.mark.parametrize("nasty", ["nul \x00 in it", "lone \ud800 surrogate", "é\x00"])
async def test_text_that_databases_differ_on_is_stored_alike(store, nasty):
    """NUL and lone surrogates in keys, lanes and facts neither fail nor collide with nothing."""
    event = RawEvent(channel="mail", body=b"", facts={"from": nasty}, received_at=START)
    keys = Keys(offers=(nasty,), lane=nasty)

    [item] = await store.accept([(event, keys)], None, claim=True)
    again = await store.accept([(event, keys)], None, claim=True)

    assert [*again] == []
    assert nasty == (await store.inbox_row(item.claim.id))[1].facts["from"]
