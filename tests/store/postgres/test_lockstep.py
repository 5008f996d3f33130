"""Callers who share a trip ask together, and get what each of them would have got alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import contextmanager

import pytest

from gateway.errors import FenceLost, VersionConflict
from gateway.model.inbox import Claim
from gateway.model.plan import Budget
from gateway.model.question import Question
from gateway.store.postgres import lockstep, writer
from gateway.store.postgres.dialect import QUERIES
from gateway.store.postgres.links import Links
from tests.fakes.world import START
from tests.store.postgres.test_racing import BLOCKING, UNFINISHED, wrong_heads
from tests.store.things import MINUTE, done, offer, opened, plan, send, settled

MANY = 40


@contextmanager
def round_trips(monkeypatch):
    """Collect what is asked of the server by connections that are made from now on."""
    seen = []
    connect = Links.connect

    async def watched(self):
        connection = await connect(self)
        connection.add_query_logger(lambda record: seen.append(record.query))
        return connection

    monkeypatch.setattr(Links, "connect", watched)
    yield seen
    monkeypatch.setattr(Links, "connect", connect)


def names_of(word):
    """Return what is touched alone, in small letters, and what is shared."""
    own = {name for name in word if name.islower()}
    return lockstep.Names(own, {name.lower() for name in word if name.isupper()})


@pytest.mark.parametrize(
    ("touched", "groups"),
    [
        ("a b c", ["012"]),
        ("a a b", ["02", "1"]),
        ("ab b a", ["0", "12"]),
        ("ab bc c a", ["0", "13", "2"]),
        ("A A A b", ["0123"]),
        ("A a A A", ["0", "1", "23"]),
        ("Ab A aB b B", ["01", "2", "3", "4"]),
        ("A * A", ["0", "1", "2"]),
        ("* a b", ["0", "12"]),
        ("a * b", ["0", "1", "2"]),
        ("a b * b a *", ["01", "2", "34", "5"]),
        ("", []),
    ],
)
def test_those_who_touch_the_same_keep_their_order(touched, groups):
    """``*`` touches everything; what has a capital may be touched by several of a group."""
    names = [None if word == "*" else names_of(word) for word in touched.split()]

    found = lockstep.waves([*map(str, range(len(names)))], names)

    assert ["".join(group) for group in found] == groups


async def test_every_query_can_be_asked_by_many(store):
    """PostgreSQL understands each of them also with the number of whoever asks."""
    async with store._links.one() as connection:
        for name, query in QUERIES.items():
            reads = query.sql.startswith(("SELECT", "WITH")) or "RETURNING" in query.sql
            form = lockstep._READS if reads else lockstep._CHANGES
            await connection.prepare(form[name])


async def test_a_crowd_costs_hardly_more_trips_than_one(desk, monkeypatch):
    """Forty accepts, questions and plans at once, against one of each."""
    counts = []
    for count in (1, MANY):
        with round_trips(monkeypatch) as seen:
            store = await desk.open(f"n{count}")
            await through(store, range(count * 1000, count * 1001))
        counts.append(len(seen))

    assert counts[1] < counts[0] * 4


async def through(store, numbers):
    """Take events through the store, each step of all of them at once."""
    budget = Budget(key="b", limit=1000, window=MINUTE)
    items = await asyncio.gather(*(
        store.accept([offer(f"k{n}")], None, claim=True) for n in numbers
    ))  # fmt: skip
    question = Question(now=START, effect="e", kind="email", address="a@x.example", refs=("r",))
    await asyncio.gather(*(store.know(question) for _ in numbers))
    await asyncio.gather(*(
        store.apply(plan(
            done=done(item.claim, effect=f"e{n}", ticket=n),
            sends=(send(f"s{n}"),), refs=((f"r{n}", n),), spend=(budget,), **opened(n),
        ))
        for n, [item] in zip(numbers, items, strict=True)
    ))  # fmt: skip


async def test_each_caller_gets_his_own_answer(store):
    """Not that of somebody who asked at the same time."""
    await asyncio.gather(*(store.apply(plan(**opened(n))) for n in range(1001, 1001 + MANY)))

    found = await asyncio.gather(*(store.ticket(n) for n in range(1001, 1041, 3)))
    blocks = await asyncio.gather(*(store.reserve_numbers(n) for n in range(1, MANY)))

    assert [ticket.number for ticket in found] == [*range(1001, 1041, 3)]
    assert [len(block) for block in blocks] == [*range(1, MANY)]
    assert len({number for block in blocks for number in block}) == sum(range(MANY))


async def test_a_crowd_in_few_lanes_leaves_each_with_its_head(store):
    """Accepted, ended, queued and settled at once, over and over, on one node."""
    rounds, ended = 12, []
    for n in range(rounds):
        events = await store.claim_events(9)
        sends = await store.claim_sends(9, lease=MINUTE, now=START, sync=False)
        await asyncio.gather(
            *(store.accept([offer(f"{n}.{m}", f"l{m % 3}")], None, claim=bool(m % 2))
              for m in range(9)),
            *(store.apply(plan(done=done(item.claim), sends=(send(f"s{item.claim.id}", "o"),)))
              for item in events),
            *(store.apply(plan(settled=settled(item))) for item in sends),
        )  # fmt: skip
        ended += [item.claim.id for item in events]

    assert await wrong_heads(store, UNFINISHED) == []
    assert await wrong_heads(store, BLOCKING) == []
    sums = await store.audit()
    assert (sums["accepted"], sums["ignored"]) == (rounds * 9, len(set(ended)))
    assert len(ended) > rounds


async def test_mixed_without_regard_a_lane_loses_its_head(store, monkeypatch):
    """The defence off: everybody in one group."""
    monkeypatch.setattr(writer, "waves", lambda jobs, _: [jobs])
    for n in range(20):
        await asyncio.gather(*(
            store.accept([offer(f"{n}.{m}", f"l{n}")], None, claim=False) for m in range(9)
        ))  # fmt: skip

    assert await wrong_heads(store, UNFINISHED)


async def test_a_refused_caller_does_not_touch_the_others(store):
    """Among many who ask alike: a lost fence, an old version, a spent budget."""
    spent = Budget(key="b", limit=0, window=MINUTE)
    lost = done(Claim(id=9, fence=1, attempts=0))
    ended = await asyncio.gather(
        *(store.apply(plan(sends=(send(f"s{n}"),), **opened(n))) for n in range(1001, 1020)),
        store.apply(plan(sends=(send("a"),), done=lost)),
        store.apply(plan(sends=(send("b"),), **opened(1001))),
        store.apply(plan(sends=(send("c"),), spend=(spent,))),
        store.apply(plan(sends=(send("d"),), **opened(2**70))),
        return_exceptions=True,
    )

    kinds = Counter(type(end) for end in ended)
    assert (kinds[type(None)], kinds[FenceLost], kinds[VersionConflict]) == (19, 1, 2)
    assert [await store.outbox_row(name) for name in "abcd"] == [None] * 4
    sent = await store.claim_sends(99, lease=MINUTE, now=START, sync=False)
    assert {item.part.outbox_id for item in sent} == {f"s{n}" for n in range(1001, 1020)}
