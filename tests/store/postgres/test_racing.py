"""Nodes that do things at the same time: one order in a lane, and everything once."""

from __future__ import annotations

import asyncio
from collections import Counter

import asyncpg
import pytest

from gateway.errors import FenceLost, VersionConflict
from gateway.model.inbox import InboxState
from gateway.model.outbox import OutboxState
from gateway.model.plan import Budget
from gateway.model.question import Question
from gateway.store import budgets
from gateway.store.postgres import writer
from tests.fakes.world import START
from tests.store.things import MINUTE, done, offer, opened, plan, send, settled

NODES = 4
LANES = 3
UNFINISHED = "SELECT lane, id, head FROM inbox WHERE state IN ('new', 'claimed') ORDER BY id"
BLOCKING = """
SELECT lane, position AS id, head FROM outbox
WHERE state IN ('queued', 'wire', 'retry', 'uncertain') ORDER BY position
"""


@pytest.fixture
async def nodes(desk):
    """Return the stores of several nodes."""
    return [await desk.open(f"n{n}") for n in range(NODES)]


async def wrong_heads(store, query):
    """Return the lanes whose oldest row is not their head, or that have another one."""
    async with store._links.one() as connection:
        found = await connection.fetch(query)
    lanes = {}
    for row in found:
        lanes.setdefault(row["lane"], []).append(row["head"])
    return [lane for lane, heads in lanes.items() if heads != [1] + [0] * (len(heads) - 1)]


async def accept_and_end(nodes, rounds):
    """Have every node accept into the same lanes and end what it can claim, all at once."""
    ended = []

    async def accept(store, name, n):
        await asyncio.gather(*(
            store.accept([offer(f"{name}.{n}.{lane}", f"l{lane}")], None, claim=bool(n % 2))
            for lane in range(LANES)
        ))  # fmt: skip

    async def end(store):
        for item in await store.claim_events(5):
            await store.apply(plan(done=done(item.claim), sends=(send(f"s{item.claim.id}", "o"),)))
            ended.append((item.lane, item.claim.id))

    for n in range(rounds):
        await asyncio.gather(
            *(accept(store, index, n) for index, store in enumerate(nodes)),
            *(end(store) for store in nodes),
        )
    return ended


async def test_a_lane_that_all_nodes_write_to_has_one_head(nodes):
    """However accepting and ending meet, the oldest is the head and nobody else."""
    ended = await accept_and_end(nodes, 25)

    assert await wrong_heads(nodes[0], UNFINISHED) == []
    assert await wrong_heads(nodes[0], BLOCKING) == []
    assert len(ended) > 50
    for lane in range(LANES):
        ids = [number for name, number in ended if name == f"l{lane}"]
        assert ids == sorted(ids)


async def end_while_another_node_accepts(nodes, url):
    """Have the only event of a lane end between the look of an accept at it and its commit."""
    [item] = await nodes[0].accept([offer("first", "l")], None, claim=True)
    other = await asyncpg.connect(url)
    async with other.transaction():
        # An event's row is stored before its bytes are.
        await other.execute("LOCK TABLE inbox_bytes IN ACCESS EXCLUSIVE MODE")
        accepting = asyncio.create_task(nodes[1].accept([offer("second", "l")], None, claim=False))
        await someone_waits(other)
        ending = asyncio.create_task(nodes[0].apply(plan(done=done(item.claim))))
        await asyncio.wait({ending}, timeout=0.3)
    await asyncio.gather(accepting, ending)
    await other.close()
    return [item.event.body for item in await nodes[2].claim_events(5)]


async def someone_waits(connection):
    """Return when a transaction waits for a table."""
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'"
    while not await connection.fetchval(query):  # noqa: ASYNC110 - nobody tells of it
        await asyncio.sleep(0.01)


async def test_a_lane_goes_on_that_ends_while_another_node_accepts(nodes, url):
    """What was accepted meanwhile is handed out next."""
    assert await end_while_another_node_accepts(nodes, url) == [b"second"]


