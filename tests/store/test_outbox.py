"""Sends: order within a lane, leases on the wire, what became of attempts, repairs."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from gateway.errors import FenceLost, NotFound, VersionConflict
from gateway.model.outbox import OutboxState, Settled
from gateway.model.plan import Budget
from tests.fakes.world import START
from tests.store.things import MINUTE, plan, send, settled

LEASE = timedelta(seconds=60)


async def queued(store, *ids, lane=""):
    """Put parts into the outbox."""
    await store.apply(plan(sends=tuple(send(outbox_id, lane) for outbox_id in ids)))


async def claim(store, limit=10, **changes):
    """Claim what is due now."""
    how = {"lease": LEASE, "now": store._world.now(), "sync": False} | changes
    return await store.claim_sends(limit, **how)


def claim_now(store):
    """Begin to claim what is due, beside what else is going on."""
    return asyncio.ensure_future(claim(store))


def ids(items):
    """Return the ids of claimed rows."""
    return [item.part.outbox_id for item in items]


async def test_a_part_comes_back_as_it_was_frozen(store):
    """Bytes, place, facts and ids are those that were planned."""
    new = send("s1", "lane", body=b"\x00\xff" * 300_000, ticket=1001, automatic=False)
    await store.apply(plan(sends=(new,)))

    [item] = await claim(store)

    assert new.part == item.part
    assert (item.lane, item.ticket, item.attempt, item.automatic, item.was_uncertain) == (
        "lane",
        1001,
        1,
        False,
        False,
    )
    assert item.created_at == START


async def test_whoever_claims_when_told_is_given_what_a_plan_sends(store):
    """However early it is told, the claim comes behind the plan."""
    claims = []

    await store.apply(plan(sends=(send("s1"),)), queued=lambda: claims.append(claim_now(store)))

    assert ids(await claims[0]) == ["s1"]


async def test_a_claim_finds_nothing_of_a_plan_that_was_refused(store):
    """Whoever was told of it looks in vain, and nothing is sent."""
    claims = []
    refused = plan(sends=(send("s1"),), spend=(Budget(key="b", limit=0, window=MINUTE),))

    with pytest.raises(VersionConflict):
        await store.apply(refused, queued=lambda: claims.append(claim_now(store)))

    assert [ids(await each) for each in claims] in ([], [[]])
    assert await claim(store) == []


@pytest.mark.parametrize("sync", [True, False])
async def test_due_rows_are_claimed_once(store, sync):
    """Claim and wire mark are one: what was handed out is on the wire."""
    await queued(store, "s1", "s2", "s3")

    assert ids(await claim(store, 2, sync=sync)) == ["s1", "s2"]
    assert ids(await claim(store, 2, sync=sync)) == ["s3"]
    assert (await store.outbox_row("s1"))[0].state == OutboxState.WIRE


async def test_a_row_waits_for_its_time(store, world):
    """`next_send_at` says when that is."""
    assert await store.next_send_at() is None
    later = START + MINUTE
    await store.apply(plan(sends=(send("s1", not_before=later),)))

    early = ids(await claim(store))
    due_at = await store.next_send_at()
    world.advance(MINUTE)

    assert ([], later) == (early, due_at)
    assert ids(await claim(store)) == ["s1"]


BLOCKING = [
    (OutboxState.RETRY, {"due_at": START + MINUTE}),
    (OutboxState.UNCERTAIN, {}),
    (OutboxState.UNCERTAIN, {"due_at": START + MINUTE}),
]
ENDING = [OutboxState.SENT, OutboxState.HELD, OutboxState.DEAD, OutboxState.DROPPED]


@pytest.mark.parametrize(("state", "fields"), BLOCKING)
async def test_what_may_still_go_out_blocks_its_lane(store, state, fields):
    """The younger part waits; another lane does not."""
    await queued(store, "a1", "a2", lane="a")
    await queued(store, "b1", lane="b")
    [item, _] = await claim(store)

    on_wire = ids(await claim(store))
    await store.apply(plan(settled=settled(item, state, **fields)))

    assert on_wire + ids(await claim(store)) == []


@pytest.mark.parametrize("state", ENDING)
async def test_what_ended_or_was_set_aside_blocks_nothing(store, state):
    """The next part of the lane goes out."""
    await queued(store, "a1", "a2", lane="a")
    [item] = await claim(store)

    await store.apply(plan(settled=settled(item, state)))

    assert ids(await claim(store)) == ["a2"]


async def test_a_retry_goes_out_again_when_it_is_due(store, world):
    """It counts its attempts and is not uncertain: the platform had refused it."""
    await queued(store, "s1")
    [item] = await claim(store)

    retry = settled(item, OutboxState.RETRY, due_at=START + MINUTE, code="451", reason="later")
    await store.apply(plan(settled=retry))
    world.advance(MINUTE)
    [again] = await claim(store)

    assert (again.attempt, again.was_uncertain) == (2, False)
    assert again.part == item.part


async def test_a_lease_that_ran_out_on_the_wire_is_uncertain(store, world):
    """The zombie's word does not count any more."""
    await queued(store, "s1")
    [old] = await claim(store)

    world.advance(LEASE - timedelta(seconds=1))
    early = ids(await claim(store))
    world.advance(timedelta(seconds=1))
    [new] = await claim(store)

    assert (early, new.was_uncertain, new.attempt) == ([], True, 2)
    with pytest.raises(FenceLost):
        await store.apply(plan(settled=settled(old)))
    await store.apply(plan(settled=settled(new)))


