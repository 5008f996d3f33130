"""Clocks: who has to answer until when, what stops them, and who takes over when they run out."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.journey import due, overdue
from gateway.journey.desk import Numbers
from gateway.model.figures import Kept, Taken
from gateway.model.ticket import EventKind, TicketState
from gateway.model.timing import Clock, Timing
from tests.fakes.world import FakeWorld
from tests.journeys.bench import RULES, open_bench, text_of

ALICE = "alice@customer.example"
DESK, NETWORK, EXPERTS = "desk@acme.example", "network@acme.example", "experts@acme.example"
OPS = "ops@acme.example"
HOUR = timedelta(hours=1)
TEAMS = "agents: [gus]}\n"
EXPERTS_TEAM = '  experts: {level: 3, tell: ["email:experts@acme.example"], agents: [ana]}\n'
TIMES = """
calendar:
  hours: {mon-fri: ["09:00-17:00"]}
  holidays: [2026-04-03, 12-25]
levels:
  1: {first: 2h, next: 4h, resolve: 1w, priority: {urgent: {first: 30m}}}
  2: {first: 4h, warn: 50%}
  3: {first: 1d}
"""
CLOCKED = RULES.replace(TEAMS, TEAMS + EXPERTS_TEAM, 1) + TIMES


def at(text):
    """Return an instant written in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@asynccontextmanager
async def opened(tmp_path, *, now="2026-03-02 09:00", rules=CLOCKED, name="clocked"):
    """Give a desk whose levels have clocks, at an instant; on 2 March Lisbon is on UTC."""
    async with open_bench(tmp_path / name, rules=rules, world=FakeWorld(at(now))) as bench:
        yield bench


async def go_to(bench, instant):
    """Let time pass until an instant, and have the desk look at its clocks as it does all along."""
    while True:
        (first, *_), due_now = await _wakes(bench), at(instant)
        if first is None or first > due_now:
            break
        bench.world.advance(max(first, bench.world.now()) - bench.world.now())
        assert await due.sweep(bench.desk)
    bench.world.advance(due_now - bench.world.now())


async def _wakes(bench):
    found = await bench.store.due_tickets(datetime(9999, 1, 1, tzinfo=UTC), 10)
    return [ticket.wake_at for ticket in found] or [None]


async def ask(bench, subject="Lift", text="The lift is broken", **more):
    """Have Alice ask something that goes to people; return the inbox row."""
    return await bench.mail(ALICE, subject, text, **more)


async def states(bench, row):
    """Return the lines of history about states."""
    return [event.text for event in await bench.said(row) if event.kind is EventKind.STATE]


async def told(bench, address):
    """Return what an address was told, on one line each."""
    return [" ".join(text_of(mail).split()) for mail in await bench.sent(address)]


async def test_the_team_hears_until_when_an_answer_is_due(tmp_path):
    """The notice shows it by the desk's clock, which in summer is not that of UTC."""
    async with opened(tmp_path, now="2026-07-06 08:30") as bench:
        row = await ask(bench)

        assert (await bench.ticket(row)).due_at == at("2026-07-06 10:30")
        assert "Answer due: 2026-07-06 11:30" in (await told(bench, DESK))[0]


async def test_a_warning_then_the_next_level(tmp_path):
    """Somebody who takes it is named; what happened stands in the history."""
    async with opened(tmp_path) as bench:
        row = await ask(bench)
        await bench.order("take", ticket=(await bench.ticket(row)).reference)
        await go_to(bench, "2026-03-02 10:35")
        assert "Ana Reis took the ticket" in (await told(bench, DESK))[-1]

        await go_to(bench, "2026-03-02 10:36")
        warning = (await told(bench, DESK))[-1]
        assert "the first answer is due at 2026-03-02 11:00. Taken by: Ana Reis." in warning
        await go_to(bench, "2026-03-02 11:00")

        ticket = await bench.ticket(row)
        assert (ticket.team, ticket.level, ticket.assignee) == ("network", 2, None)
        assert ticket.due_at == at("2026-03-02 15:00")
        assert "The lift is broken" in (await told(bench, NETWORK))[0]
        assert "handed to network" in (await told(bench, DESK))[-1]
        why = "the first answer was due at 2026-03-02 11:00 (level 1: 2 h)"
        assert f"handed to network, level 2: {why}" in await states(bench, row)
        assert "time on level 1, service-desk: no answer, 2 h in all" in await states(bench, row)