async def test_without_locks_that_lane_stands_still(nodes, url, monkeypatch):
    """The defence off: neither saw the other."""
    bare = (
        "SELECT txid_current() AS number, '{}'::text[] AS rows, '{}'::text[] AS lanes,"
        " $1::text[], $2::bigint[], $3::text[], $4::text, $5::text[]"
    )
    monkeypatch.setattr(writer, "_LOCK", bare)

    assert await end_while_another_node_accepts(nodes, url) == []


async def spend_while_another_node_spends(nodes, url, budget):
    """Return how many of the other nodes could spend while the first had not committed yet."""
    other = await asyncpg.connect(url)
    async with other.transaction():
        # What was spent is written before what a plan refers to.
        await other.execute("LOCK TABLE message_refs IN ACCESS EXCLUSIVE MODE")
        held = nodes[0].apply(plan(spend=(budget,), refs=(("<r@x>", 1001),)))
        holding = asyncio.create_task(held)
        await someone_waits(other)
        spending = [asyncio.create_task(n.apply(plan(spend=(budget,)))) for n in nodes[1:]]
        ended, _ = await asyncio.wait(spending, timeout=1)
    await asyncio.gather(holding, *spending)
    await other.close()
    return len(ended)


async def test_nobody_waits_for_a_large_right_of_the_desk(nodes, url):
    """Each has a stripe of it, and what all of them spent counts in the end."""
    budget = Budget(key="desk", limit=budgets.LARGE, window=MINUTE, is_desks=True)

    assert await spend_while_another_node_spends(nodes, url, budget)
    known = await nodes[0].know(Question(now=START, budgets=(budget,)))
    assert known.spent == {"desk": budgets.RESERVE + NODES}


async def test_a_small_right_is_spent_by_one_after_the_other(nodes, url):
    """Its limit is exact: nobody may look at it while another spends."""
    budget = Budget(key="desk", limit=budgets.LARGE - 1, window=MINUTE, is_desks=True)

    assert await spend_while_another_node_spends(nodes, url, budget) == 0
    known = await nodes[0].know(Question(now=START, budgets=(budget,)))
    assert known.spent == {"desk": NODES}


async def test_one_event_that_all_nodes_are_offered_is_stored_once(nodes):
    """Each key once, however they race; nobody is told of an error."""
    for n in range(20):
        stored = await asyncio.gather(*(
            store.accept([offer(f"k{n}", "l"), offer(f"j{n}", "m")], None, claim=True)
            for store in nodes
        ))  # fmt: skip
        assert sum(map(len, stored)) == 2

    assert await wrong_heads(nodes[0], UNFINISHED) == []


async def test_ticket_numbers_are_given_out_once(nodes):
    """By many nodes at the same time."""
    blocks = await asyncio.gather(*(s.reserve_numbers(7) for s in nodes for _ in range(20)))

    numbers = [number for block in blocks for number in block]
    assert len(set(numbers)) == len(numbers) == NODES * 20 * 7


async def test_a_budget_is_never_overspent(nodes):
    """All nodes want the last spendings."""
    budget = Budget(key="b", limit=10, window=MINUTE)
    ended = await asyncio.gather(
        *(store.apply(plan(spend=(budget,))) for store in nodes for _ in range(10)),
        return_exceptions=True,
    )

    assert Counter(map(type, ended)) == {type(None): 10, VersionConflict: NODES * 10 - 10}


async def test_a_ticket_is_changed_by_one_of_those_who_planned_on_it(nodes):
    """The others plan again."""
    await nodes[0].apply(plan(**opened(1001)))
    write = [opened(1001, version=2)["tickets"][0]]
    [planned] = [type(write[0])(ticket=write[0].ticket, planned_on=1)]

    ended = await asyncio.gather(
        *(store.apply(plan(tickets=(planned,))) for store in nodes), return_exceptions=True
    )

    assert Counter(map(type, ended)) == {type(None): 1, VersionConflict: NODES - 1}


