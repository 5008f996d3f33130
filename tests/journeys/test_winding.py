"""Whatever happens to a ticket, its clocks measure the business time that people had it in hand."""

from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.journey.plan.clocks import Change, used_by, wind
from gateway.model.business_time import between
from gateway.model.calendar import Calendar
from gateway.model.decision import Priority
from gateway.model.level import Clocks, Level
from gateway.model.ticket import TRANSITIONS, EventKind, TicketState
from gateway.model.timing import Ending
from tests.fakes.world import START
from tests.store.things import line, ticket

MINUTE = timedelta(minutes=1)


CALENDAR = Calendar(timezone="Europe/Lisbon", hours=(((540, 720), (780, 1020)),) * 5 + ((), ()))
LEVELS = {
    1: Level(number=1, clocks=Clocks(first=60 * MINUTE, next=90 * MINUTE)),
    2: Level(
        number=2,
        clocks=Clocks(resolve=600 * MINUTE),
        by_priority={Priority.URGENT: Clocks(first=10 * MINUTE, resolve=60 * MINUTE)},
    ),
}


@dataclass
class Times:
    """What clocks run by: a lunch break, and levels with and without limits."""

    calendar: Calendar
    levels: dict[int, Level]


TIMES = Times(CALENDAR, LEVELS)
STEPS = st.lists(
    st.tuples(
        st.integers(0, 3000),
        st.one_of(
            st.sampled_from(list(TicketState)),
            st.sampled_from([1, 2, 3]),
            st.sampled_from(list(Priority)),
            st.sampled_from(["asked", "answered", "nothing"]),
        ),
    ),
    max_size=12,
)


def changed(before, what):
    """Return a ticket after a step, and the lines of history that go with it."""
    if isinstance(what, TicketState):
        is_allowed = what in TRANSITIONS[before.state]
        return (replace(before, state=what, due_at=None) if is_allowed else before), ()
    if isinstance(what, int):
        return replace(before, level=what), ()
    if isinstance(what, Priority):
        return replace(before, priority=what), ()
    kinds = {"asked": EventKind.FOLLOWUP, "answered": EventKind.REPLY}
    return before, tuple(line(1001, kind=kinds[what], by="ana") for _ in kinds if what in kinds)[:1]


@given(STEPS)
def test_every_open_minute_is_measured_once(steps):
    """What all stays took, with what the present one has used, is the time it was open."""
    at, opened, measured = START, timedelta(), timedelta()
    now = wind(Change(before=None, ticket=ticket(1001), rules=TIMES, at=at)).ticket
    for minutes, what in steps:
        later = at + minutes * MINUTE
        if now.state is TicketState.OPEN:
            opened += between(CALENDAR, at, later)
        after, said = changed(now, what)
        wound = wind(Change(before=now, ticket=after, rules=TIMES, at=later, said=said))
        measured += sum(
            (stay.took for stay in wound.stays if stay.ending is not Ending.GOES_ON), timedelta()
        )
        at, now = later, wound.ticket
        used = used_by(now.timing.resolve, CALENDAR, at) if now.timing else timedelta()
        assert measured + used == opened


@given(STEPS)
def test_clocks_want_something_only_while_people_have_to_act(steps):
    """Nothing is due while a ticket waits or is done, and winding twice changes nothing."""
    at, now = START, ticket(1001)
    now = wind(Change(before=None, ticket=now, rules=TIMES, at=at)).ticket
    for minutes, what in steps:
        at += minutes * MINUTE
        after, said = changed(now, what)
        now = wind(Change(before=now, ticket=after, rules=TIMES, at=at, said=said)).ticket

        again = wind(Change(before=now, ticket=now, rules=TIMES, at=at))
        assert (again.ticket, again.stays) == (now, ())
        is_open = now.state is TicketState.OPEN
        assert is_open or (now.due_at, now.wake_at) == (None, None)
        assert now.wake_at is None or now.due_at is None or now.wake_at <= now.due_at
        assert (now.timing is not None) >= is_open
