"""Follows tickets from team to team: what escalates must arrive somewhere, and be heard of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rules.directory import Fallback, TeamSource
from rules.known import Known
from rules.routes import Route


def check_escalation(teams: Mapping[str, TeamSource], known: Known) -> None:
    """Warn of every ring of teams that hand their tickets on to each other."""
    told: set[str] = set()
    for team in teams:
        ring = _ring(team, teams)
        after = teams[ring[-1]].next_team if ring else None
        if after is None or not told.isdisjoint(ring):
            continue
        told.update(ring)
        known.problems.warning(
            after[1],
            f"next goes round in a circle: {' -> '.join((*ring, ring[0]))}",
            "the last team of a line has no next",
        )


def _ring(team: str, teams: Mapping[str, TeamSource]) -> tuple[str, ...]:
    """Return the teams that follow each other for ever, from the one that is met first."""
    met: dict[str, None] = {}
    while team in teams and team not in met:
        met[team] = None
        after = teams[team].next_team
        if after is None:
            return ()
        team = after[0]
    line = tuple(met)
    return line[line.index(team) :] if team in met else ()


def check_told(
    routes: Iterable[Route],
    fallback: Fallback | None,
    teams: Mapping[str, TeamSource],
    known: Known,
) -> None:
    """Warn of every team that can get tickets and hears of them nowhere.

    Where no team has a place the desk is worked from the command line: that is meant so.
    """
    if not any(source.is_told for source in teams.values()):
        return
    for team in dict.fromkeys(_reached(routes, fallback, teams)):
        if not teams[team].is_told:
            known.problems.warning(
                teams[team].mark,
                f"team {team} can get tickets, and has no tell: nobody hears of them",
                'name a place, such as tell: ["email:team@example.org"]',
            )


def _reached(
    routes: Iterable[Route], fallback: Fallback | None, teams: Mapping[str, TeamSource]
) -> Iterator[str]:
    """Yield the teams that rules name, the fallback's, and those that follow them."""
    first = [fallback.team] if fallback else []
    for named in (*first, *(route.then.team for route in routes if route.then.team)):
        team, met = named, set[str]()
        while team in teams and team not in met:
            met.add(team)
            yield team
            after = teams[team].next_team
            team = after[0] if after else ""
