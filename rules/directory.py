"""Who is there: ``teams``, ``agents`` and ``fallback``, read and checked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.model.people import Agent, Place, Replies, Team
from rules import fields
from rules.conditions.reader import KINDS
from rules.fields import Fields
from rules.known import Known
from rules.nodes import Node, Scalar
from rules.outcome import MAX_LEVEL
from rules.problems import Mark, did_you_mean

TEAM_KEYS = ("level", "tell", "agents", "replies", "next", "private")
AGENT_KEYS = ("name", "level", "languages")
FALLBACK_KEYS = ("team", "level")
REPLIES = ("explicit", "thread")


@dataclass(frozen=True, slots=True)
class TeamSource:
    """A team with the places of what it refers to; ``is_told``: its ``tell`` names something."""

    team: Team
    mark: Mark
    agents: tuple[tuple[str, Mark], ...]
    next_team: tuple[str, Mark] | None
    is_told: bool


@dataclass(frozen=True, slots=True)
class Fallback:
    """Who gets what no rule wanted."""

    team: str
    level: int | None
    mark: Mark


def read_team(key: Scalar, node: Node, known: Known) -> TeamSource | None:
    """Return a team."""
    what = f"team {key.text}"
    found = fields.fields(node, what, TEAM_KEYS, known.problems)
    team_id = fields.identifier(key, "teams", known.problems)
    if found is None or team_id is None:
        return None
    if "level" not in found:
        known.problems.error(key.mark, f"{what}: level is missing", "level: 1 to 4")
    agents = fields.texts(found["agents"], what, known.problems) if _filled(found, "agents") else ()
    following = fields.text(found["next"], what, known.problems) if "next" in found else None
    team = Team(
        id=team_id,
        level=_level(found, what, known) or 1,
        tell=_places(found, what, known),
        agents=tuple(agent for agent, _ in agents),
        next_team=following,
        private=bool("private" in found and fields.flag(found["private"], what, known.problems)),
        replies=_replies(found, what, known),
    )
    after = (following, found["next"].mark) if following else None
    return TeamSource(team, key.mark, agents, after, _filled(found, "tell"))


def _replies(found: Fields, what: str, known: Known) -> Replies:
    if "replies" not in found:
        return Replies.EXPLICIT
    word = fields.choice(found["replies"], f"{what}: replies", REPLIES, known.problems)
    return Replies(word) if word else Replies.EXPLICIT


def _filled(found: Fields, key: str) -> bool:
    """Return whether a list is there and not empty: ``agents: []`` is no mistake."""
    return key in found and fields.one_or_more(found[key]) != ()


def _level(found: Fields, what: str, known: Known) -> int | None:
    if "level" not in found:
        return None
    return fields.integer(found["level"], f"{what}: level", known.problems, 1, MAX_LEVEL)


def _places(found: Fields, what: str, known: Known) -> tuple[Place, ...]:
    if not _filled(found, "tell"):
        return ()
    pairs = fields.texts(found["tell"], f"{what}: tell", known.problems)
    places = (read_place(text, mark, known) for text, mark in pairs)
    return tuple(place for place in places if place is not None)


def read_place(text: str, mark: Mark, known: Known) -> Place | None:
    """Return a place with its channel's name; a kind stands for the only channel of that kind."""
    try:
        place = Place.parse(text)
    except ValueError as error:
        known.problems.error(mark, str(error))
        return None
    if known.channels is None:
        return place
    name = _channel_named(place.channel, known.channels, mark, known)
    if name is None:
        return None
    if fault := known.check_where(known.channels[name], place.where):
        known.problems.error(mark, f"{text}: {fault.message}", fault.suggestion)
        return None
    return Place(name, place.where)


def _channel_named(word: str, channels: Mapping[str, str], mark: Mark, known: Known) -> str | None:
    """Return the channel of a name, or the only one of a kind; note a problem otherwise."""
    if word in channels:
        return word
    of_kind = [name for name, kind in channels.items() if kind == word]
    if len(of_kind) == 1:
        return of_kind[0]
    if of_kind:
        names = ", ".join(sorted(of_kind))
        known.problems.error(mark, f"there is more than one {word} channel", f"name one of {names}")
    else:
        hint = did_you_mean(word, (*channels, *channels.values()))
        known.problems.error(mark, f"no channel {word!r} is configured", hint)
    return None


def read_agent(key: Scalar, node: Node, known: Known) -> Agent | None:
    """Return an agent. Beside the fixed keys, a channel's name or kind holds the id there."""
    what = f"agent {key.text}"
    channels = known.channels or {}
    names = {*KINDS, *channels, *channels.values()}
    found = fields.fields(node, what, (*AGENT_KEYS, *sorted(names)), known.problems)
    agent_id = fields.identifier(key, "agents", known.problems)
    if found is None or agent_id is None:
        return None
    addresses = {
        channel: address.lower() if channels.get(channel, channel) == "email" else address
        for channel, value in found.items()
        if channel not in AGENT_KEYS
        and (address := fields.text(value, f"{what}: {channel}", known.problems)) is not None
    }
    name = fields.text(found["name"], f"{what}: name", known.problems) if "name" in found else None
    return Agent(
        id=agent_id,
        name=name or agent_id,
        level=_level(found, what, known),
        addresses=addresses,
        languages=_languages(found, what, known),
    )


def _languages(found: Fields, what: str, known: Known) -> tuple[str, ...]:
    if not _filled(found, "languages"):
        return ()
    nodes = fields.one_or_more(found["languages"])
    chosen = (fields.choice(node, what, known.languages, known.problems) for node in nodes)
    return tuple(language for language in chosen if language is not None)


def read_fallback(key: Scalar, node: Node, known: Known) -> Fallback | None:
    """Return the fallback."""
    found = fields.fields(node, "fallback", FALLBACK_KEYS, known.problems)
    if found is None:
        return None
    if "team" not in found:
        known.problems.error(key.mark, "fallback: team is missing")
        return None
    team = fields.text(found["team"], "fallback: team", known.problems)
    level = _level(found, "fallback", known)
    return None if team is None else Fallback(team, level, found["team"].mark)


def check_directory(
    teams: Mapping[str, TeamSource], agents: Mapping[str, Agent], known: Known
) -> None:
    """Note every agent and following team that is not defined."""
    team_ids: Mapping[str, object] = teams
    for source in teams.values():
        for agent, mark in source.agents:
            fields.reference(agent, mark, "agent", agents, known.problems)
        if source.next_team:
            following, mark = source.next_team
            fields.reference(following, mark, "team", team_ids, known.problems)