async def test_the_lease_on_the_wire_is_when_to_look_again(store):
    """Otherwise a dead sender's row would wait for the next new one."""
    await queued(store, "s1")
    await claim(store)

    assert await store.next_send_at() == START + LEASE


async def test_the_end_of_a_lease_is_told_in_the_walls_time(store, world):
    """After a jump of the wall's clock nobody looks again and again for what is not there."""
    await queued(store, "s1")
    await claim(store)

    world._now += timedelta(hours=1)
    world._start += timedelta(hours=1)

    assert await store.next_send_at() == START + timedelta(hours=1) + LEASE


async def test_once_uncertain_is_always_uncertain(store, world):
    """A later refusal does not prove that the earlier attempt failed."""
    await queued(store, "s1")
    [first] = await claim(store)
    await store.apply(plan(settled=settled(first, OutboxState.UNCERTAIN, due_at=START)))
    [second] = await claim(store)
    await store.apply(plan(settled=settled(second, OutboxState.RETRY)))

    [third] = await claim(store)

    assert (second.was_uncertain, third.was_uncertain) == (True, True)


async def test_a_dead_process_leaves_uncertain_rows(desk):
    """Who holds the desk's lock sends them again at once, knowing what they are."""
    before = await desk.open("before")
    await queued(before, "s1", "s2", lane="l")
    await claim(before)

    after = await desk.open("after", sole_writer=True)
    items = await claim(after)

    assert [(item.part.outbox_id, item.was_uncertain) for item in items] == [("s1", True)]


async def test_a_jump_of_the_wall_clock_sends_nothing_twice(store, world):
    """An hour forward ends no lease on the wire."""
    await queued(store, "s1")
    await claim(store)

    world._now += timedelta(hours=1)
    world._start += timedelta(hours=1)

    assert ids(await claim(store)) == []


async def test_every_attempt_is_logged(store, world):
    """With its code, reason and exchange, oldest first; the receipt's id stands in the row."""
    await queued(store, "s1")
    [item] = await claim(store)
    retry = settled(item, OutboxState.RETRY, code="451", reason="greylisted", exchange="RCPT\n451")
    await store.apply(plan(settled=retry))
    [item] = await claim(store)
    await store.apply(plan(settled=settled(item, code="250", external_id="queue-7")))

    row, body = await store.outbox_row("s1")

    assert body == b"s1"
    assert [*row.log] == [
        "2026-03-02T09:00:00+00:00 retry 451 greylisted\nRCPT\n451",
        "2026-03-02T09:00:00+00:00 sent 250",
    ]
    assert (row.external_id, row.state, row.attempts) == ("queue-7", OutboxState.SENT, 2)


@pytest.mark.parametrize("fence", [0, 1])
async def test_a_report_bounces_what_was_sent(store, fence):
    """Nobody's claim is needed for it."""
    await queued(store, "s1")
    [item] = await claim(store)
    await store.apply(plan(settled=settled(item)))

    await store.apply(plan(settled=settled(item, OutboxState.BOUNCED, fence=fence, code="5.1.1")))

    row, _ = await store.outbox_row("s1")
    assert (row.state, row.code, len(row.log)) == (OutboxState.BOUNCED, "5.1.1", 2)


async def test_a_report_on_what_was_not_sent_changes_nothing(store):
    """A forged or early report leaves queued, dead and unknown rows alone, and raises nothing."""
    await queued(store, "s1")
    reports = [
        Settled(outbox_id=i, fence=0, state=OutboxState.BOUNCED, at=START)
        for i in ("s1", "unknown")
    ]

    await store.apply(plan(settled=tuple(reports)))

    assert (await store.outbox_row("s1"))[0].state == OutboxState.QUEUED


async def test_a_report_may_overtake_our_own_word(store):
    """A bounce of a row on the wire ends it, frees its lane, and the sender's word is refused."""
    await queued(store, "s1", "s2", lane="l")
    [item] = await claim(store)

    await store.apply(plan(settled=settled(item, OutboxState.BOUNCED, fence=0)))

    with pytest.raises(FenceLost):
        await store.apply(plan(settled=settled(item)))
    assert ids(await claim(store)) == ["s2"]