@pytest.mark.parametrize(
    ("asked", "handed"),
    [
        ("2026-03-02 16:00", "2026-03-03 10:00"),
        ("2026-03-06 16:30", "2026-03-09 10:30"),
        ("2026-04-02 15:00", "2026-04-06 09:00"),
        # Lisbon goes from UTC to an hour ahead of it in the night to 29 March ...
        ("2026-03-27 16:00", "2026-03-30 09:00"),
        # ... and back in that to 25 October.
        ("2026-10-23 15:00", "2026-10-26 10:00"),
        ("2026-12-24 16:00", "2026-12-28 10:00"),
    ],
    ids=["overnight", "weekend", "Good Friday", "spring", "autumn", "Christmas"],
)
async def test_only_business_hours_count(tmp_path, asked, handed):
    """Two hours end when two hours of work have passed, to the minute."""
    async with opened(tmp_path, now=asked) as bench:
        row = await ask(bench)
        await go_to(bench, (at(handed) - timedelta(minutes=1)).isoformat()[:16])
        assert (await bench.ticket(row)).level == 1

        await go_to(bench, handed)

        assert (await bench.ticket(row)).level == 2


async def test_clocks_stand_while_the_requester_is_waited_for(tmp_path):
    """An answer ends the first clock; what they write then starts the next one anew."""
    async with opened(tmp_path) as bench:
        row = await ask(bench)
        reference = (await bench.ticket(row)).reference
        bench.pass_time(hours=1)
        await bench.order("reply", ticket=reference, text="Which floor?")
        waiting = await bench.ticket(row)
        bench.pass_time(days=3)
        assert await due.sweep(bench.desk) == 0

        answer = (await bench.sent(ALICE))[-1]
        await bench.mail(ALICE, "Re: Lift", "The third", to=answer["Reply-To"])

        ticket = await bench.ticket(row)
        assert (waiting.due_at, waiting.wake_at) == (None, None)
        assert (ticket.state, ticket.due_at) == (TicketState.OPEN, at("2026-03-05 14:00"))
        assert ticket.timing.first_took == HOUR
        assert ticket.timing.resolve.used == HOUR


async def test_a_second_question_does_not_start_the_clock_anew(tmp_path):
    """Who asks again while nobody has answered waits since they asked first."""
    async with opened(tmp_path) as bench:
        row = await ask(bench)
        bench.pass_time(hours=1)
        received = (await bench.sent(ALICE))[-1]
        await bench.mail(ALICE, "Re: Lift", "Hello?", to=received["Reply-To"])

        assert (await bench.ticket(row)).due_at == at("2026-03-02 11:00")


async def test_a_priority_changes_what_clocks_run_against(tmp_path):
    """What was used stays used; a warning is forgotten when there is time again."""
    async with opened(tmp_path) as bench:
        row = await ask(bench)
        reference = (await bench.ticket(row)).reference
        bench.pass_time(minutes=20)
        await bench.order("priority", ticket=reference, arguments={"priority": "urgent"})
        assert (await bench.ticket(row)).due_at == at("2026-03-02 09:30")
        await go_to(bench, "2026-03-02 09:29")
        assert (await bench.ticket(row)).timing.answer.warned

        await bench.order("priority", ticket=reference, arguments={"priority": "normal"})

        ticket = await bench.ticket(row)
        assert (ticket.due_at, ticket.timing.answer.warned) == (at("2026-03-02 11:00"), False)
        await bench.order("priority", ticket=reference, arguments={"priority": "urgent"})
        await go_to(bench, "2026-03-02 09:30")
        assert (await bench.ticket(row)).level == 2


