"""From the nodes of all files to one checked book: the keys, ids and examples of a whole desk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from gateway.model.calendar import Calendar
from gateway.model.form import FormField
from gateway.model.level import Level
from gateway.model.people import Agent
from rules import fields
from rules.book import RuleBook
from rules.calendar import read_calendar, read_level
from rules.checks import check_fallback, check_hours, check_phrasings, check_references
from rules.directory import (
    Fallback,
    TeamSource,
    check_directory,
    read_agent,
    read_fallback,
    read_team,
)
from rules.escalation import check_escalation, check_told
from rules.examples import Examples
from rules.faq.entries import FaqEntry, read_entry
from rules.faq.keeping.cache import Cache
from rules.faq.lexical import LexicalMatcher
from rules.forms import read_form
from rules.known import Known
from rules.language import Detector
from rules.nodes import MapNode, Node, Scalar
from rules.problems import Mark, did_you_mean
from rules.reach import check_reach
from rules.routes import Route, read_route
from rules.teaching import Faq, Tell, teach
from rules.triggers import TriggerIndex
from rules.walk import Plan

Thing = TypeVar("Thing")


@dataclass(slots=True)
class Draft:
    """What was read so far, from all files."""

    teams: dict[str, TeamSource] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    entries: dict[str, FaqEntry] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)
    forms: dict[str, FormField] = field(default_factory=dict)
    levels: dict[int, Level] = field(default_factory=dict)
    calendar: Calendar | None = None
    fallback: Fallback | None = None
    marks: dict[tuple[str, str], Mark] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeskTimes:
    """See `gateway.contracts.rules.Times`."""

    levels: Mapping[int, Level]
    calendar: Calendar


def assemble_times(documents: Iterable[MapNode], known: Known) -> DeskTimes:
    """Return only what clocks run by."""
    draft = Draft()
    _read_keys(documents, draft, known, only=("calendar", "levels"))
    return DeskTimes(draft.levels, draft.calendar or Calendar(timezone=known.timezone))


def assemble(
    documents: Iterable[MapNode],
    known: Known,
    content_hash: str,
    faq: Faq,
    tell: Tell,
    cache: Cache,
) -> RuleBook | None:
    """Return the book; None when so much is wrong that none can be built. Faults are noted."""
    draft = Draft()
    is_partial = known.problems.has_errors
    _read_keys(documents, draft, known)
    if not is_partial:
        _check_together(draft, known)
    check_phrasings(draft.entries.values(), known)
    check_reach(tuple(draft.routes.values()), known)
    if known.problems.has_errors or draft.fallback is None:
        return None
    detector = Detector(known.languages)
    taught = teach(draft.entries.values(), faq, known, content_hash, detector, cache)
    book = _book(draft, draft.fallback, known, content_hash, taught.matcher, detector)
    taught.check(book.plan, known, tell)
    return replace(book, plan=_without_examples(book.plan))


def _check_together(draft: Draft, known: Known) -> None:
    """Note what is named and not there. Only where every file was read: it may be in another."""
    if draft.fallback is None and ("top-level", "fallback") not in draft.marks:
        known.problems.error(
            Mark(known.folder), "fallback is missing: say who gets everything else",
            f"fallback: {{team: {next(iter(draft.teams), 'service-desk')}}}",
        )  # fmt: skip
    check_directory(draft.teams, draft.agents, known)
    check_escalation(draft.teams, known)
    check_told(draft.routes.values(), draft.fallback, draft.teams, known)
    teams = {team_id: source.team for team_id, source in draft.teams.items()}
    check_fallback(draft.fallback, teams, known)
    check_references(draft.routes.values(), teams, draft.entries, draft.forms, known)
    check_hours(draft.calendar, draft.marks, known)


def _without_examples(plan: Plan) -> Plan:
    """Return what a walk needs: the examples have done their work, and may be many."""
    bare = Examples()
    entries = {name: replace(entry, examples=bare) for name, entry in plan.entries.items()}
    return replace(
        plan,
        routes=tuple(replace(route, examples=bare) for route in plan.routes),
        entries=entries,
        conditional=tuple(entries[entry.id] for entry in plan.conditional),
    )


def _read_keys(
    documents: Iterable[MapNode], draft: Draft, known: Known, only: Collection[str] = ()
) -> None:
    keys = [item for document in documents for item in document.items]
    # A day of a level is a working day: the calendar has to be known, wherever it stands.
    for key, node in sorted(keys, key=lambda item: item[0].text != "calendar"):
        if not only or key.text in only:
            _read_key(key, node, draft, known)


def _read_key(key: Scalar, node: Node, draft: Draft, known: Known) -> None:
    reader = _TOP_LEVEL.get(key.text)
    if reader is not None and _is_empty(node) and key.text != "fallback":
        return
    if reader is not None:
        reader(key, node, draft, known)
    else:
        hint = did_you_mean(key.text, _TOP_LEVEL)
        known.problems.error(key.mark, f"unknown key {key.text!r}", hint)


def _is_empty(node: Node) -> bool:
    """Return whether nothing stands behind a key: its items may be comments for now."""
    return isinstance(node, Scalar) and node.plain and not node.text


def _is_new(kind: str, name: str, mark: Mark, draft: Draft, known: Known) -> bool:
    """Return whether an id is used for the first time; note a problem where it is not."""
    first = draft.marks.setdefault((kind, name), mark)
    if first is mark:
        return True
    known.problems.error(
        mark, f"the {kind} id {name!r} is used twice", f"first in {first.file}:{first.line}"
    )
    return False


def _read_teams(key: Scalar, node: Node, draft: Draft, known: Known) -> None:
    mapping = fields.table(node, key.text, known.problems)
    for name, value in mapping.items if mapping else ():
        source = read_team(name, value, known)
        if source and _is_new("team", name.text, name.mark, draft, known):
            draft.teams[source.team.id] = source


def _read_agents(key: Scalar, node: Node, draft: Draft, known: Known) -> None:
    mapping = fields.table(node, key.text, known.problems)
    for name, value in mapping.items if mapping else ():
        agent = read_agent(name, value, known)
        if agent and _is_new("agent", name.text, name.mark, draft, known):
            draft.agents[agent.id] = agent


def _read_faq(key: Scalar, node: Node, draft: Draft, known: Known) -> None:
    for item in fields.items(node, key.text, known.problems):
        entry = read_entry(item, known)
        if entry and _is_new("faq", entry.id, entry.mark, draft, known):
            draft.entries[entry.id] = entry


def _read_routes(key: Scalar, node: Node, draft: Draft, known: Known) -> None:
    for item in fields.items(node, key.text, known.problems):
        route = read_route(item, known)
        if route and _is_new("route", route.id, route.mark, draft, known):
            draft.routes[route.id] = route


def _read_forms(key: Scalar, node: Node, draft: Draft, known: Known) -> None:
    mapping = fields.table(node, key.text, known.problems)
    for name, value in mapping.items if mapping else ():
        form = read_form(name, value, known)
        if form and _is_new("form", name.text, name.mark, draft, known):
            draft.forms[form.id] = form


def _read_levels(key: Scalar, node: Node, draft: Draft, known: Known) -> None:
    mapping = fields.table(node, key.text, known.problems)
    for name, value in mapping.items if mapping else ():
        level = read_level(name, value, draft.calendar or Calendar(), known)
        if level and _is_new("level", name.text, name.mark, draft, known):
            draft.levels[level.number] = level


def _read_calendar(key: Scalar, node: Node, draft: Draft, known: Known) -> None:
    if _is_new("top-level", "calendar", key.mark, draft, known):
        draft.calendar = read_calendar(key, node, known)


def _read_fallback(key: Scalar, node: Node, draft: Draft, known: Known) -> None:
    if not _is_new("top-level", "fallback", key.mark, draft, known):
        return
    draft.fallback = read_fallback(key, node, known)


_TOP_LEVEL: Mapping[str, Callable[[Scalar, Node, Draft, Known], None]] = {
    "teams": _read_teams,
    "agents": _read_agents,
    "faq": _read_faq,
    "routes": _read_routes,
    "forms": _read_forms,
    "levels": _read_levels,
    "calendar": _read_calendar,
    "fallback": _read_fallback,
}


def _book(
    draft: Draft,
    fallback: Fallback,
    known: Known,
    content_hash: str,
    matcher: LexicalMatcher,
    detector: Detector,
) -> RuleBook:
    teams = {team_id: source.team for team_id, source in draft.teams.items()}
    last = teams[fallback.team]
    last = replace(last, level=fallback.level or last.level)
    routes = tuple(draft.routes.values())
    entries = tuple(draft.entries.values())
    calendar = draft.calendar or Calendar(timezone=known.timezone)
    plan = Plan(
        hash=content_hash,
        routes=routes,
        triggers=TriggerIndex(routes),
        teams=teams,
        fallback=last,
        entries=draft.entries,
        conditional=tuple(entry for entry in entries if entry.when.parts),
        unsent=frozenset(entry.id for entry in entries if not entry.auto),
        matcher=matcher,
        calendar=calendar,
    )
    return RuleBook(
        hash=content_hash,
        teams=teams,
        agents=draft.agents,
        entries={entry.id: entry.entry for entry in entries},
        fallback=last,
        levels=draft.levels,
        calendar=calendar,
        forms=draft.forms,
        plan=plan,
        detector=detector,
    )
