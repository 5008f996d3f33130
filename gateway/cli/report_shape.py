"""A report as programs read it: one JSON value, or the rows of one flat table. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from gateway.cli.shapes import instant
from gateway.model.figures import Became, Figures, Kept, Open, Taken, Volume

Shape: TypeAlias = dict[str, Any]

CSV_COLUMNS = ("section", "day", "channel", "team", "level", "measure", "value")
# What is no request, or one that is counted with another.
_ELSEWHERE = ("merged", "spam")
# What a table program would take for a formula, when somebody's question begins with it.
_FORMULA = ("=", "+", "-", "@", "\t")


def report_json(
    figures: Figures,
    unanswered: Sequence[Shape],
    *,
    since: datetime,
    until: datetime,
    timezone: str,
) -> Shape:
    """Return the whole report; lengths of time in seconds of business time, shares from 0 to 1."""
    volumes = _volumes(figures.volumes, timezone)
    return {
        "since": instant(since),
        "until": instant(until),
        "timezone": timezone,
        "totals": _totals(figures, volumes),
        "volumes": volumes,
        "teams": [_team(figures, level, team) for level, team in _holders(figures)],
        "unanswered": list(unanswered),
    }


def _volumes(found: Sequence[Volume], timezone: str) -> list[Shape]:
    """Return requests by day and channel, as days are in a time zone."""
    zone = ZoneInfo(timezone)
    counts: dict[tuple[str, str], Counter[str]] = {}
    for volume in found:
        day = volume.begins_at.astimezone(zone).date().isoformat()
        counts.setdefault((day, volume.channel), Counter())[volume.went_to] += volume.count
    return [
        {"day": day, "channel": channel, **_shares(counts[day, channel])}
        for day, channel in sorted(counts)
    ]


def _shares(by: Mapping[str, int]) -> Shape:
    requests = sum(count for went_to, count in by.items() if went_to not in _ELSEWHERE)
    return {
        "requests": requests,
        "answered": by.get("faq", 0),
        "people": by.get("people", 0),
        "nobody": by.get("nobody", 0),
        "merged": by.get("merged", 0),
        "spam": by.get("spam", 0),
        "answered_share": share(by.get("faq", 0), requests),
    }


def _totals(figures: Figures, volumes: Sequence[Shape]) -> Shape:
    sums: Counter[str] = Counter()
    for row in volumes:
        for key in ("answered", "people", "nobody", *_ELSEWHERE):
            sums["faq" if key == "answered" else key] += row[key]
    became = figures.became.values()
    kept = figures.kept.values()
    return {
        **_shares(sums),
        **_became(
            Became(
                count=sum(one.count for one in became),
                reopened=sum(one.reopened for one in became),
                helped=sum(one.helped for one in became),
                not_helped=sum(one.not_helped for one in became),
            )
        ),
        **_in_time(
            Kept(
                first_limited=sum(one.first_limited for one in kept),
                first_late=sum(one.first_late for one in kept),
                limited=sum(one.limited for one in kept),
                late=sum(one.late for one in kept),
            )
        ),
        "open": sum(one.count for one in figures.open.values()),
        "overdue": sum(one.late for one in figures.open.values()),
    }


def _holders(figures: Figures) -> list[tuple[int, str]]:
    """Return every level and team that has figures; what the FAQ alone had is in the totals."""
    found = {*figures.became, *figures.first, *figures.resolve, *figures.kept, *figures.open}
    return sorted(holder for holder in found if holder[1])


def _team(figures: Figures, level: int, team: str) -> Shape:
    holder = (level, team)
    opened = figures.open.get(holder, Open())
    return {
        "team": team,
        "level": level,
        "tickets": figures.became.get(holder, Became()).count,
        **_became(figures.became.get(holder, Became())),
        "first_response": _taken(figures.first.get(holder)),
        "resolution": _taken(figures.resolve.get(holder)),
        **_in_time(figures.kept.get(holder, Kept())),
        "open": opened.count,
        "overdue": opened.late,
    }


def _became(became: Became) -> Shape:
    said = became.helped + became.not_helped
    return {
        "reopened": became.reopened,
        "helped": became.helped,
        "not_helped": became.not_helped,
        "satisfaction": share(became.helped, said),
    }


def _taken(taken: Taken | None) -> Shape:
    if taken is None:
        return {"count": 0, "median": None, "p90": None}
    return {"count": taken.count, "median": _seconds(taken.median), "p90": _seconds(taken.p90)}


def _in_time(kept: Kept) -> Shape:
    return {
        "first_response_in_time": share(kept.first_limited - kept.first_late, kept.first_limited),
        "first_response_late": kept.first_late,
        "resolution_in_time": share(kept.limited - kept.late, kept.limited),
        "resolution_late": kept.late,
    }


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def share(part: int, whole: int) -> float | None:
    """Return a share from 0 to 1, None of nothing."""
    return round(part / whole, 4) if whole else None


def csv_rows(report: Shape) -> Iterator[tuple[object, ...]]:
    """Yield the rows of a report as one table, its columns first; what is not known is left out."""
    yield CSV_COLUMNS
    for measure, value in _flat(report["totals"]):
        yield ("totals", "", "", "", "", measure, value)
    for row in report["volumes"]:
        for measure, value in _flat(row, leave=("day", "channel")):
            yield ("volumes", row["day"], row["channel"], "", "", measure, value)
    for row in report["teams"]:
        for measure, value in _flat(row, leave=("team", "level")):
            yield ("teams", "", "", row["team"], row["level"], measure, value)
    for group in report["unanswered"]:
        yield ("unanswered", "", "", "", "", _harmless(group["samples"][0]), group["count"])


def _flat(row: Shape, leave: Sequence[str] = ()) -> Iterator[tuple[str, object]]:
    for key, value in row.items():
        if isinstance(value, dict):
            for inner, held in _flat(value):
                yield f"{key}_{inner}", held
        elif key not in leave and value is not None:
            yield key, value


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