async def test_settling_twice_is_refused(store):
    """The claim ended with the first word."""
    await queued(store, "s1")
    [item] = await claim(store)
    await store.apply(plan(settled=settled(item)))

    with pytest.raises(FenceLost):
        await store.apply(plan(settled=settled(item, OutboxState.DEAD)))


@pytest.mark.parametrize(
    "state", [OutboxState.DEAD, OutboxState.HELD, OutboxState.UNCERTAIN, OutboxState.DROPPED]
)
async def test_people_queue_again_what_was_given_up(store, state):
    """It is due at once."""
    await queued(store, "s1")
    [item] = await claim(store)
    await store.apply(plan(settled=settled(item, state)))

    await store.retry_send("s1")
    [again] = await claim(store)

    assert (2, state is OutboxState.UNCERTAIN) == (again.attempt, again.was_uncertain)


async def test_a_repaired_row_waits_for_what_its_lane_has_on_the_wire(store):
    """At most one of a lane goes out at a time; then the oldest is first again."""
    await queued(store, "s1", "s2", "s3", lane="l")
    [s1] = await claim(store)
    await store.apply(plan(settled=settled(s1, OutboxState.DEAD)))
    [s2] = await claim(store)

    await store.retry_send("s1")
    meanwhile = ids(await claim(store))
    await store.apply(plan(settled=settled(s2)))

    assert (meanwhile, ids(await claim(store))) == ([], ["s1"])


async def test_a_repaired_row_is_first_again_when_the_one_on_the_wire_has_to_wait(store):
    """An uncertain younger one does not keep its older neighbour back."""
    await queued(store, "s1", "s2", lane="l")
    [s1] = await claim(store)
    await store.apply(plan(settled=settled(s1, OutboxState.DEAD)))
    [s2] = await claim(store)
    await store.retry_send("s1")

    await store.apply(plan(settled=settled(s2, OutboxState.UNCERTAIN)))

    assert ids(await claim(store)) == ["s1"]


async def test_a_dropped_row_frees_its_lane(store):
    """Queued ones, and uncertain ones that a person gives up."""
    await queued(store, "s1", "s2", "s3", lane="l")
    [item] = await claim(store)
    await store.apply(plan(settled=settled(item, OutboxState.UNCERTAIN)))

    await store.drop_send("s2")
    await store.drop_send("s1")

    assert ids(await claim(store)) == ["s3"]


async def test_repairs_find_nothing_in_other_states(store):
    """What was sent cannot be dropped, what waits cannot be retried."""
    await queued(store, "s1", "s2")
    [item] = await claim(store, 1)
    await store.apply(plan(settled=settled(item)))

    for repair, outbox_id in [
        (store.retry_send, "s1"),
        (store.drop_send, "s1"),
        (store.retry_send, "s2"),
        (store.drop_send, "none"),
    ]:
        with pytest.raises(NotFound):
            await repair(outbox_id)
    assert await store.outbox_row("none") is None


async def test_an_id_is_used_once(store):
    """A second part of the same id is refused with everything around it."""
    await queued(store, "s1")

    with pytest.raises(VersionConflict):
        await queued(store, "s0", "s1")

    assert [row.id for row in await store.list_outbox(frozenset(OutboxState), 10)] == ["s1"]


async def test_lists_are_newest_first_without_logs(store):
    """And hold only the states that were asked for."""
    await queued(store, "s1", "s2", "s3")
    await claim(store, 1)

    found = await store.list_outbox(frozenset({OutboxState.QUEUED}), 10)

    assert [row.id for row in found] == ["s3", "s2"]
    assert {"mail:a@x.example"} == {row.place for row in found}


async def test_a_long_lane_delays_nobody(store):
    """Of a thousand rows behind a stuck one, none is in the way of another lane."""
    await store.apply(plan(sends=tuple(send(f"a{n}", "a") for n in range(1000))))
    [head] = await claim(store)
    await store.apply(plan(settled=settled(head, OutboxState.UNCERTAIN)))

    await queued(store, "b1", lane="b")

    assert ids(await claim(store)) == ["b1"]


async def test_a_repeat_that_is_lost_too_is_told_apart(store, world):
    """Twice on the wire without an answer: somebody may decide that this is enough."""
    await queued(store, "s1")
    await claim(store)
    world.advance(LEASE)
    [repeat] = await claim(store)
    world.advance(LEASE)

    [again] = await claim(store)

    assert (repeat.was_uncertain, repeat.was_repeat) == (True, False)
    assert (again.was_uncertain, again.was_repeat) == (True, True)