async def test_another_level_has_clocks_of_its_own(tmp_path):
    """Whoever hands it on leaves what they used behind, in the history."""
    async with opened(tmp_path) as bench:
        row = await ask(bench)
        reference = (await bench.ticket(row)).reference
        bench.pass_time(minutes=90)

        await bench.order("escalate", ticket=reference, text="a cable", arguments={"to": "L2"})

        ticket = await bench.ticket(row)
        assert ticket.due_at == at("2026-03-02 14:30")
        assert ticket.timing == Timing(
            began_at=bench.world.now(),
            answer=replace(ticket.timing.answer, used=timedelta(), since=bench.world.now()),
            resolve=replace(ticket.timing.resolve, used=timedelta(), since=bench.world.now()),
        )
        said = await states(bench, row)
        assert "time on level 1, service-desk: no answer, 1 h 30 min in all" in said


async def test_reopening_starts_a_clock_for_the_next_answer(tmp_path):
    """It was answered before: the first answer is past, and the solution begins anew."""
    async with opened(tmp_path) as bench:
        row = await ask(bench)
        bench.pass_time(hours=1)
        await bench.order("close", ticket=(await bench.ticket(row)).reference, text="Mended")
        closed = await bench.ticket(row)
        bench.pass_time(days=1)
        summary = (await bench.sent(ALICE))[-1]
        await bench.mail(ALICE, "Re: Lift", "Broken again", to=summary["Reply-To"])

        ticket = await bench.ticket(row)
        assert (closed.timing, closed.due_at, closed.reopened) == (None, None, 0)
        assert (ticket.state, ticket.reopened) == (TicketState.OPEN, 1)
        assert ticket.due_at == at("2026-03-03 14:00")
        assert ticket.timing.resolve.used == timedelta()
        assert "time on level 1, service-desk: first answer after 1 h, 1 h in all" in (
            await states(bench, row)
        )


async def test_at_the_top_people_are_told_once(tmp_path):
    """There is nobody to hand it to: its team and the alerts hear of it, and nothing goes round."""
    async with opened(tmp_path) as bench:
        row = await ask(bench)
        await go_to(bench, "2026-03-03 15:00")
        assert (await bench.ticket(row)).level == 3
        await go_to(bench, "2026-03-31 15:00")

        ticket = await bench.ticket(row)
        assert (ticket.level, ticket.due_at, ticket.wake_at) == (3, at("2026-03-03 15:00"), None)
        assert len([text for text in await told(bench, OPS) if "is overdue" in text]) == 1
        late = [text for text in await told(bench, EXPERTS) if "was due at" in text]
        assert len([text for text in late if "Nobody is there to hand it to" in text]) == 1
        assert await due.sweep(bench.desk) == 0


async def test_after_a_long_downtime_each_ticket_takes_one_step(tmp_path):
    """It goes up by one level, whose people have all of their time, and no warning comes late."""
    async with opened(tmp_path) as bench:
        rows = [await ask(bench, f"Lift {n}", "The lift is broken") for n in range(3)]
        bench.pass_time(days=30)

        assert await due.sweep(bench.desk) == 3
        assert await due.sweep(bench.desk) == 0

        tickets = [await bench.ticket(row) for row in rows]
        assert [ticket.level for ticket in tickets] == [2, 2, 2]
        assert {ticket.due_at for ticket in tickets} == {at("2026-04-01 13:00")}
        assert len(await told(bench, NETWORK)) == 3
        assert not any("is due at" in text for text in await told(bench, DESK))


async def test_two_nodes_hand_it_on_once(tmp_path):
    """Even without the lease that lets one of them sweep, one change wins, whole."""
    async with opened(tmp_path) as bench:
        row = await ask(bench)
        bench.pass_time(hours=3)
        other = replace(bench.desk, numbers=Numbers(bench.store))

        done = await asyncio.gather(*(due.sweep(node) for node in (bench.desk, other, bench.desk)))

        assert sum(done) == 1
        assert (await bench.ticket(row)).level == 2
        assert len(await told(bench, NETWORK)) == 1


