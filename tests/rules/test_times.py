"""Calendar, clocks and forms: read with every mistake named; hours and days mean the desk's own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rules
from gateway.model.calendar import Calendar, Days
from gateway.model.decision import Priority, Route
from gateway.model.level import Clocks
from rules.days import weekdays
from rules.problems import Mark, Problems
from tests.rules.conftest import CHANNELS, DESK, decided, facts, request

CALENDAR = """
calendar:
  timezone: Europe/Lisbon
  hours: {mon-fri: ["09:00-12:30", "14:00-18:00"], sat: ["10:00-12:00"]}
  holidays: [2026-12-25, 01-01, 2026-08-10..2026-08-14, 12-30..01-02]
"""
FORMS = """
forms:
  site: {type: choice, choices: [Lisbon, Porto], ask: {en: Which office?}}
  order: {type: pattern, pattern: "[A-Z]{2}[0-9]+", ask: {en: Which order?}, required: false}
"""


def said(result: rules.LoadResult) -> list[str]:
    """Return the problems as an admin reads them, without the folder."""
    return [str(problem)[len(str(Path(problem.file).parent)) + 1 :] for problem in result.problems]


def at(text: str) -> datetime:
    """Return an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "now", "holds"),
    [
        ("{hours: open}", "2026-03-02 09:00", True),
        ("{hours: open}", "2026-03-02 08:59", False),
        ("{hours: closed}", "2026-03-02 12:30", True),
        ("{hours: open}", "2026-03-07 11:00", True),
        ("{hours: open}", "2026-03-08 11:00", False),
        ("{hours: open}", "2026-12-25 11:00", False),
        ("{hours: open}", "2026-01-01 11:00", False),
        ("{hours: open}", "2026-08-12 11:00", False),
        ("{hours: open}", "2026-12-31 11:00", False),
        ("{hours: open}", "2027-08-12 11:00", True),
        # Lisbon is an hour ahead of UTC in summer.
        ("{hours: open}", "2026-07-06 08:00", True),
        ("{hours: open}", "2026-07-06 17:30", False),
        ("{weekday: mon}", "2026-03-02 10:00", True),
        ("{weekday: sat-mon}", "2026-03-02 10:00", True),
        ("{weekday: [tue, thu-fri]}", "2026-03-02 10:00", False),
        ("{weekday: tue}", "2026-07-06 23:30", True),
        ("{date: 2026-03-02}", "2026-03-02 10:00", True),
        ("{date: [2026-03-01, 2026-03-03..2026-03-09]}", "2026-03-02 10:00", False),
        ("{date: 12-24..01-06}", "2026-01-06 10:00", True),
        ("{date: 12-24..01-06}", "2026-01-07 10:00", False),
        ("{date: 03-02}", "2026-03-02 10:00", True),
    ],
)
def test_times_are_those_of_the_desk(book_of, when: str, now: str, holds: bool) -> None:
    """Hours, weekdays and dates are told by the clock of the calendar's time zone."""
    rule = f"routes:\n  - {{id: it, when: {when}, then: {{team: network}}}}\n"
    book = book_of(CALENDAR + rule)

    decision = book.decide(request("x"), facts(now=at(now)))

    assert (decision.rule == "it") is holds


def test_a_failed_hour_says_what_time_it_was(book_of) -> None:
    """Why a rule did not fire is told in the desk's own time."""
    book = book_of(
        f"{CALENDAR}routes: [{{id: it, when: {{hours: closed}}, then: {{team: network}}}}]"
    )

    (step,) = decided(book, "x").steps

    assert (step.expected, step.actual) == (
        "closed",
        "open: mon 2026-03-02 10:00 (Europe/Lisbon)",
    )


