"""``report``: a table for people, JSON and CSV for programs, over days of the desk's own clock."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from gateway.cli.period import bounds, period
from gateway.cli.report_shape import report_json
from gateway.model.figures import Became, Figures, Kept, Taken, Volume

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LISBON = "Europe/Lisbon"


def at(text):
    """Return an instant written in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def busy(shell):
    """A desk where one ticket was closed, one answered, and one waits."""
    closed = shell.opened("Our VPN is down again")
    shell("tickets", "close", closed, "Rebooted")
    waits = shell.opened("Our VPN is down, too")
    shell("tickets", "reply", waits, "Which one?")
    shell.opened("The coffee machine leaks")
    return shell


def test_the_report_counts_what_came_in_and_what_it_took(busy):
    """By channel and day, and by team and level; as one JSON value."""
    told = busy("report", "--json").json

    assert told["totals"]["requests"] == told["totals"]["people"] == 3
    assert [(v["channel"], v["requests"]) for v in told["volumes"]] == [("support-mail", 3)]
    network = next(team for team in told["teams"] if team["team"] == "network")
    assert (network["level"], network["tickets"], network["open"]) == (2, 2, 1)
    assert (network["first_response"]["count"], network["resolution"]["count"]) == (2, 1)
    assert [group["samples"] for group in told["unanswered"]] == [["The coffee machine leaks"]]
    assert busy("report", "--json", "--until", "2020-01-01").json["totals"]["requests"] == 0


def test_what_was_merged_is_counted_once(busy):
    """Two asked one thing: it is one ticket of its team, answered and closed once."""
    into, gone = busy.opened("Our VPN is down here"), busy.opened("Our VPN is down there")
    busy("tickets", "merge", gone, into)
    busy("tickets", "close", into, "Rebooted")

    told = busy("report", "--json").json
    network = next(team for team in told["teams"] if team["team"] == "network")
    totals = told["totals"]
    assert (totals["requests"], totals["people"], totals["merged"]) == (4, 4, 1)
    assert (network["tickets"], network["resolution"]["count"]) == (3, 2)
    assert "4 went to people; 1 merged into others" in busy("report").out


def test_the_report_is_a_table_for_people(busy):
    """With what was asked most and not answered."""
    out = busy("report").out

    assert "requests     3: 0 answered by the FAQ (0%), 3 went to people" in out
    assert "first answer" in out
    assert "   1  The coffee machine leaks" in out
    empty = busy("report", "--until", "2020-01-01").out
    assert "nothing came in" in empty


def test_the_report_is_one_flat_table_for_programs(busy):
    """The same figures, one a row; what somebody asked is never a formula there."""
    busy.opened("=cmd|' /C calc'!A0")

    rows = list(csv.DictReader(io.StringIO(busy("report", "--csv").out)))

    totals = {row["measure"]: row["value"] for row in rows if row["section"] == "totals"}
    assert totals["requests"] == "4"
    assert any(row["team"] == "network" and row["measure"] == "open" for row in rows)
    asked = [row["measure"] for row in rows if row["section"] == "unanswered"]
    assert "'=cmd|' /C calc'!A0" in asked
    assert not any(cell.startswith("=") for row in rows for cell in row.values())


def test_what_a_private_team_was_asked_is_not_shown(shell):
    """Nor is anything, while rule files with errors do not say which teams are private."""
    hidden = shell.opened("My chair hurts my back")
    shell("tickets", "assign", hidden, "applications")
    shell.opened("The coffee machine leaks")
    rules = shell.config.parent / "rules" / "desk.yaml"
    text = rules.read_text()
    rules.write_text(
        text.replace("applications: {level: 2", "applications: {level: 2, private: true")
    )

    groups = shell("report", "--json").json["unanswered"]
    rules.write_text("teams: [broken\n")
    broken = shell("report", "--json")

    assert [group["samples"] for group in groups] == [["The coffee machine leaks"]]
    assert (broken.code, broken.json["unanswered"]) == (0, [])
    assert "the rule files have errors" in broken.err


@pytest.mark.parametrize(
    "arguments", [("--since", "soon"), ("--since", "2999-01-01"), ("--json", "--csv")]
)
def test_a_period_that_is_none_is_wrong_usage(shell, arguments):
    """Exit code 2 says so."""
    shell.opened("The lift is broken")

    assert shell("report", *arguments).code == 2


@pytest.mark.parametrize(
    ("since", "until", "begin", "end"),
    [
        ("2026-11-01", "2026-11-02", "2026-11-01 00:00", "2026-11-03 00:00"),
        # Lisbon is an hour ahead of UTC in summer.
        ("2026-07-01", "2026-07-01", "2026-06-30 23:00", "2026-07-01 23:00"),
        # A day of 23 hours, and one of 25.
        ("2026-03-29", "2026-03-29", "2026-03-29 00:00", "2026-03-29 23:00"),
        ("2026-10-25", "2026-10-25", "2026-10-24 23:00", "2026-10-26 00:00"),
        ("2026-07-01 14:00", "", "2026-07-01 13:00", "2026-11-26 12:00"),
        ("2026-07-01T14:00+00:00", "", "2026-07-01 14:00", "2026-11-26 12:00"),
        ("7 days", "1 day", "2026-11-19 12:00", "2026-11-25 12:00"),
        ("", "", "2026-10-27 00:00", "2026-11-26 12:00"),
    ],
)
def test_a_period_has_the_days_of_the_desk(since, until, begin, end):
    """A day that is named belongs to it whole, however many hours it has."""
    assert period(since, until, NOW, LISBON) == (at(begin), at(end))


def test_a_period_is_counted_by_days():
    """From midnight to midnight on the desk's wall, also where clocks change."""
    begin, end = at("2026-10-24 10:00"), at("2026-10-26 10:00")

    assert bounds(begin, end, LISBON) == [
        begin, at("2026-10-24 23:00"), at("2026-10-26 00:00"), end
    ]  # fmt: skip
    assert bounds(begin, at("2026-10-24 23:00"), LISBON) == [begin, at("2026-10-24 23:00")]


def test_shares_are_of_what_can_be_judged():
    """Nothing is divided by nothing, and spam is no request."""
    hour = timedelta(hours=1)
    figures = Figures(
        volumes=[
            Volume(begins_at=at("2026-07-01 23:15"), channel="mail", went_to="faq", count=3),
            Volume(begins_at=at("2026-07-02 10:00"), channel="mail", went_to="people", count=1),
            Volume(begins_at=at("2026-07-02 10:00"), channel="mail", went_to="spam", count=9),
        ],
        became={(2, "net"): Became(count=4, reopened=1, helped=3, not_helped=1)},
        first={(2, "net"): Taken(count=4, median=hour, p90=2 * hour)},
        kept={(2, "net"): Kept(first_limited=4, first_late=1)},
    )

    told = report_json(figures, (), since=at("2026-07-01"), until=NOW, timezone=LISBON)

    assert [(v["day"], v["requests"], v["answered_share"]) for v in told["volumes"]] == [
        ("2026-07-02", 4, 0.75)
    ]
    (team,) = told["teams"]
    assert (team["first_response_in_time"], team["resolution_in_time"]) == (0.75, None)
    assert team["satisfaction"] == 0.75
    assert team["first_response"] == {"count": 4, "median": 3600, "p90": 7200}
    assert team["resolution"] == {"count": 0, "median": None, "p90": None}