async def test_a_restart_changes_nothing(tmp_path):
    """Clocks lie in the tickets: a desk that was away goes on where it would have been."""
    async with opened(tmp_path) as bench:
        row = await ask(bench)
        await go_to(bench, "2026-03-02 10:40")
        before = await bench.ticket(row)

        await due.Sweeper().sweep(bench.desk)

        assert await bench.ticket(row) == before
        await go_to(bench, "2026-03-02 11:00")
        assert (await bench.ticket(row)).level == 2
        assert len([text for text in await told(bench, DESK) if "is due at" in text]) == 1


async def test_other_clocks_in_the_rule_files_count_at_the_next_sweep(tmp_path):
    """Open tickets are timed anew, with what they used; nothing else of them changes."""
    without = CLOCKED.replace("  1: {first: 2h, next: 4h, resolve: 1w, priority", "  4: {priority")
    quicker = CLOCKED.replace("1: {first: 2h", "1: {first: 1h")
    async with (
        opened(tmp_path, rules=without, name="without") as old,
        opened(tmp_path, rules=quicker, name="quicker") as new,
        opened(tmp_path) as bench,
    ):
        clocked = bench.desk.rules
        bench.desk.rules = old.desk.rules
        row = await ask(bench)
        asked = await bench.ticket(row)
        sweeper = due.Sweeper()
        bench.pass_time(minutes=15)
        assert (asked.due_at, await sweeper.sweep(bench.desk)) == (None, 0)

        bench.desk.rules = clocked
        await sweeper.sweep(bench.desk)
        timed = await bench.ticket(row)
        bench.desk.rules = new.desk.rules
        await sweeper.sweep(bench.desk)

        assert (timed.due_at, timed.updated_at) == (at("2026-03-02 11:00"), asked.updated_at)
        assert (await bench.ticket(row)).due_at == at("2026-03-02 10:00")
        assert await sweeper.sweep(bench.desk) == 0


NEXT = """
teams:
  desk: {level: 1, next: night}
  night: {level: 1, next: desk}
  hr: {level: 1, private: true}
  payroll: {level: 2, private: true}
  lab: {level: 3}
  experts: {level: 3, tell: ["email:experts@acme.example"]}
  law: {level: 1, private: true, next: payroll}
fallback: {team: desk}
"""


@pytest.mark.parametrize(
    ("team", "been", "expected"),
    [
        ("desk", (), "night"),
        ("night", ("desk",), "experts"),
        ("night", (), "desk"),
        ("experts", (), None),
        ("hr", (), None),
        ("law", (), "payroll"),
    ],
    ids=["its next", "not round", "its next again", "the top", "private", "private next"],
)
async def test_time_takes_a_ticket_upwards_and_not_round(tmp_path, team, been, expected):
    """To the team's `next`, else the next level; out of a private team only by its `next`."""
    async with opened(tmp_path) as bench, opened(tmp_path, rules=NEXT, name="next") as other:
        ticket = await bench.ticket(await ask(bench))
        rules = other.desk.rules
        lies = replace(ticket, team=team, level=rules.teams[team].level)

        found = overdue.next_team(bench.desk, rules, lies, replace(ticket.timing, been=been))

        assert (found.id if found else None) == expected


async def test_what_it_took_is_counted(tmp_path):
    """One team let its time run out, the next one answered and closed within an hour."""
    async with opened(tmp_path) as bench:
        row = await ask(bench)
        await go_to(bench, "2026-03-02 12:00")
        await bench.order("close", ticket=(await bench.ticket(row)).reference, text="Mended")

        found = await bench.store.figures([at("2026-03-01"), at("2026-03-04")], bench.world.now())

        hour = Taken(count=1, median=HOUR, p90=HOUR)
        assert (found.first, found.resolve) == ({(2, "network"): hour}, {(2, "network"): hour})
        assert found.kept == {
            (1, "service-desk"): Kept(first_limited=1, first_late=1),
            (2, "network"): Kept(first_limited=1),
        }


def test_the_clocks_have_the_names_of_the_rule_files():
    """What `levels` calls them is what notices and `--json` call them."""
    assert [str(clock) for clock in Clock] == ["first", "next", "resolve"]
