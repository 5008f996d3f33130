"""What chat channels keep in the store: bursts, conversations, anchors, turns, moved rooms."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.contracts.channel import Rate
from gateway.errors import FenceLost
from gateway.model.inbox import InboxState, Outcome
from gateway.model.message import Keys
from gateway.model.outbox import OutboxState
from gateway.model.people import Person, Place
from gateway.model.plan import Move
from gateway.model.question import Question
from tests.fakes.world import START
from tests.store.things import done, offer, opened, plan, send, settled

LEASE = timedelta(seconds=60)
SECOND = timedelta(seconds=1)
ROOM_RATE = Rate(scope="room", count=1, per=SECOND)


def said(key, lane, burst):
    """Return an offer of something said in a burst."""
    event, _ = offer(key)
    return event, Keys(offers=(key,), lane=lane, burst=burst)


def to(where, outbox_id, **changes):
    """Return a send to a place, in a lane of its own."""
    new = send(outbox_id, **changes)
    return replace(new, part=replace(new.part, place=Place("chat", where), external_id=""))


async def claim(store, *rates, limit=10):
    """Claim what is due now."""
    now = store._world.now()
    return await store.claim_sends(limit, lease=LEASE, now=now, sync=False, rates={"chat": rates})


def ids(items):
    """Return the ids of claimed rows."""
    return [item.part.outbox_id for item in items]


# --- bursts -------------------------------------------------------------------------------------


async def test_a_burst_is_claimed_whole(store):
    """Whoever gets the first of a burst gets those behind it in its lane, and nothing else."""
    offers = [said("a", "l", "b"), said("b", "l", "b"), said("c", "l", "other"), said("d", "m", "")]
    await store.accept(offers, None, claim=False)

    items = await store.claim_events(10)

    assert [(item.event.body, item.burst) for item in items] == [
        (b"a", "b"),
        (b"b", "b"),
        (b"d", ""),
    ]


async def test_a_burst_ends_in_one_commit(store):
    """The events that were read as one end together; the next of the lane comes after them."""
    await store.accept(
        [said("a", "l", "b"), said("b", "l", "b"), said("c", "l", "")], None, claim=False
    )
    first, second = await store.claim_events(10)

    ends = (done(first.claim, Outcome.ROUTED, ticket=1001, effect="1"),)
    others = (done(second.claim, Outcome.APPENDED, ticket=1001, effect="2"),)
    await store.apply(plan(done=ends[0], read_with=others, **opened(1001)))

    assert [item.event.body for item in await store.claim_events(10)] == [b"c"]
    assert (await store.audit())["appended"] == 1


async def test_a_burst_whose_claim_is_lost_changes_nothing(store):
    """One fence that is not ours now refuses all of it."""
    await store.accept([said("a", "l", "b"), said("b", "l", "b")], None, claim=False)
    first, second = await store.claim_events(10)
    await store.release(second.claim)

    with pytest.raises(FenceLost):
        await store.apply(plan(done=done(first.claim), read_with=(done(second.claim),)))

    rows = await store.list_inbox(frozenset(InboxState), 10)
    assert {row.state for row in rows} == {InboxState.NEW, InboxState.CLAIMED}


# --- conversations ------------------------------------------------------------------------------


async def test_a_conversation_is_about_its_newest_ticket(store):
    """The last word on it stands, with its time; 0 lets go of it."""
    await store.apply(plan(conversations=(("c", 1001),), **opened(1001)))
    await store.apply(plan(at=START + SECOND, conversations=(("c", 1002),), **opened(1002)))

    known = await store.know(Question(now=START, conversation="c"))
    assert known.talk == (1002, START + SECOND)
    assert known.tickets[1002].number == 1002

    await store.apply(plan(conversations=(("c", 0),)))
    assert (await store.know(Question(now=START, conversation="c"))).talk is None


async def test_an_empty_conversation_is_none(store):
    """Nothing is ever found under an empty key."""
    await store.apply(plan(conversations=(("", 1001),), **opened(1001)))

    assert (await store.know(Question(now=START, conversation=""))).talk is None


async def test_a_person_whom_nothing_reaches_is_remembered(store):
    """Why nothing should be sent there stands with the person."""
    await store.apply(plan(people=(Person(kind="chat", address="U1"),)))
    await store.apply(plan(dead=(("chat", "U1", "blocked"),)))

    known = await store.know(Question(now=START, kind="chat", address="U1"))
    assert known.person.dead == "blocked"


# --- parts that lean on earlier ones ------------------------------------------------------------


async def test_a_part_knows_what_it_leans_on_when_it_is_sent(store):
    """The platform's id of the earlier one, which came with its receipt, and its bytes."""
    later = to("r", "s2", lane="l")
    anchored = replace(later, part=replace(later.part, anchor="s1"))
    await store.apply(plan(sends=(to("r", "s1", lane="l"), anchored)))
    [first] = await claim(store)
    await store.apply(plan(settled=settled(first, external_id="chat:r/7")))

    [second] = await claim(store)

    assert second.part.anchor_id == "chat:r/7"
    assert second.part.anchor_body == first.part.body


