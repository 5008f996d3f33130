"""Conditions on everything around the text: who, where from, with what, and what is known."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain

from gateway.model.request import FileFacts
from rules.conditions.base import Condition, Failure
from rules.patterns import Globs
from rules.view import DOMAIN, FROM, View

COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}


def sender_of(view: View) -> tuple[str, ...]:
    """Return the sender."""
    return (view.sender,)


def domain_of(view: View) -> tuple[str, ...]:
    """Return the sender's domain."""
    return (view.sender_domain,)


def has_attachments(view: View) -> bool:
    """Return whether anything is attached."""
    return bool(view.request.attachments)


def is_automatic(view: View) -> bool:
    """Return whether a machine sent it."""
    return view.facts.automatic is not None


def trust_of(view: View) -> str:
    """Return how sure the sender is."""
    return view.facts.trust.name.lower()


@dataclass(frozen=True, slots=True)
class Fact:
    """What all conditions on facts share: an example that does not state one leaves it open."""

    name: str

    def holds(self, view: View) -> bool:
        """See `Condition.holds`."""
        raise NotImplementedError

    def failure(self, view: View) -> Failure:
        """See `Condition.failure`."""
        raise NotImplementedError

    def judge(self, view: View, stated: frozenset[str]) -> bool | None:
        """See `Condition.judge`."""
        return self.holds(view) if self.name in stated else None

    def apart(self) -> Iterable[Condition]:
        """See `Condition.apart`."""
        return (self,)

    def implies(self, wider: Condition) -> bool:
        """See `Condition.implies`."""
        return self == wider

    def captured(self, view: View) -> Mapping[str, str]:
        """See `Condition.captured`."""
        del view
        return {}

    def tokens(self) -> Iterable[str]:
        """See `Condition.tokens`."""
        return ()

    def triggers(self, counts: Mapping[str, int]) -> frozenset[str] | None:
        """See `Condition.triggers`."""
        del counts
        return None


@dataclass(frozen=True, slots=True)
class OneOf(Fact):
    """A value is one of the listed ones. ``is_indexed``: the index finds rules by it."""

    values: tuple[str, ...]
    actual: Callable[[View], str] = field(compare=False)
    is_indexed: bool = False

    def holds(self, view: View) -> bool:
        """See `Condition.holds`."""
        return self.actual(view) in self.values

    def implies(self, wider: Condition) -> bool:
        """See `Condition.implies`: fewer values are narrower."""
        if not isinstance(wider, OneOf) or self.name != wider.name:
            return False
        return set(self.values) <= set(wider.values)

    def failure(self, view: View) -> Failure:
        """See `Condition.failure`."""
        return Failure(self.name, " or ".join(self.values), self.actual(view) or "nothing")

    def tokens(self) -> Iterable[str]:
        """See `Condition.tokens`."""
        return (f"{self.name}:{value}" for value in self.values) if self.is_indexed else ()

    def triggers(self, counts: Mapping[str, int]) -> frozenset[str] | None:
        """See `Condition.triggers`."""
        del counts
        return frozenset(self.tokens()) or None


@dataclass(frozen=True, slots=True)
class Is(Fact):
    """Something is so, or is not."""

    expected: bool
    actual: Callable[[View], bool] = field(compare=False)

    def holds(self, view: View) -> bool:
        """See `Condition.holds`."""
        return self.actual(view) is self.expected

    def failure(self, view: View) -> Failure:
        """See `Condition.failure`."""
        return Failure(self.name, _word(self.expected), _word(self.actual(view)))


def _word(value: bool) -> str:
    return "true" if value else "false"


@dataclass(frozen=True, slots=True)
class Addressed(Fact):
    """An address, or its domain, fits one of the globs. ``trigger`` prefixes it in the index."""

    sources: tuple[str, ...]
    globs: Globs = field(compare=False)
    actual: Callable[[View], tuple[str, ...]] = field(compare=False)
    trigger: str

    def holds(self, view: View) -> bool:
        """See `Condition.holds`."""
        return any(self.globs.matches(value) for value in self.actual(view))

    def implies(self, wider: Condition) -> bool:
        """See `Condition.implies`: each of our addresses and globs is one of its, or fits one."""
        if not isinstance(wider, Addressed) or self.name != wider.name:
            return False
        others = {source.lower() for source in wider.sources}
        mine = {source.lower() for source in self.sources} - others
        return mine <= self.globs.exact and all(map(wider.globs.matches, mine))

    def failure(self, view: View) -> Failure:
        """See `Condition.failure`."""
        actual = ", ".join(self.actual(view)) or "nobody"
        return Failure(self.name, " or ".join(self.sources), actual)

    def tokens(self) -> Iterable[str]:
        """See `Condition.tokens`: exact addresses, and whole domains, are found by the index."""
        domains = self.globs.domains if self.trigger == FROM else None
        if domains is None:
            return () if self.globs.has_wildcards else _prefixed(self.trigger, self.globs.exact)
        return chain(_prefixed(self.trigger, self.globs.exact), _prefixed(DOMAIN, domains))

    def triggers(self, counts: Mapping[str, int]) -> frozenset[str] | None:
        """See `Condition.triggers`."""
        del counts
        return frozenset(self.tokens()) or None


def _prefixed(prefix: str, values: Iterable[str]) -> Iterable[str]:
    return (f"{prefix}{value}" for value in values)


@dataclass(frozen=True, slots=True)
class Tagged(Fact):
    """An earlier rule gave one of these tags."""

    values: tuple[str, ...]

    def holds(self, view: View) -> bool:
        """See `Condition.holds`."""
        return any(value in view.tags for value in self.values)

    def failure(self, view: View) -> Failure:
        """See `Condition.failure`."""
        return Failure(self.name, " or ".join(self.values), ", ".join(view.tags) or "no tags")


@dataclass(frozen=True, slots=True)
class OpenTickets(Fact):
    """The requester has so many open tickets: any of the comparisons holds."""

    comparisons: tuple[tuple[str, int], ...]

    def holds(self, view: View) -> bool:
        """See `Condition.holds`."""
        count = view.facts.open_tickets
        return any(COMPARISONS[sign](count, number) for sign, number in self.comparisons)

    def failure(self, view: View) -> Failure:
        """See `Condition.failure`."""
        expected = " or ".join(f"{sign} {number}" for sign, number in self.comparisons)
        return Failure(self.name, expected, str(view.facts.open_tickets))


@dataclass(frozen=True, slots=True)
class FileLike(Fact):
    """An attachment fits everything that is asked of it."""

    sources: tuple[str, ...]
    names: Globs | None = field(compare=False)
    types: Globs | None = field(compare=False)
    larger_than: int | None

    def _fits(self, file: FileFacts) -> bool:
        return (
            (self.names is None or self.names.matches(file.name.lower()))
            and (self.types is None or self.types.matches(file.media_type.lower()))
            and (self.larger_than is None or file.size > self.larger_than)
        )

    def holds(self, view: View) -> bool:
        """See `Condition.holds`."""
        return any(self._fits(file) for file in view.request.attachments)

    def failure(self, view: View) -> Failure:
        """See `Condition.failure`."""
        files = view.request.attachments
        shown = ", ".join(
            f"{file.name} ({file.media_type}, {file.size} bytes)" for file in files[:5]
        )
        return Failure(self.name, ", ".join(self.sources), shown or "no attachments")
