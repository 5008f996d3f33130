"""What the report counts: the same on every back end, and only of the period that is asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from gateway.model.decision import Priority
from gateway.model.figures import Became, Kept, Open, Taken, Volume
from gateway.model.ticket import TicketState
from gateway.model.timing import Ending, Stay
from tests.fakes.world import START
from tests.store.things import MINUTE, opened, plan

DAY = timedelta(days=1)


def stay(minutes: int, ending: Ending = Ending.CLOSED, **changes: Any) -> Stay:
    """Return a stay with the network team that took so long, and ended at the start."""
    values: dict[str, Any] = {
        "ticket": 1001,
        "level": 2,
        "team": "network",
        "priority": Priority.NORMAL,
        "began_at": START,
        "ended_at": START,
        "ending": ending,
        "first": minutes * MINUTE,
        "is_first_late": None,
        "took": minutes * MINUTE,
        "is_late": None,
    }
    return Stay(**(values | changes))


async def counted(store):
    """Return the figures of a day, in two pieces."""
    return await store.figures([START, START + 15 * MINUTE, START + DAY], START + MINUTE)


async def test_requests_are_counted_by_who_took_them(store):
    """From each bound to the next, what is outside of them not at all."""
    for number, more in enumerate(
        (
            {"team": None, "faq": "lift"},
            {"team": None, "faq": "lift"},
            {"team": None},
            {"team": "desk", "faq": "lift", "created_at": START + 20 * MINUTE},
            {"state": TicketState.SPAM},
            {"state": TicketState.MERGED},
            {"created_at": START - MINUTE},
            {"created_at": START + DAY},
        ),
        start=1001,
    ):
        await store.apply(plan(**opened(number, channel="mail", **more)))

    found = (await counted(store)).volumes

    assert sorted(found, key=lambda v: (v.begins_at, v.went_to)) == [
        Volume(begins_at=START, channel="mail", went_to="faq", count=2),
        Volume(begins_at=START, channel="mail", went_to="merged", count=1),
        Volume(begins_at=START, channel="mail", went_to="nobody", count=1),
        Volume(begins_at=START, channel="mail", went_to="spam", count=1),
        Volume(begins_at=START + 15 * MINUTE, channel="mail", went_to="people", count=1),
    ]


async def test_what_became_of_them_is_counted_by_who_has_them(store):
    """Reopened, helped or not; and what is open now, with what is late."""
    for number, more in enumerate(
        (
            {"reopened": 2, "helped": True, "state": TicketState.CLOSED},
            {"helped": False, "due_at": START},
            {"due_at": START + DAY},
            {"team": None, "helped": True, "state": TicketState.ANSWERED},
        ),
        start=1001,
    ):
        await store.apply(plan(**opened(number, **more)))

    found = await counted(store)

    assert found.became == {
        (1, "desk"): Became(count=3, reopened=1, helped=1, not_helped=1),
        (1, ""): Became(count=1, helped=1),
    }
    assert found.open == {(1, "desk"): Open(count=2, late=1)}


async def test_times_have_a_middle_and_a_nine_of_ten(store):
    """By team and level; the middle of an even number lies between two."""
    first = [stay(n, Ending.GOES_ON) for n in range(1, 11)]
    closed = [stay(n) for n in (5, 1, 3)]
    others = [
        stay(500, ended_at=START - MINUTE),
        stay(500, ended_at=START + DAY),
        stay(500, Ending.RAN_OUT),
        stay(7, team="experts", level=3),
    ]
    await store.apply(plan(stays=(*first, *closed, *others)))

    found = await counted(store)

    assert found.first == {(2, "network"): Taken(count=10, median=5.5 * MINUTE, p90=9 * MINUTE)}
    assert found.resolve == {
        (2, "network"): Taken(count=3, median=3 * MINUTE, p90=5 * MINUTE),
        (3, "experts"): Taken(count=1, median=7 * MINUTE, p90=7 * MINUTE),
    }


async def test_what_missed_its_clock_is_counted_once(store):
    """A first answer when it is given, or when it never came in time; a solution at the end."""
    answered = stay(1, Ending.GOES_ON, is_first_late=False)
    late = stay(9, Ending.GOES_ON, is_first_late=True)
    stays = (
        *(answered, late, stay(1, is_first_late=False, is_late=False)),
        stay(9, is_first_late=True, is_late=True),
        stay(9, Ending.RAN_OUT, first=None, is_first_late=True, is_late=False),
        stay(9, Ending.RAN_OUT, first=None, is_first_late=False, is_late=True),
        stay(1, Ending.HANDED_ON, first=None, is_first_late=False, is_late=False),
        stay(1, Ending.GOES_ON),
    )
    await store.apply(plan(stays=stays))

    found = (await counted(store)).kept

    assert found == {(2, "network"): Kept(first_limited=3, first_late=2, limited=3, late=2)}


async def test_an_empty_desk_has_no_figures(store):
    """Nothing is counted, and nothing fails."""
    found = await counted(store)

    assert (found.volumes, found.first, found.kept, found.became) == ([], {}, {}, {})
    assert await store.asked_of_people(START, START + DAY, 10) == []


async def test_the_newest_requests_of_people_are_found(store):
    """Those of the period, newest first, so many as are wanted."""
    for number in (1001, 1002, 1003):
        await store.apply(plan(**opened(number, created_at=START + (number - 1001) * MINUTE)))
    await store.apply(plan(**opened(1004, team=None, created_at=START + 9 * MINUTE)))

    assert await store.asked_of_people(START, START + DAY, 2) == [1003, 1002]
    assert await store.asked_of_people(START, START + MINUTE, 9) == [1001]
