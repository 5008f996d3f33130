"""``report``: what came in, what it took, and what became of it, over a period. It only reads."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import screen
from gateway.cli.finding import settings_of
from gateway.cli.options import ConfigOption, JsonOption, examples, look
from gateway.cli.period import bounds, period
from gateway.cli.report_shape import Shape, csv_rows, report_json
from gateway.cli.tickets import local
from gateway.errors import ConfigError
from gateway.model.units import format_duration

if TYPE_CHECKING:
    from gateway.contracts.store import Store
    from gateway.journey.learning.knowledge import Story
    from gateway.model.figures import Figures
    from gateway.settings import Settings

MOST_ASKED = 1000
"""So many of the newest requests that people took are grouped."""

_MOST_GROUPS = 10
_MOST_ROWS = 100

Since = Annotated[
    str, typer.Option(metavar="WHEN", help='A day, a time, or "7 days"; default: 30 days.')
]
Until = Annotated[str, typer.Option(metavar="WHEN", help="The same, that day included.")]


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command(
        epilog=examples(
            "report",
            "report --since 2026-03-01 --until 2026-03-31",
            'report --since "7 days" --csv > week.csv',
        )
    )(report)


def report(
    since: Since = "",
    until: Until = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print one table for programs.")] = False,
) -> None:
    """Show the figures of a period. Volumes, times, satisfaction, what was asked most."""
    from gateway.world import RealWorld  # noqa: PLC0415 - not for --help

    if as_json and as_csv:
        raise typer.BadParameter("choose one of --json and --csv")
    settings, now = settings_of(config), RealWorld().now()
    try:
        begin, end = period(since, until, now, settings.timezone)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    days = bounds(begin, end, settings.timezone)
    with screen.working("counting"):
        figures, stories = look(settings, partial(_read, days, now))
        groups = _unanswered(settings, stories)
    told = report_json(figures, groups, since=begin, until=end, timezone=settings.timezone)
    if as_json:
        screen.print_json(told)
    elif as_csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows(csv_rows(told))
    else:
        _show(told, settings.timezone, begin, end)


async def _read(
    days: Sequence[datetime], now: datetime, store: Store
) -> tuple[Figures, list[Story]]:
    """Return the figures, and the newest requests that people took."""
    figures = await store.figures(days, now)
    stories: list[Story] = []
    for number in await store.asked_of_people(days[0], days[-1], MOST_ASKED):
        ticket = await store.ticket(number)
        if ticket is not None:
            stories.append((ticket, await store.events(number)))
    return figures, stories


def _unanswered(settings: Settings, stories: Sequence[Story]) -> list[Shape]:
    """Return what was asked most and not answered; none while nobody knows what is private."""
    from gateway.cli.faq import groups_of, shape_of  # noqa: PLC0415 - loads the rules

    if not stories:
        return []
    try:
        groups = groups_of(settings, stories)
    except ConfigError:
        screen.complain("unanswered questions are left out: the rule files have errors")
        return []
    return [shape_of(group) for group in groups[:_MOST_GROUPS]]


def _show(told: Shape, timezone: str, begin: datetime, end: datetime) -> None:
    screen.say(f"from {local(begin, timezone)} to {local(end, timezone)}, {timezone}\n")
    for line in _totals(told["totals"]):
        screen.say(line)
    screen.say("")
    screen.print_table(
        ("day", "channel", "requests", "by the FAQ", "to people", "spam"),
        ((each["day"], *(each[key] for key in _VOLUMES)) for each in told["volumes"][-_MOST_ROWS:]),
        empty="nothing came in",
    )
    if len(told["volumes"]) > _MOST_ROWS:
        screen.say(f"(the last {_MOST_ROWS} of {len(told['volumes'])} rows; --csv has all)")
    screen.say("")
    screen.print_table(
        (
            *("team", "level", "tickets", "first answer", "90% within", "in time"),
            *("solved", "90% solved", "solved in time", "reopened", "helped", "open", "late"),
        ),
        map(_team, told["teams"]),
        empty="nothing went to people",
        gives_way=("team",),
        spare=("90% solved", "solved in time", "90% within", "reopened", "level", "helped"),
    )
    if told["unanswered"]:
        screen.say("\nasked most, and not answered by the FAQ:")
    for group in told["unanswered"]:
        screen.say(f"  {group['count']:>4}  {group['samples'][0]}")


_VOLUMES = ("channel", "requests", "answered", "people", "spam")


def _totals(totals: Shape) -> Iterator[str]:
    yield (
        f"requests     {totals['requests']}: {totals['answered']} answered by the FAQ"
        f" ({_percent(totals['answered_share'])}), {totals['people']} went to people"
        + (f"; {totals['merged']} merged into others" if totals["merged"] else "")
    )
    yield (
        f"in time      first answers {_percent(totals['first_response_in_time'])},"
        f" solutions {_percent(totals['resolution_in_time'])}"
    )
    yield (
        f"helped       {totals['helped']} said so, {totals['not_helped']} said it did not"
        f" ({_percent(totals['satisfaction'])})"
    )
    yield f"reopened     {totals['reopened']}"
    yield f"open now     {totals['open']}, {totals['overdue']} of them late"


def _team(row: Shape) -> tuple[object, ...]:
    first, resolution = row["first_response"], row["resolution"]
    return (
        *(row["team"], row["level"], row["tickets"]),
        *(_time(first["median"]), _time(first["p90"]), _percent(row["first_response_in_time"])),
        *(_time(resolution["median"]), _time(resolution["p90"])),
        *(_percent(row["resolution_in_time"]), row["reopened"], _percent(row["satisfaction"])),
        *(row["open"], row["overdue"]),
    )


def _time(seconds: int | None) -> str:
    return "" if seconds is None else format_duration(timedelta(seconds=seconds))


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"
