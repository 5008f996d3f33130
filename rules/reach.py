"""Finds rules that can never fire, because an earlier one takes every case that they could have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from rules.conditions import AllOf, AnyOf, Condition
from rules.known import Known
from rules.routes import Route

_CHANGED_BY_RULES = ("tags", "priority")
_MOST_COMPARED = 200
"""With so many earlier rules a rule is compared at most; in real books a handful shares a word."""

Atoms = frozenset[Condition]


def check_reach(routes: tuple[Route, ...], known: Known) -> None:
    """Note every rule all of whose cases an earlier one decides.

    Rules are looked at in the order of the walk, but for those that could not be read whole. Those
    whose conditions other rules change take nothing away, and neither do those that answer: a
    request for a person passes them.
    """
    readable = [route for route in routes if route.is_whole]
    earlier = _Earlier(readable)
    for route in sorted(readable, key=lambda route: not route.is_early):
        atoms = _atoms(route)
        taker = earlier.taker_of(route, atoms)
        if taker is not None:
            known.problems.error(
                route.mark,
                f"route {route.id} can never fire: {taker.id} decides first on all of its cases",
                f"see {taker.mark.file}:{taker.mark.line}",
            )
        elif route.then.decides and route.then.answer is None and _is_steady(atoms):
            earlier.add(route, atoms)


def _atoms(route: Route) -> Atoms:
    """Return what must hold, taken apart; that machines are left out is a condition as well."""
    silent: tuple[Condition, ...] = () if route.for_machines else (AllOf("people", ()),)
    parts = (atom for part in route.when.parts for atom in part.apart())
    return frozenset((*parts, *silent))


def _is_steady(atoms: Atoms) -> bool:
    return not any(_depends_on_rules(atom) for atom in atoms)


def _depends_on_rules(condition: Condition) -> bool:
    parts: Iterable[Condition] = getattr(condition, "parts", ())
    return condition.name in _CHANGED_BY_RULES or any(map(_depends_on_rules, parts))


def _hold_surely(atoms: Atoms, wider: Condition) -> bool:
    """Return whether a condition holds wherever all atoms do."""
    if any(atom.implies(wider) for atom in atoms):
        return True
    parts = wider.parts if isinstance(wider, AnyOf) else ()
    return any(all(_hold_surely(atoms, one) for one in part.apart()) for part in parts)


class _Earlier:
    """The deciding rules so far, found by a word, address or pattern that they need."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._counts = Counter(token for route in routes for token in route.when.tokens())
        self._by_trigger: dict[str, list[tuple[Route, Atoms]]] = {}
        self._always: list[tuple[Route, Atoms]] = []

    def add(self, route: Route, atoms: Atoms) -> None:
        """Remember a rule that takes cases away from later ones."""
        triggers = route.when.triggers(self._counts)
        if triggers is None:
            self._always.append((route, atoms))
        for trigger in triggers or ():
            self._by_trigger.setdefault(trigger, []).append((route, atoms))

    def taker_of(self, route: Route, atoms: Atoms) -> Route | None:
        """Return an earlier rule that holds whenever this one does, None when there is none."""
        for other, taken in islice(self._candidates(route), _MOST_COMPARED):
            if all(_hold_surely(atoms, wider) for wider in taken):
                return other
        return None

    def _candidates(self, route: Route) -> Iterator[tuple[Route, Atoms]]:
        """Yield the rules that look for something that this one needs, or for nothing special."""
        yield from self._always
        for token in dict.fromkeys(route.when.tokens()):
            yield from self._by_trigger.get(token, ())
