"""Plans: whole or not at all, once, and never over what somebody else did."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace
from datetime import timedelta

import pytest

from gateway.errors import FenceLost, VersionConflict
from gateway.model.decision import Priority
from gateway.model.inbox import InboxState, Outcome
from gateway.model.knowledge import Said, Sent
from gateway.model.message import Attachment
from gateway.model.outbox import OutboxState
from gateway.model.people import Person
from gateway.model.plan import Budget, TicketWrite
from gateway.model.question import Question, TicketFilter
from gateway.model.ticket import EventKind, FileRef, Party, Thread, Ticket, TicketState, Visibility
from gateway.model.timing import Timer, Timing
from gateway.store import budgets
from tests.fakes.world import START
from tests.store.things import MINUTE, done, line, offer, opened, plan, send, settled, ticket

HOUR = timedelta(hours=1)

FULL = ticket(
    1001,
    state=TicketState.WAITING,
    parties=(
        Party(number=1, kind="email", address="a@x.example", name="Ada \x00\ud800"),
        Party(number=2, kind="slack", address="U1", invited=True),
    ),
    level=3,
    assignee="ana",
    priority=Priority.URGENT,
    tags=("lift", "stuck"),
    fields={"site": "Lisbon"},
    faq="lift",
    rule="lifts",
    why={"trace": [{"rule": "lifts", "matched": True, "score": 0.5, "near": None}]},
    threads=(Thread(place="mail:a@x.example", root="<1@x>", last="<2@x>", references=("<1@x>",)),),
    due_at=START + MINUTE,
    closed_at=START - MINUTE,
    merged_into=1000,
    follows=999,
    asks=("site",),
    asked=2,
    timing=Timing(
        began_at=START,
        answer=Timer(used=MINUTE, since=START, warned=True, ran_out=True),
        resolve=Timer(used=2 * MINUTE),
        answers=3,
        first_took=MINUTE,
        been=("desk",),
    ),
    wake_at=START + 2 * MINUTE,
    reopened=1,
    vendor="maker",
    helped=False,
    sent=Sent(edition="badge@1", said=Said.HELPED),
    updated_at=START + timedelta(microseconds=1),
)


async def test_a_ticket_comes_back_as_it_was_written(store):
    """Every field, also text that databases differ on."""
    await store.apply(plan(tickets=(TicketWrite(ticket=FULL, planned_on=0),)))

    assert await store.ticket(1001) == FULL
    assert {f.name for f in fields(Ticket) if getattr(FULL, f.name) == f.default} == set()
    assert await store.ticket(1002) is None


async def test_history_comes_back_in_the_order_it_was_written(store):
    """Numbered from 1, with every field, over several plans."""
    file = FileRef(name="a.png", media_type="image/png", size=3, id="digest")
    first = line(1001, attachments=(file,), inbox_id=7, details={"trust": 2, "flags": ["x"]})
    second = line(1001, "A note", kind=EventKind.NOTE, visibility=Visibility.INTERNAL, by="ana")

    await store.apply(plan(events=(first, second, line(1002))))
    await store.apply(plan(events=(first,)))

    expected = [replace(first, seq=1), replace(second, seq=2), replace(first, seq=3)]
    assert await store.events(1001) == expected
    assert await store.events(1003) == []


async def test_text_of_history_is_storable_everywhere(store):
    """What databases differ on becomes a replacement character in plain text."""
    await store.apply(plan(events=(line(1001, "a\x00b\ud800c é 😀"),)))

    [event] = await store.events(1001)
    assert event.text == "a\ufffdb\ufffdc é 😀"


async def test_a_write_on_an_old_version_is_refused(store):
    """So is a second new ticket of one number; the version counts by itself."""
    await store.apply(plan(**opened(1001)))
    changed = ticket(1001, state=TicketState.CLOSED)

    await store.apply(plan(tickets=(TicketWrite(ticket=changed, planned_on=1),)))

    for planned_on in (0, 1, 3):
        with pytest.raises(VersionConflict):
            await store.apply(plan(tickets=(TicketWrite(ticket=changed, planned_on=planned_on),)))
    assert (await store.ticket(1001)).version == 2


async def test_of_concurrent_writes_on_one_version_one_wins(store):
    """Also when they share a commit."""
    await store.apply(plan(**opened(1001)))
    write = TicketWrite(ticket=ticket(1001, subject="changed"), planned_on=1)

    calls = [store.apply(plan(tickets=(write,), events=(line(1001),))) for _ in range(10)]
    ended = await asyncio.gather(*calls, return_exceptions=True)

    assert sum(isinstance(end, VersionConflict) for end in ended) == 9
    assert len(await store.events(1001)) == 2


async def test_a_refused_plan_changes_nothing(store):
    """Everything that was written before the refusal is undone."""
    [item] = await store.accept([offer("a")], None, claim=True)
    await store.apply(plan(**opened(1001)))
    conflict = TicketWrite(ticket=ticket(1001), planned_on=5)
    new = opened(1002)
    budget = Budget(key="b", limit=5, window=HOUR)

    with pytest.raises(VersionConflict):
        await store.apply(
            plan(
                done=done(item.claim, effect="e"),
                tickets=(*new["tickets"], conflict),
                events=new["events"],
                sends=(send("s1"),),
                refs=(("<r@x>", 1002),),
                people=(Person(kind="email", address="a@x.example"),),
                spend=(budget,),
                files=(Attachment(name="f", media_type="t", digest="d", content=b"c"),),
            )
        )

    known = await store.know(
        Question(
            now=START, effect="e", kind="email", address="a@x.example", refs=("<r@x>",),
            tickets=(1002,), sends=("s1",), budgets=(budget,),
        )
    )  # fmt: skip
    assert (known.duplicate_of, known.person, known.refs, known.tickets, known.sends) == (
        None, None, {}, {}, {})  # fmt: skip
    assert (known.spent, await store.file("d")) == ({"b": 0}, None)
    assert (await store.inbox_row(item.claim.id))[0].state is InboxState.CLAIMED


async def test_one_content_has_one_effect(store):
    """The second item with the effect is refused, and can then end as a duplicate."""
    one, two = await store.accept([offer("a"), offer("b")], None, claim=True)
    await store.apply(plan(done=done(one.claim, Outcome.ROUTED, effect="e", ticket=1001),
                           **opened(1001)))  # fmt: skip

    with pytest.raises(VersionConflict):
        await store.apply(plan(done=done(two.claim, effect="e")))
    await store.apply(plan(done=done(two.claim, Outcome.DUPLICATE)))

    assert (await store.inbox_by_effect("e")).id == one.claim.id


async def test_items_without_effect_do_not_exclude_each_other(store):
    """An empty effect is none."""
    one, two = await store.accept([offer("a"), offer("b")], None, claim=True)

    await store.apply(plan(done=done(one.claim)))
    await store.apply(plan(done=done(two.claim)))


async def test_an_ended_item_cannot_end_again(store):
    """Its claim is gone with its end."""
    [item] = await store.accept([offer("a")], None, claim=True)
    await store.apply(plan(done=done(item.claim)))

    with pytest.raises(FenceLost):
        await store.apply(plan(done=done(item.claim), sends=(send("s1"),)))

    assert await store.list_outbox(frozenset(OutboxState), 10) == []


async def test_a_lost_send_takes_its_whole_plan_along(store):
    """What a zombie found out about one row changes no other."""
    await store.apply(plan(sends=(send("s1"), send("s2"))))
    how = {"lease": MINUTE, "now": START, "sync": False}
    one, two = await store.claim_sends(10, **how)
    await store.apply(plan(settled=settled(two)))

    with pytest.raises(FenceLost):
        await store.apply(plan(settled=settled(one) + settled(two)))

    assert (await store.outbox_row("s1"))[0].state is OutboxState.WIRE


async def test_a_message_stays_with_the_ticket_that_had_it_first(store):
    """A second ticket cannot take a known message id over."""
    await store.apply(plan(refs=(("<r@x>", 1001),)))
    await store.apply(plan(refs=(("<r@x>", 1002), ("<new@x>", 1002))))

    known = await store.know(Question(now=START, refs=("<new@x>", "<r@x>", "<none@x>")))

    assert known.refs == {"<r@x>": 1001, "<new@x>": 1002}


async def test_people_are_written_whole(store):
    """The last writing stands."""
    first = Person(kind="email", address="a@x.example", name="Ada", language="pt",
                   automatic_at=START, dead="550")  # fmt: skip
    second = Person(kind="email", address="a@x.example")
    asked = Question(now=START, kind="email", address="a@x.example")

    await store.apply(plan(people=(first,)))
    before = (await store.know(asked)).person
    await store.apply(plan(people=(second,)))

    assert (before, (await store.know(asked)).person) == (first, second)


async def test_a_file_is_stored_once(store):
    """By its digest, whatever it is called."""
    content = b"\x00" * 600_000
    one = Attachment(name="a", media_type="t", digest="d", content=content)

    await store.apply(plan(files=(one, replace(one, name="b"))))
    await store.apply(plan(files=(one,)))

    assert await store.file("d") == content
    assert await store.file("other") is None


async def test_a_budget_runs_out_and_comes_back(store):
    """Within any window the limit holds; a window and a twentieth later all is there again."""
    budget = Budget(key="b", limit=2, window=HOUR)
    for at in (START, START + HOUR / 2):
        await store.apply(plan(at=at, spend=(budget,)))

    for at in (START + HOUR / 2, START + HOUR):
        with pytest.raises(VersionConflict):
            await store.apply(plan(at=at, spend=(budget,)))

    await store.apply(plan(at=START + HOUR * 1.06, spend=(budget,)))
    known = await store.know(Question(now=START + HOUR * 1.06, budgets=(budget,)))
    assert known.spent == {"b": 2}


async def test_one_spent_budget_spares_the_others(store):
    """A plan that is refused for one of its budgets spends none."""
    rich, poor = (Budget(key=k, limit=n, window=HOUR) for k, n in (("rich", 9), ("poor", 0)))

    with pytest.raises(VersionConflict):
        await store.apply(plan(spend=(rich, poor)))

    known = await store.know(Question(now=START, budgets=(rich, poor)))
    assert known.spent == {"rich": 0, "poor": 0}


async def test_concurrent_spending_stays_within_the_limit(store):
    """Twenty callers, five to spend."""
    budget = Budget(key="b", limit=5, window=HOUR)

    calls = [store.apply(plan(spend=(budget,))) for _ in range(20)]
    ended = await asyncio.gather(*calls, return_exceptions=True)

    assert ended.count(None) == 5


async def test_a_plan_cannot_spend_more_of_a_budget_than_is_left(store):
    """Who spends the same right twice in one plan needs two of it; a refused plan spends none."""
    twice = [(Budget(key=k, limit=3, window=HOUR),) * 2 for k in ("b", "c\x00")]
    for spend in twice:
        await store.apply(plan(spend=spend))
        with pytest.raises(VersionConflict):
            await store.apply(plan(spend=spend))
    known = await store.know(Question(now=START, budgets=(twice[0][0], twice[1][0])))
    assert known.spent == {"b": 2, "c\x00": 2}


async def test_windows_of_one_key_are_counted_apart(store):
    """What was spent by the hour is not spent by the day."""
    hourly, daily = (Budget(key="b", limit=1, window=HOUR * n) for n in (1, 24))
    await store.apply(plan(spend=(hourly,)))
    await store.apply(plan(spend=(daily,)))
    with pytest.raises(VersionConflict):
        await store.apply(plan(at=START + HOUR * 2, spend=(daily,)))
    await store.apply(plan(at=START + HOUR * 2, spend=(hourly,)))


async def test_a_large_right_of_the_desk_is_never_exceeded(store, monkeypatch):
    """What others may be spending meanwhile is set aside; whoever asks is told so beforehand."""
    monkeypatch.setattr(budgets, "LARGE", 0)
    budget = Budget(key="desk", limit=budgets.RESERVE + 5, window=HOUR, is_desks=True)
    calls = [store.apply(plan(spend=(budget,))) for _ in range(20)]

    ended = await asyncio.gather(*calls, return_exceptions=True)

    assert 5 <= ended.count(None) <= budget.limit
    known = await store.know(Question(now=START, budgets=(budget,)))
    assert known.spent["desk"] >= budget.limit
    with pytest.raises(VersionConflict):
        await store.apply(plan(spend=(budget,)))


async def test_a_budget_is_kept_over_a_restart(desk):
    """A process that dies gives nobody a second helping."""
    budget = Budget(key="b", limit=1, window=HOUR)
    await (await desk.open()).apply(plan(spend=(budget,)))

    with pytest.raises(VersionConflict):
        await (await desk.open(sole_writer=True)).apply(plan(spend=(budget,)))


async def test_forgotten_spendings_are_swept_out(store, monkeypatch):
    """The table does not grow with everybody who ever wrote; what still counts stays."""
    monkeypatch.setattr("gateway.store.step_store.PRUNE_AFTER", 3)
    old = [Budget(key=f"old{n}", limit=9, window=HOUR) for n in range(2)]
    late = START + HOUR * 2
    new = Budget(key="new", limit=9, window=HOUR)
    await store.apply(plan(spend=tuple(old)))

    await store.apply(plan(at=late, spend=(new,)))

    known = await store.know(Question(now=START, budgets=(*old,)))
    assert known.spent == {"old0": 0, "old1": 0}
    assert (await store.know(Question(now=late, budgets=(new,)))).spent == {"new": 1}


async def test_know_answers_nothing_about_nobody(store):
    """An empty question has an empty answer."""
    known = await store.know(Question(now=START))

    assert (known.duplicate_of, known.person, known.newest_open) == (None, None, None)
    assert (known.open_tickets, known.refs, known.tickets, known.spent) == (0, {}, {}, {})


async def test_know_counts_the_open_tickets_of_a_person(store):
    """Asking, open and waiting ones that this address asked for; the newest is named."""
    for number, state in enumerate(TicketState, 1001):
        await store.apply(plan(**opened(number, state=state)))
    other = (Party(number=1, kind="email", address="b@x.example"),)
    await store.apply(plan(**opened(1010, parties=other)))

    known = await store.know(Question(now=START, kind="email", address="a@x.example"))

    assert (known.open_tickets, known.newest_open) == (3, 1004)


async def test_know_brings_tickets_by_number_and_by_message(store):
    """A merged one brings the one its story goes on in, however far; a circle ends."""
    await store.apply(plan(**opened(1001, merged_into=1002), refs=(("<r@x>", 1001),)))
    await store.apply(plan(**opened(1002, merged_into=1003)))
    await store.apply(plan(**opened(1003, merged_into=1001)))
    await store.apply(plan(**opened(1004)))

    known = await store.know(Question(now=START, refs=("<r@x>",), tickets=(1004, 1999)))

    assert sorted(known.tickets) == [1001, 1002, 1003, 1004]


async def test_know_shows_the_sends_asked_for(store):
    """With their state, without their log."""
    await store.apply(plan(sends=(send("s1", ticket=1001),)))

    known = await store.know(Question(now=START, sends=("s1", "none")))

    assert [(k, row.ticket, row.state) for k, row in known.sends.items()] == [
        ("s1", 1001, OutboxState.QUEUED)
    ]


async def test_know_sees_what_was_just_applied(store):
    """No reader is behind a commit that its caller has seen."""
    for number in range(1001, 1021):
        await store.apply(plan(**opened(number)))

        known = await store.know(Question(now=START, tickets=(number,)))

        assert number in known.tickets


async def test_due_tickets_come_oldest_first(store):
    """Those whose time has come, and no others."""
    for number, minutes in ((1001, 3), (1002, 1), (1003, 2), (1004, 9)):
        await store.apply(plan(**opened(number, wake_at=START + minutes * MINUTE)))
    await store.apply(plan(**opened(1005)))

    found = await store.due_tickets(START + 3 * MINUTE, 10)

    assert [t.number for t in found] == [1002, 1003, 1001]
    assert [t.number for t in await store.due_tickets(START + 3 * MINUTE, 1)] == [1002]


async def test_stray_tickets_are_the_open_ones_of_other_teams(store):
    """Those that nobody looks after any more, and no others."""
    for number, team, state in (
        (1001, "gone", TicketState.OPEN),
        (1002, "network", TicketState.OPEN),
        (1003, "gone", TicketState.CLOSED),
        (1004, "left", TicketState.WAITING),
        (1005, None, TicketState.OPEN),
    ):
        await store.apply(plan(**opened(number, team=team, state=state)))

    found = await store.stray_tickets(frozenset({"network", "desk"}), 10)

    assert [t.number for t in found] == [1001, 1004]
    assert [t.number for t in await store.stray_tickets(frozenset(), 1)] == [1001]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (TicketFilter(), [1004, 1003, 1002, 1001]),
        (TicketFilter(limit=2), [1004, 1003]),
        (TicketFilter(states=frozenset({TicketState.OPEN, TicketState.WAITING})), [1003, 1002]),
        (TicketFilter(states=frozenset({TicketState.CLOSED})), [1004]),
        (TicketFilter(states=frozenset({TicketState.CLOSED, TicketState.OPEN})), [1004, 1002]),
        (TicketFilter(states=frozenset()), []),
        (TicketFilter(team="b"), [1003, 1001]),
        (TicketFilter(level=2), [1002]),
        (TicketFilter(overdue_at=START + MINUTE), [1001]),
    ],
)
async def test_tickets_are_listed_last_changed_first(store, wanted, expected):
    """Filters hold together with the order and the limit."""
    shapes = [
        {"state": TicketState.ANSWERED, "team": "b", "due_at": START},
        {"state": TicketState.OPEN, "level": 2, "due_at": START + MINUTE},
        {"state": TicketState.WAITING, "team": "b"},
        {"state": TicketState.CLOSED},
    ]
    for number, shape in enumerate(shapes, 1001):
        at = START + number * MINUTE
        await store.apply(plan(**opened(number, updated_at=at, **shape)))

    assert [t.number for t in await store.list_tickets(wanted)] == expected


async def test_open_tickets_of_one_person(store):
    """Theirs, last changed first; not the closed ones, and nobody else's."""
    states = [TicketState.OPEN, TicketState.CLOSED, TicketState.WAITING, TicketState.OPEN]
    for number, state in enumerate(states, 1001):
        at = START + number * MINUTE
        parties = (Party(number=1, kind="chat", address="b" if number == 1004 else "a"),)
        shape = {"state": state, "kind": "chat", "parties": parties}
        await store.apply(plan(**opened(number, updated_at=at, **shape)))

    found = await store.open_tickets_of("chat", "a", 9)

    assert [ticket.number for ticket in found] == [1003, 1001]
    assert await store.open_tickets_of("email", "a", 9) == []
    assert len(await store.open_tickets_of("chat", "a", 1)) == 1