def test_dates_are_the_desks_where_there_is_no_calendar(tmp_path) -> None:
    """The time zone of the configuration holds where no calendar names one."""
    rule = "routes: [{id: it, when: {weekday: tue}, then: {team: network}}]"
    (tmp_path / "a.yaml").write_text(DESK + rule)
    book = rules.load(
        tmp_path, languages=("en",), max_wrong=0.05, channels=CHANNELS, timezone="Asia/Tokyo"
    ).book
    assert book is not None

    assert book.decide(request("x"), facts(now=at("2026-03-02 18:00"))).rule == "it"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("calendar: {}", "6:1: calendar: hours is missing (hours: {mon-fri:"),
        (
            "calendar: {hours: {mon: 9-17}}",
            "6:25: calendar.hours.mon: expected hours",
        ),
        ("calendar: {hours: {mon: '17:00-09:00'}}", "ends before it begins (hours past midnight"),
        ("calendar: {hours: {mon: '09:60-10:00'}}", "expected hours"),
        ("calendar: {hours: {mon: '09:00-24:01'}}", "expected hours"),
        ("calendar: {hours: {mond: '09:00-17:00'}}", "found 'mond' (did you mean 'mon'?)"),
        (
            "calendar: {hours: {mon-wed: '09:00-17:00', wed: '09:00-10:00'}}",
            "calendar.hours.wed: wed stands here twice",
        ),
        (
            "calendar: {hours: {mon: ['09:00-12:00', '11:00-17:00']}}",
            "'11:00-17:00' overlaps earlier hours",
        ),
        ("calendar: {hours: {}, timezone: Mars/Base}", "there is no time zone 'Mars/Base'"),
        ("calendar: {hours: {}, timezone: ../../etc/passwd}", "there is no time zone"),
        ("calendar: {hours: {}, holidays: [2026-02-30]}", "expected a date, found '2026-02-30'"),
        (
            "calendar: {hours: {}, holidays: [2026-02-03..2026-02-01]}",
            "ends before it begins",
        ),
        ("calendar: {hours: {}, holidays: [2026-02-03..03-01]}", "expected a date"),
        ("levels: {5: {}}", "levels: expected a whole number from 1 to 4, found '5'"),
        ("levels: {2: {fist: 1h}}", "levels.2: unknown key 'fist' (did you mean 'first'?)"),
        ("levels: {2: {first: soon}}", "levels.2.first: expected a time, found 'soon'"),
        ("levels: {2: {first: 0h}}", "levels.2.first: expected a time, found '0h'"),
        ("levels: {2: {warn: 100%}}", "levels.2.warn: expected 1% to 99%, found '100%'"),
        ("levels: {2: {warn: 0.8}}", "levels.2.warn: expected 1% to 99%"),
        ("levels: {2: {first: 4h, resolve: 1h}}", "resolve is shorter than first"),
        ("levels: {2: {priority: {urgnt: {}}}}", "did you mean 'urgent'?"),
        ("forms: {a: {ask: {en: x}}}", "form a: type is missing"),
        ("forms: {a: {type: text}}", "form a: ask is missing"),
        ("forms: {a: {type: txt, ask: {en: x}}}", "did you mean 'text'?"),
        ("forms: {a: {type: choice, ask: {en: x}}}", "form a: choices is missing"),
        ("forms: {a: {type: text, choices: [a], ask: {en: x}}}", "choices needs another type"),
        ("forms: {a: {type: pattern, pattern: '(', ask: {en: x}}}", "pattern: missing )"),
        ("forms: {a: {type: choice, choices: [b, b], ask: {en: x}}}", "'b' stands here twice"),
        (
            f"{FORMS}routes: [{{id: a, when: {{}}, then: {{ask: [sit]}}}}]",
            "form 'sit' is not defined (did you mean 'site'?)",
        ),
        ("routes: [{id: a, when: {weekday: someday}, then: {team: desk}}]", "found 'someday'"),
        ("routes: [{id: a, when: {date: tomorrow}, then: {team: desk}}]", "expected a date"),
        ("routes: [{id: a, when: {hours: opened}, then: {team: desk}}]", "did you mean 'open'?"),
    ],
)
def test_mistakes_are_named(load, text: str, problem: str) -> None:
    """What is wrong stands there with its place, and with what may be meant."""
    result = load(DESK + text)

    assert result.book is None
    assert any(problem in line for line in said(result)), said(result)


