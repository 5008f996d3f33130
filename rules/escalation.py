"""Follows ``next`` from team to team: what escalates must arrive somewhere."""

from __future__ import annotations

from collections.abc import Mapping

from rules.directory import TeamSource
from rules.known import Known


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
