"""Claims, leases and fences of the inbox, and people's repairs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.errors import FenceLost, NotFound
from gateway.model.inbox import Claim, InboxState, Outcome
from tests.fakes.world import START
from tests.store.things import MINUTE, done, offer, opened, plan, send


async def stored(store, *keys, lane=""):
    """Store events that nobody has claimed."""
    await store.accept([offer(key, lane) for key in keys], None, claim=False)


async def claimed(store, limit=10):
    """Claim, and return what was claimed by its body."""
    return [item.event.body.decode() for item in await store.claim_events(limit)]


async def test_events_are_claimed_oldest_first_each_once(store):
    """The limit holds, and the next call goes on where the last one ended."""
    await stored(store, "a", "b", "c")

    assert await claimed(store, 2) == ["a", "b"]
    assert await claimed(store, 2) == ["c"]
    assert await claimed(store, 2) == []


async def test_a_lane_is_handed_out_one_by_one(store):
    """The second comes when the first is done; another lane is not delayed."""
    await stored(store, "a", "b", lane="slow")
    await stored(store, "c", lane="quick")

    items = await store.claim_events(10)
    before = await claimed(store)
    await store.apply(plan(done=done(items[0].claim)))

    assert [item.event.body for item in items] == [b"a", b"c"]
    assert (before, await claimed(store)) == ([], ["b"])


@pytest.mark.parametrize("end", ["done", "quarantined"])
async def test_what_is_finished_blocks_no_lane(store, end):
    """Done and quarantined events let the next one of their lane come."""
    await stored(store, "a", "b", lane="l")
    [item] = await store.claim_events(10)

    if end == "done":
        await store.apply(plan(done=done(item.claim)))
    else:
        await store.quarantine(item.claim, "unreadable", plan())

    assert await claimed(store) == ["b"]


async def test_a_lease_that_ran_out_comes_again(desk, world):
    """With one attempt more and a new fence; the old holder can change nothing any more."""
    store = await desk.open(lease=timedelta(seconds=30))
    await stored(store, "a")
    [old] = await store.claim_events(1)

    world.advance(timedelta(seconds=29))
    too_early = await claimed(store)
    world.advance(timedelta(seconds=1))
    [new] = await store.claim_events(1)

    assert too_early == []
    assert (old.claim.attempts, new.claim.attempts) == (0, 1)
    with pytest.raises(FenceLost):
        await store.apply(plan(done=done(old.claim)))
    with pytest.raises(FenceLost):
        await store.quarantine(old.claim, "late", plan())
    await store.release(old.claim)
    assert await claimed(store) == []
    await store.apply(plan(done=done(new.claim)))


async def test_a_late_holder_may_still_end_what_nobody_took(desk, world):
    """The fence decides, not the clock."""
    store = await desk.open(lease=timedelta(seconds=30))
    [item] = await store.accept([offer("a")], None, claim=True)

    world.advance(timedelta(hours=1))

    await store.apply(plan(done=done(item.claim)))


async def test_a_released_event_comes_back_at_once_or_later(store, world):
    """No attempt is counted; until its time it blocks its lane."""
    await stored(store, "a", "b", lane="l")
    [item] = await store.claim_events(1)

    await store.release(item.claim)
    [again] = await store.claim_events(1)
    await store.release(again.claim, not_before=world.now() + MINUTE)
    waiting = await claimed(store)
    world.advance(MINUTE)

    assert (again.claim.attempts, waiting) == (0, [])
    assert await claimed(store) == ["a"]


async def test_a_dead_process_is_inherited_from_at_once(desk):
    """Who holds the desk's lock takes over without waiting, and counts the attempt."""
    before = await desk.open("before")
    await before.accept([offer("a")], None, claim=True)

    elsewhere = await desk.open("other")
    none = await claimed(elsewhere)
    after = await desk.open("after", sole_writer=True)
    [item] = await after.claim_events(1)

    assert (none, item.claim.attempts, item.event.body) == ([], 1, b"a")


async def test_suspects_come_one_at_a_time_after_the_others(desk):
    """What was in hand at three deaths: the one that brings the next death is then alone."""
    store = await desk.open()
    await stored(store, "a", "b")
    for _ in range(3):
        await claimed(store)
        store = await desk.open(sole_writer=True)
    await stored(store, "c")

    alive = [await store.claim_events(10) for _ in range(3)]
    store = await desk.open(sole_writer=True)
    again = [await store.claim_events(10) for _ in range(2)]
    await store.apply(plan(done=done(again[1][0].claim)))
    last = await store.claim_events(10)

    told = [[(i.event.body, i.claim.attempts) for i in items] for items in (*alive, *again, last)]
    assert told == [[(b"c", 0)], [(b"a", 3)], [], [(b"c", 1)], [(b"a", 4)], [(b"b", 3)]]


