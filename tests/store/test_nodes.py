"""Nodes that are gone: what they held is anybody's at once, and only that."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.errors import FenceLost
from gateway.model.upkeep import is_node, node_key
from tests.fakes.world import START
from tests.store.things import MINUTE, done, offer, plan, send, settled

TTL = timedelta(seconds=20)


@pytest.fixture
async def nodes(desk):
    """Return the stores of two nodes that are there; the first holds an event and a part."""
    one, two = await desk.open("one"), await desk.open("two")
    for store, name in ((one, "one"), (two, "two")):
        await store.take_lease(node_key(name), name, TTL)
    await one.apply(plan(sends=(send("s"),)))
    return one, two


async def hold(store):
    """Take an event and a part in hand."""
    [event] = await store.accept([offer("e")], None, claim=True)
    [part] = await store.claim_sends(9, lease=MINUTE, now=START, sync=True)
    return event, part


async def test_what_a_node_holds_that_is_there_stays_its_own(nodes, world):
    """However often the others look."""
    one, two = nodes
    await hold(one)
    world.advance(TTL - timedelta(seconds=1))

    assert await two.bury() == 0

    assert [*await two.claim_events(9)] == []
    assert [*await two.claim_sends(9, lease=MINUTE, now=START, sync=True)] == []


@pytest.mark.parametrize("how", ["it left", "it died"])
async def test_what_a_node_held_that_is_gone_is_anybodys(nodes, world, how):
    """The event counts one more attempt, the part may have been sent."""
    one, two = nodes
    event, part = await hold(one)
    if how == "it left":
        await one.drop_lease(node_key("one"), "one")
    else:
        world.advance(TTL)
        await two.take_lease(node_key("two"), "two", TTL)

    freed = await two.bury()

    [again] = await two.claim_events(9)
    [other] = await two.claim_sends(9, lease=MINUTE, now=world.now(), sync=True)
    assert (freed, again.claim.id, again.claim.attempts) == (2, event.claim.id, 1)
    assert (other.part.outbox_id, other.was_uncertain) == ("s", True)
    with pytest.raises(FenceLost):
        await one.apply(plan(done=done(event.claim)))
    with pytest.raises(FenceLost):
        await one.apply(plan(settled=settled(part)))


async def test_a_node_that_was_only_slow_may_end_what_nobody_took(nodes, world):
    """Its fence still holds."""
    one, two = nodes
    event, part = await hold(one)
    world.advance(TTL)
    await two.bury()

    await one.apply(plan(done=done(event.claim), settled=settled(part)))

    assert (await one.audit())["ignored"] == 1


async def test_the_nodes_that_are_there_can_be_told_from_other_leases(nodes):
    """By the name of what they hold."""
    one, _ = nodes
    await one.take_lease("clock", "one", TTL)

    assert [(row.key, is_node(row)) for row in await one.leases()] == [
        ("clock", False),
        ("node one", True),
        ("node two", True),
    ]