async def test_a_part_may_lean_on_what_never_went_out(store):
    """Then the platform has no id for it."""
    later = to("r", "s2", lane="l")
    gone = replace(later, part=replace(later.part, anchor="nothing"))
    await store.apply(plan(sends=(gone,)))

    [item] = await claim(store)

    assert (item.part.anchor, item.part.anchor_id) == ("nothing", "")


async def test_a_row_that_may_have_arrived_is_a_repeat(store):
    """Whoever sends it again is told so."""
    await store.apply(plan(sends=(to("r", "s1"),)))
    [item] = await claim(store)
    assert not item.part.is_repeat

    store._world.advance(LEASE * 2)
    [again] = await claim(store)

    assert again.part.is_repeat


# --- turns --------------------------------------------------------------------------------------


async def test_one_room_waits_and_others_do_not(store):
    """A rate binds each room for itself; a room is a place up to the slash."""
    sends = (to("r/1", "s1"), to("r/2", "s2"), to("q", "s3"))
    await store.apply(plan(sends=sends))

    assert sorted(ids(await claim(store, ROOM_RATE))) == ["s1", "s3"]
    assert await claim(store, ROOM_RATE) == []
    assert await store.next_send_at() == START + SECOND

    store._world.advance(SECOND)
    assert ids(await claim(store, ROOM_RATE)) == ["s2"]


async def test_a_long_queue_for_one_room_hides_nobody(store):
    """What is due behind a hundred that have to wait goes out at once."""
    waiting = tuple(to("r", f"s{number:03}") for number in range(100))
    await store.apply(plan(sends=(*waiting, to("q", "t"))))

    assert ids(await claim(store, ROOM_RATE)) == ["s000", "t"]


async def test_turns_come_in_order_and_never_too_many(store):
    """In any stretch as long as a rate's there are as many as it allows, and each once."""
    rate = Rate(scope="room", count=3, per=SECOND * 10)
    await store.apply(plan(sends=tuple(to("r", f"s{number:02}") for number in range(12))))
    seen, times = [], []

    for _ in range(60):
        items = await claim(store, rate)
        seen += ids(items)
        times += [store._world.now()] * len(items)
        store._world.advance(SECOND)

    assert seen == [f"s{number:02}" for number in range(12)]
    assert all(b - a >= SECOND * 10 for a, b in zip(times, times[3:], strict=False))
    assert times[-1] - times[0] == SECOND * 30


async def test_a_rate_of_the_channel_binds_all_rooms(store):
    """And one for some rooms only leaves the others alone."""
    sends = tuple(to(f"{sign}{number}", f"s{sign}{number}") for sign in "-+" for number in (1, 2))
    await store.apply(plan(sends=sends))
    rates = (
        Rate(scope="channel", count=3, per=SECOND),
        Rate(scope="room", count=1, per=SECOND, only="-"),
    )

    assert len(await claim(store, *rates)) == 3

    store._world.advance(SECOND)
    assert len(await claim(store, *rates)) == 1


async def test_turns_hold_over_restarts(desk):
    """They stand in the database."""
    store = await desk.open()
    await store.apply(plan(sends=(to("r", "s1"), to("r", "s2"))))
    assert ids(await claim(store, ROOM_RATE)) == ["s1"]

    again = await desk.open("two", sole_writer=True)

    assert "s2" not in ids(await claim(again, ROOM_RATE))


# --- moved rooms --------------------------------------------------------------------------------


async def test_what_waits_for_a_moved_room_is_re_aimed(store):
    """Its threads too, nothing else, and the desk knows of it from then on."""
    places = {"s1": "-1", "s2": "-1/7", "s3": "-12", "s4": "-1"}
    await store.apply(plan(sends=tuple(to(where, name) for name, where in places.items())))
    [sent] = await claim(store, limit=1)
    await store.apply(plan(settled=settled(sent)))

    await store.apply(plan(moves=(Move(channel="chat", before="-1", after="-100"),)))

    rows = await store.list_outbox(frozenset(OutboxState), 10)
    assert {row.id: row.place for row in rows} == {
        "s1": "chat:-1",
        "s2": "chat:-100/7",
        "s3": "chat:-12",
        "s4": "chat:-100",
    }
    assert await store.moves() == {("chat", "-1"): "-100"}
