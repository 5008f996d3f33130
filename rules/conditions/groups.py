"""Conditions made of conditions: ``all``, ``any``, ``none``, and a rule's whole ``when``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from rules.conditions.base import Condition, Failure
from rules.view import PATTERN, View

_PATTERN_PRICE = 1_000_000


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; with no parts it always does."""

    name: str
    parts: tuple[Condition, ...]

    def holds(self, view: View) -> bool:
        """See `Condition.holds`."""
        return all(part.holds(view) for part in self.parts)

    def failure(self, view: View) -> Failure:
        """See `Condition.failure`: that of the first part that fails."""
        return next(part.failure(view) for part in self.parts if not part.holds(view))

    def tokens(self) -> Iterable[str]:
        """See `Condition.tokens`."""
        return _tokens(self.parts)

    def triggers(self, counts: Mapping[str, int]) -> frozenset[str] | None:
        """See `Condition.triggers`: those of the choosiest part."""
        options = [part.triggers(counts) for part in self.parts]
        found = [triggers for triggers in options if triggers is not None]
        return min(found, key=lambda some: _price(some, counts), default=None)

    def judge(self, view: View, stated: frozenset[str]) -> bool | None:
        """See `Condition.judge`."""
        verdicts = [part.judge(view, stated) for part in self.parts]
        if False in verdicts:
            return False
        return None if None in verdicts else True

    def apart(self) -> Iterable[Condition]:
        """See `Condition.apart`."""
        return chain.from_iterable(part.apart() for part in self.parts)

    def implies(self, wider: Condition) -> bool:
        """See `Condition.implies`."""
        return self == wider

    def captured(self, view: View) -> Mapping[str, str]:
        """See `Condition.captured`."""
        found: dict[str, str] = {}
        for part in self.parts:
            found.update(part.captured(view))
        return found


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    name: str
    parts: tuple[Condition, ...]

    def holds(self, view: View) -> bool:
        """See `Condition.holds`."""
        return any(part.holds(view) for part in self.parts)

    def failure(self, view: View) -> Failure:
        """See `Condition.failure`: what each part missed."""
        failures = [part.failure(view) for part in self.parts]
        expected = " or ".join(f"{fail.condition}: {fail.expected}" for fail in failures)
        actual = "; ".join(dict.fromkeys(fail.actual for fail in failures))
        return Failure(self.name, expected, actual)

    def tokens(self) -> Iterable[str]:
        """See `Condition.tokens`."""
        return _tokens(self.parts)

    def triggers(self, counts: Mapping[str, int]) -> frozenset[str] | None:
        """See `Condition.triggers`: any part may be the one that holds."""
        union: set[str] = set()
        for part in self.parts:
            triggers = part.triggers(counts)
            if triggers is None:
                return None
            union |= triggers
        return frozenset(union)

    def judge(self, view: View, stated: frozenset[str]) -> bool | None:
        """See `Condition.judge`."""
        verdicts = [part.judge(view, stated) for part in self.parts]
        if True in verdicts:
            return True
        return None if None in verdicts else False

    def apart(self) -> Iterable[Condition]:
        """See `Condition.apart`."""
        return (self,)

    def implies(self, wider: Condition) -> bool:
        """See `Condition.implies`: whichever part holds, it does."""
        if self == wider:
            return True
        return all(any(one.implies(wider) for one in part.apart()) for part in self.parts)

    def captured(self, view: View) -> Mapping[str, str]:
        """See `Condition.captured`: of the parts that hold."""
        found: dict[str, str] = {}
        for part in self.parts:
            if part.holds(view):
                found.update(part.captured(view))
        return found


@dataclass(frozen=True, slots=True)
class NoneOf:
    """No part holds."""

    name: str
    parts: tuple[Condition, ...]

    def holds(self, view: View) -> bool:
        """See `Condition.holds`."""
        return not any(part.holds(view) for part in self.parts)

    def failure(self, view: View) -> Failure:
        """See `Condition.failure`: the part that held."""
        held = next(part for part in self.parts if part.holds(view))
        return Failure(self.name, f"that {_named(held)} does not hold", "it holds")

    def tokens(self) -> Iterable[str]:
        """See `Condition.tokens`."""
        return ()

    def triggers(self, counts: Mapping[str, int]) -> None:
        """See `Condition.triggers`: absence triggers nothing."""

    def judge(self, view: View, stated: frozenset[str]) -> bool | None:
        """See `Condition.judge`."""
        verdicts = [part.judge(view, stated) for part in self.parts]
        if True in verdicts:
            return False
        return None if None in verdicts else True

    def apart(self) -> Iterable[Condition]:
        """See `Condition.apart`."""
        return (NoneOf(self.name, (part,)) for part in self.parts)

    def implies(self, wider: Condition) -> bool:
        """See `Condition.implies`."""
        return self == wider

    def captured(self, view: View) -> Mapping[str, str]:
        """See `Condition.captured`: what must be absent says nothing."""
        del view
        return {}


def _price(triggers: Iterable[str], counts: Mapping[str, int]) -> int:
    """Return about how many rules are looked at for these triggers; patterns come last."""
    return sum(
        _PATTERN_PRICE if trigger.startswith(PATTERN) else counts[trigger] for trigger in triggers
    )


def _tokens(parts: Iterable[Condition]) -> Iterable[str]:
    return chain.from_iterable(part.tokens() for part in parts)


def _named(condition: Condition) -> str:
    if isinstance(condition, AllOf):
        return " and ".join(_named(part) for part in condition.parts) or condition.name
    return condition.name