def test_two_calendars_are_one_too_many(load) -> None:
    """The calendar stands once over all files."""
    result = load(DESK + CALENDAR, b=CALENDAR)

    assert any("'calendar' is used twice (first in" in line for line in said(result))


def test_levels_are_read_with_their_priorities(book_of) -> None:
    """A priority has its own times where it names them, else those of its level."""
    book = book_of(
        "levels: {2: {first: 1h, next: 4h, resolve: 2d, warn: 75%, "
        "priority: {urgent: {first: 15m}}}}"
    )

    level = book.levels[2]

    assert level.warn == 0.75
    assert level.clocks_for(Priority.URGENT) == Clocks(
        first=timedelta(minutes=15), next=timedelta(hours=4), resolve=timedelta(days=2)
    )
    assert level.clocks_for(Priority.LOW) == level.clocks


def test_a_day_of_a_level_is_a_working_day(book_of) -> None:
    """`1d` lasts until the same hour of the next working day, wherever the calendar stands."""
    levels = "levels: {2: {first: 1d, next: 2h, resolve: 1w}}\n"

    book = book_of(levels + 'calendar: {hours: {mon-fri: ["09:00-17:00"], sat: ["10:00-12:00"]}}')

    clocks = book.levels[2].clocks
    assert (clocks.first, clocks.next) == (timedelta(hours=8), timedelta(hours=2))
    assert clocks.resolve == timedelta(hours=42)


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("levels: {2: {first: 1h}}", "levels: there is no calendar: their clocks run day and nig"),
        ("calendar: {hours: {}}", "calendar: no day has hours: the desk never opens"),
    ],
)
def test_clocks_without_hours_run_day_and_night(load, text: str, warning: str) -> None:
    """That is allowed, and said."""
    result = load(DESK + text)

    assert result.book is not None
    assert any(warning in line for line in said(result)), said(result)


def test_what_is_asked_goes_along_with_the_team(book_of) -> None:
    """A rule's team gets the ticket once the questions are answered, else the fallback's."""
    book = book_of(
        f"{FORMS}routes:\n"
        "  - {id: both, when: {words: [a]}, then: {team: network, ask: [site, order]}}\n"
        "  - {id: alone, when: {words: [b]}, then: {ask: site}}\n"
    )

    both, alone = decided(book, "a").outcome, decided(book, "b").outcome
    assert both == Route(team="network", level=2, questions=("site", "order"))
    assert alone == Route(team="desk", level=1, questions=("site",))
    assert decided(book, "b").rule == "alone"
    assert book.forms["order"].required is False


def test_questions_miss_languages_with_a_warning(load) -> None:
    """A form that cannot ask everybody is used, and said to be incomplete."""
    result = load(DESK + FORMS, languages=("en", "pl"))

    assert result.book is not None
    assert any("form site: ask is missing in pl" in line for line in said(result))


@given(st.integers(0, 6), st.integers(0, 6))
def test_runs_of_weekdays_begin_and_end_where_they_say(first: int, last: int) -> None:
    """A run has both its ends, no day twice, and may pass the end of the week."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

    run = weekdays(f"{names[first]}-{names[last]}", Mark("a"), "x", Problems())

    assert (run[0], run[-1]) == (first, last)
    assert len(set(run)) == len(run)


@given(st.dates(), st.dates(), st.dates())
def test_a_day_is_in_a_run_or_between_its_ends(one: date, two: date, day: date) -> None:
    """Every day of the year lies in a yearly run or in the one that fills the rest."""
    first, last = ((each.month, each.day) for each in (one, two))
    run = Days(first, last)

    assert one in run
    assert two in run
    if first <= last:
        assert (day in run) is (first <= (day.month, day.day) <= last)


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda now: 1970 < now.year < 2900))
def test_a_calendar_without_hours_is_always_closed(now: datetime) -> None:
    """There is no instant at which it raises."""
    assert not Calendar(timezone="Europe/Lisbon").is_open(now)
