"""Counts what the report shows: the database adds up, nothing is read ticket by ticket."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from gateway.model.figures import Became, Figures, Holder, Kept, Open, Taken, Volume
from gateway.store.steps import Row, Steps, rows
from gateway.store.values import from_micros


def figures(bounds: Sequence[int], now: int) -> Steps[Figures]:
    """Return the figures of what happened from the first bound to before the last."""
    since, until = bounds[0], bounds[-1]
    volumes = []
    for begin, end in pairwise(bounds):
        found = yield from rows("report_volumes", since=begin, until=end)
        volumes += [_volume(row, begin) for row in found]
    became = yield from rows("report_tickets", since=since, until=until)
    first = yield from rows("report_first", since=since, until=until)
    resolve = yield from rows("report_resolve", since=since, until=until)
    kept = yield from rows("report_late", since=since, until=until)
    opened = yield from rows("report_open", now=now)
    return Figures(
        volumes=volumes,
        became={_holder(row): _became(row) for row in became},
        first={_holder(row): _taken(row) for row in first},
        resolve={_holder(row): _taken(row) for row in resolve},
        kept={_holder(row): _kept(row) for row in kept},
        open={_holder(row): Open(count=int(row["many"]), late=int(row["late"])) for row in opened},
    )


def asked_of_people(since: int, until: int, limit: int) -> Steps[list[int]]:
    """Return the numbers of the newest tickets that people took, newest first."""
    found = yield from rows("report_asked", since=since, until=until, count=limit)
    return [row["number"] for row in found]


def _holder(row: Row) -> Holder:
    return row["level"], row["team"]


def _volume(row: Row, begin: int) -> Volume:
    return Volume(
        begins_at=from_micros(begin),
        channel=row["channel"],
        went_to=row["went_to"],
        count=int(row["many"]),
    )


# Sums and means come back in types of the database's own choice.


def _became(row: Row) -> Became:
    return Became(
        count=int(row["many"]),
        reopened=int(row["reopened"]),
        helped=int(row["helped"]),
        not_helped=int(row["not_helped"]),
    )


def _taken(row: Row) -> Taken:
    return Taken(
        count=int(row["many"]),
        median=timedelta(microseconds=int(row["median"])),
        p90=timedelta(microseconds=int(row["p90"])),
    )


def _kept(row: Row) -> Kept:
    return Kept(
        first_limited=int(row["first_limited"]),
        first_late=int(row["first_late"]),
        limited=int(row["limited"]),
        late=int(row["late"]),
    )