async def test_one_content_has_one_effect(nodes):
    """The same content under different keys, ended by every node at once."""
    items = [
        (await store.accept([offer(f"k{n}")], None, claim=True))[0] for n, store in enumerate(nodes)
    ]
    ended = await asyncio.gather(
        *(
            store.apply(plan(done=done(item.claim, effect="e")))
            for store, item in zip(nodes, items, strict=True)
        ),
        return_exceptions=True,
    )

    assert Counter(map(type, ended)) == {type(None): 1, VersionConflict: NODES - 1}


async def test_a_lease_has_one_holder(nodes):
    """All of them ask at once."""
    fences = await asyncio.gather(
        *(store.take_lease("mailbox", f"n{n}", MINUTE) for n, store in enumerate(nodes))
    )

    assert sorted(fence or 0 for fence in fences) == [0] * (NODES - 1) + [1]


async def test_rows_are_claimed_by_one_node(nodes):
    """Of events and of parts on their way out, each goes to one."""
    await nodes[0].accept([offer(f"k{n}") for n in range(40)], None, claim=False)
    await nodes[0].apply(plan(sends=tuple(send(f"s{n}") for n in range(40))))

    events = await asyncio.gather(*(store.claim_events(15) for store in nodes))
    sends = await asyncio.gather(
        *(store.claim_sends(15, lease=MINUTE, now=START, sync=False) for store in nodes)
    )

    ids = [item.claim.id for items in events for item in items]
    names = [item.part.outbox_id for items in sends for item in items]
    assert len(set(ids)) == len(ids) >= 15
    assert len(set(names)) == len(names) >= 15


async def test_plans_that_want_each_others_tickets_wait_for_each_other(nodes):
    """In whatever order they name them; nobody is left in a deadlock."""
    numbers = [1001, 1002, 1003]
    for number in numbers:
        await nodes[0].apply(plan(**opened(number)))

    async def change(store, order):
        for _ in range(10):
            found = [await store.ticket(number) for number in order]
            writes = tuple(
                type(opened(1)["tickets"][0])(ticket=ticket, planned_on=ticket.version)
                for ticket in found
            )
            try:
                await store.apply(plan(tickets=writes, sends=(send(f"{id(found)}", "o"),)))
            except VersionConflict:
                continue

    await asyncio.gather(*(
        change(store, numbers if n % 2 else numbers[::-1]) for n, store in enumerate(nodes)
    ))  # fmt: skip

    assert (await nodes[0].ticket(1001)).version == (await nodes[0].ticket(1003)).version


async def test_a_zombies_end_is_refused(nodes, world):
    """Its claim ran out, another node has the event."""
    [item] = await nodes[0].accept([offer("a")], None, claim=True)
    world.advance(MINUTE)
    [again] = await nodes[1].claim_events(1)

    with pytest.raises(FenceLost):
        await nodes[0].apply(plan(done=done(item.claim)))

    await nodes[1].apply(plan(done=done(again.claim)))
    rows = await nodes[0].list_inbox(frozenset(InboxState), 10)
    assert [row.state for row in rows] == [InboxState.DONE]


async def test_settling_and_queueing_in_one_lane_at_once_keeps_its_head(nodes):
    """The last row is ended while the next one is queued, over and over."""
    await nodes[0].apply(plan(sends=(send("s0", "o"),)))
    for n in range(1, 40):
        [item] = await nodes[n % NODES].claim_sends(1, lease=MINUTE, now=START, sync=False)
        await asyncio.gather(
            nodes[n % NODES].apply(plan(settled=settled(item))),
            nodes[(n + 1) % NODES].apply(plan(sends=(send(f"s{n}", "o"),))),
        )

    waiting = await nodes[0].list_outbox(frozenset({OutboxState.QUEUED}), 10)
    assert [row.id for row in waiting] == ["s39"]
    assert await wrong_heads(nodes[0], BLOCKING) == []
