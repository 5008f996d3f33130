"""Business time: counted exactly as the calendar says what is open."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.business_time import after, between, working_day, working_week
from gateway.model.calendar import Calendar, Days

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
NINE_TO_FIVE = ((540, 1020),)
NIGHT = ((0, 360), (1320, 1440))
WORKDAYS = (NINE_TO_FIVE,) * 5 + ((), ())
LISBON = Calendar(
    timezone="Europe/Lisbon",
    hours=WORKDAYS,
    holidays=(Days((12, 25), (12, 25)), Days((2026, 4, 3), (2026, 4, 3))),
)
ALWAYS = Calendar(timezone="Europe/Lisbon")


def at(text):
    """Return an instant written in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-03-02 10:00", 2, "2026-03-02 12:00"),
        ("2026-03-02 16:00", 1, "2026-03-02 17:00"),
        ("2026-03-02 16:00", 2, "2026-03-03 10:00"),
        ("2026-03-02 22:00", 2, "2026-03-03 11:00"),
        ("2026-03-06 16:00", 2, "2026-03-09 10:00"),
        # From Friday 27 March to Monday: on Sunday the clocks went forward.
        ("2026-03-27 16:00", 2, "2026-03-30 09:00"),
        # From Friday 23 October to Monday: they went back.
        ("2026-10-23 15:00", 2, "2026-10-26 10:00"),
        # Good Friday of 2026 is a holiday, and Christmas of every year.
        ("2026-04-02 15:00", 2, "2026-04-06 09:00"),
        ("2026-12-24 16:00", 2, "2026-12-28 10:00"),
        ("2026-03-02 10:00", 80, "2026-03-16 10:00"),
    ],
    ids=["within", "to the end", "overnight", "asked at night", "weekend", "spring", "autumn",
         "holiday", "yearly holiday", "two weeks"],
)  # fmt: skip
def test_business_hours_pass_while_the_desk_is_open(start, hours, end):
    """Nights, weekends, holidays and the change of clocks do not count."""
    assert after(LISBON, at(start), hours * HOUR) == at(end)
    assert between(LISBON, at(start), at(end)) == hours * HOUR


def test_a_night_shift_has_the_hours_that_the_clock_really_had():
    """Where the clock skips an hour it is not worked, and where it shows one twice it is."""
    nights = Calendar(timezone="Europe/Lisbon", hours=(NIGHT,) * 7)

    assert between(nights, at("2026-03-28 12:00"), at("2026-03-29 12:00")) == 7 * HOUR
    assert between(nights, at("2026-10-24 12:00"), at("2026-10-25 12:00")) == 9 * HOUR
    assert between(nights, at("2026-05-02 12:00"), at("2026-05-03 12:00")) == 8 * HOUR


def test_without_hours_all_time_counts():
    """A desk that names no hours is always open."""
    assert after(ALWAYS, at("2026-03-01 03:00"), 30 * HOUR) == at("2026-03-02 09:00")
    assert between(ALWAYS, at("2026-03-01 03:00"), at("2026-03-02 09:00")) == 30 * HOUR


def test_what_never_comes_is_never():
    """A desk with nothing but holidays never opens; nor is ten years a time to look ahead."""
    closed = Calendar(hours=(NINE_TO_FIVE,) * 7, holidays=(Days((1, 1), (12, 31)),))

    assert after(closed, at("2026-03-02 10:00"), MINUTE) is None
    assert between(closed, at("2026-03-02 10:00"), at("2026-06-02 10:00")) == timedelta()
    assert after(ALWAYS, at("2026-03-02 10:00"), timedelta(days=36_500)) is None
    assert after(LISBON, at("2026-03-02 10:00"), timedelta(days=36_500)) is None


def test_a_day_and_a_week_are_working_ones():
    """They are as long as the desk is open; around the clock where nothing is said."""
    with_saturday = Calendar(hours=(NINE_TO_FIVE,) * 5 + (((600, 720),), ()))

    assert (working_day(LISBON), working_week(LISBON)) == (8 * HOUR, 40 * HOUR)
    assert (working_day(with_saturday), working_week(with_saturday)) == (8 * HOUR, 42 * HOUR)
    assert (working_day(ALWAYS), working_week(ALWAYS)) == (24 * HOUR, 168 * HOUR)


def _spans(marks):
    marks = sorted(set(marks))
    return tuple(zip(marks[::2], marks[1::2], strict=False))


SPANS = st.lists(st.integers(0, 1440), max_size=6).map(_spans)
ZONES = st.sampled_from(
    ["Europe/Lisbon", "UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
     "Pacific/Apia", "Atlantic/Azores", "Africa/Cairo", "America/St_Johns"]
)  # fmt: skip
HOLIDAYS = st.lists(
    st.dates(date(2026, 3, 20), date(2026, 11, 5)).map(
        lambda d: Days((d.year, d.month, d.day), (d.year, d.month, d.day))
    ),
    max_size=3,
).map(tuple)
CALENDARS = st.builds(
    Calendar, timezone=ZONES, hours=st.tuples(*[SPANS] * 7), holidays=HOLIDAYS
)  # fmt: skip
# Around the days on which clocks change somewhere.
DAYS = st.sampled_from(
    ["2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-04-05", "2026-10-04",
     "2026-04-24", "2026-10-29", "2011-12-30", "2009-11-01", "2026-06-17"]
)  # fmt: skip
INSTANTS = st.builds(
    lambda day, minutes: at(day) + minutes * MINUTE, DAYS, st.integers(-3000, 3000)
)
AMOUNTS = st.integers(0, 60 * 60 * 24 * 9).map(lambda s: timedelta(seconds=s))


@settings(deadline=None)
@given(CALENDARS, INSTANTS, st.integers(0, 2 * 1440))
def test_exactly_the_open_minutes_count(calendar, start, minutes):
    """It is the number of minutes that `is_open` finds open, whatever the clocks do meanwhile."""
    open_minutes = sum(
        calendar.is_open(start + n * MINUTE) or not any(calendar.hours) for n in range(minutes)
    )

    assert between(calendar, start, start + minutes * MINUTE) == open_minutes * MINUTE


@given(CALENDARS, INSTANTS, AMOUNTS)
def test_after_and_between_agree(calendar, start, amount):
    """When an amount has passed, exactly that lies between, and not a second before."""
    end = after(calendar, start, amount)

    if end is not None:
        assert between(calendar, start, end) == amount
        assert not amount or between(calendar, start, end - timedelta(seconds=1)) < amount


@given(CALENDARS, INSTANTS, AMOUNTS, AMOUNTS)
def test_pieces_add_up(calendar, start, one, other):
    """Waiting twice is waiting once for both, and time in two pieces is the time in one."""
    middle = after(calendar, start, one)
    end = start + one + other

    assert middle is None or after(calendar, middle, other) == after(calendar, start, one + other)
    parts = between(calendar, start, start + one) + between(calendar, start + one, end)
    assert between(calendar, start, end) == parts