async def test_nobody_has_to_take_a_suspect(desk):
    """Whoever has their hands full leaves it to others, or for later."""
    store = await desk.open()
    await stored(store, "a")
    for _ in range(3):
        await claimed(store)
        store = await desk.open(sole_writer=True)

    assert await store.claim_events(10, suspects=False) == []
    assert len(await store.claim_events(10)) == 1


async def test_a_lane_keeps_its_order_over_a_restart(desk):
    """What comes in after it waits for what the dead process had, also under the same name."""
    await (await desk.open("same")).accept([offer("a", "l")], None, claim=True)

    after = await desk.open("same", sole_writer=True)
    [item] = await after.accept([offer("b", "l")], None, claim=True)

    assert item.claim.fence == 0
    assert await claimed(after) == ["a"]


async def test_a_jump_of_the_wall_clock_ends_no_lease(desk, world):
    """Only time that really passed counts."""
    store = await desk.open()
    await store.accept([offer("a")], None, claim=True)

    world._now += timedelta(hours=1)
    world._start += timedelta(hours=1)

    assert await claimed(store) == []


async def test_quarantine_keeps_bytes_and_reason_and_applies_its_plan(store):
    """People are told in the same commit."""
    [item] = await store.accept([offer("a")], None, claim=True)

    await store.quarantine(item.claim, "three crashes", plan(sends=(send("s1"),)))

    [row] = await store.list_inbox(frozenset({InboxState.QUARANTINED}), 10)
    assert (row.reason, row.done_at) == ("three crashes", START)
    assert (await store.inbox_row(row.id))[1].body == b"a"
    assert await store.outbox_row("s1") is not None


async def test_people_retry_and_drop_quarantined_events_only(store):
    """A retried one starts with no attempts; anything else is not found."""
    items = await store.accept([offer("a"), offer("b"), offer("c")], None, claim=True)
    for item in items[:2]:
        await store.quarantine(item.claim, "x", plan())
    first, second, third = (item.claim.id for item in items)

    await store.retry_event(first)
    await store.drop_event(second)

    assert await claimed(store) == ["a"]
    assert (await store.inbox_row(second))[0].state == InboxState.DROPPED
    for inbox_id in (first, second, third, 999):
        with pytest.raises(NotFound):
            await store.retry_event(inbox_id)
        with pytest.raises(NotFound):
            await store.drop_event(inbox_id)


async def test_a_retried_event_is_next_although_a_younger_one_is_claimed(store):
    """It is the oldest; the younger one, once claimed, can still be ended."""
    await stored(store, "a", "b", "c", lane="l")
    [a] = await store.claim_events(1)
    await store.quarantine(a.claim, "x", plan())
    [b] = await store.claim_events(1)

    await store.retry_event(a.claim.id)

    assert await claimed(store) == ["a"]
    await store.apply(plan(done=done(b.claim)))
    assert await claimed(store) == []


async def test_a_retried_event_goes_before_waiting_ones(store):
    """Oldest first, also after a repair."""
    await stored(store, "a", "b", lane="l")
    [a] = await store.claim_events(1)
    await store.quarantine(a.claim, "x", plan())

    await store.retry_event(a.claim.id)

    assert await claimed(store) == ["a"]


async def test_the_end_of_an_event_is_shown(store):
    """Outcome, reason, ticket and time stand in its row, found by its effect too."""
    [item] = await store.accept([offer("a")], None, claim=True)
    end = done(item.claim, Outcome.ROUTED, effect="digest", ticket=1001)

    await store.apply(plan(done=end, **opened(1001)))

    row = await store.inbox_by_effect("digest")
    assert (row.outcome, row.reason, row.ticket, row.done_at) == (
        Outcome.ROUTED,
        "because",
        1001,
        START,
    )
    assert await store.inbox_by_effect("other") is None
    assert await store.inbox_row(999) is None


async def test_lists_are_newest_first_and_bounded(store):
    """And hold only the states that were asked for."""
    await stored(store, "a", "b", "c")
    await store.claim_events(1)

    new = await store.list_inbox(frozenset({InboxState.NEW}), 10)

    assert [row.keys for row in new] == [("c",), ("b",)]
    assert len(await store.list_inbox(frozenset(InboxState), 1)) == 1
    assert [*await store.list_inbox(frozenset(), 10)] == []


async def test_a_claim_brings_a_bounded_number_of_bytes(store, monkeypatch):
    """A backlog of large events cannot fill the memory; the next call brings the rest."""
    monkeypatch.setattr("gateway.store.inbox.MOST_CLAIMED_BYTES", 10)
    await store.accept([offer(k, body=k.encode() * 6) for k in "abc"], None, claim=False)

    assert [len(await store.claim_events(10)) for _ in range(3)] == [1, 1, 1]


async def test_an_unknown_claim_is_lost(store):
    """A claim on nothing raises as any other lost one."""
    with pytest.raises(FenceLost):
        await store.apply(plan(done=done(Claim(id=77, fence=1, attempts=0))))
