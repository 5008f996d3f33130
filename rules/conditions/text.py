"""Conditions on what was written: whole words, phrases and patterns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice

from rules.conditions.base import Condition, Failure
from rules.folding import words_of
from rules.patterns import Pattern
from rules.view import BOTH, PATTERN, View

_SHOWN_WORDS = 12

Terms = tuple[tuple[str, ...], ...]


def terms_of(texts: tuple[str, ...]) -> Terms:
    """Return each text as its folded words."""
    return tuple(tuple(words_of(text)) for text in texts)


def _spelled(terms: Terms, joint: str) -> str:
    return joint.join(" ".join(term) for term in terms)


def _written(view: View, scope: str) -> str:
    every = chain.from_iterable(part.tokens for part in view.scope(scope))
    tokens = list(islice(every, _SHOWN_WORDS + 1))
    shown = " ".join(tokens[:_SHOWN_WORDS])
    if not tokens:
        return f"no words in {scope}"
    return shown + (" ..." if len(tokens) > _SHOWN_WORDS else "")


@dataclass(frozen=True, slots=True)
class _Text:
    """What all conditions on text share. ``scope`` is where they look."""

    name: str
    scope: str

    def judge(self, view: View, stated: frozenset[str]) -> bool | None:
        """See `Condition.judge`: every example states its text."""
        del stated
        return self.holds(view)

    def holds(self, view: View) -> bool:
        """See `Condition.holds`."""
        raise NotImplementedError

    def failure(self, view: View) -> Failure:
        """See `Condition.failure`."""
        raise NotImplementedError

    def tokens(self) -> Iterable[str]:
        """See `Condition.tokens`."""
        raise NotImplementedError

    def triggers(self, counts: Mapping[str, int]) -> frozenset[str] | None:
        """See `Condition.triggers`."""
        raise NotImplementedError

    def apart(self) -> Iterable[Condition]:
        """See `Condition.apart`."""
        return (self,)

    def implies(self, wider: Condition) -> bool:
        """See `Condition.implies`."""
        return self == wider

    def looks_within(self, other: _Text) -> bool:
        """Return whether the other one looks wherever this one does."""
        return other.scope in (self.scope, BOTH)

    def captured(self, view: View) -> Mapping[str, str]:
        """See `Condition.captured`."""
        del view
        return {}


@dataclass(frozen=True, slots=True)
class _Terms(_Text):
    """Words and phrases, folded."""

    terms: Terms

    def implies(self, wider: Condition) -> bool:
        """See `Condition.implies`: each of our terms holds one of its.

        Taken apart, ``words`` has a single term, and is the same as ``any_words`` with it.
        """
        if not isinstance(wider, _Terms) or not self.looks_within(wider):
            return False
        return all(any(_holds(mine, other) for other in wider.terms) for mine in self.terms)


def _holds(term: tuple[str, ...], part: tuple[str, ...]) -> bool:
    """Return whether words in a row hold others in a row."""
    starts = range(len(term) - len(part) + 1)
    return any(term[start : start + len(part)] == part for start in starts)


@dataclass(frozen=True, slots=True)
class Words(_Terms):
    """All of these words are there."""

    def apart(self) -> Iterable[Condition]:
        """See `Condition.apart`: each word for itself."""
        return (Words(self.name, self.scope, (term,)) for term in self.terms)

    def holds(self, view: View) -> bool:
        """See `Condition.holds`."""
        parts = view.scope(self.scope)
        return all(any(part.has(term) for part in parts) for term in self.terms)

    def failure(self, view: View) -> Failure:
        """See `Condition.failure`."""
        parts = view.scope(self.scope)
        missing = tuple(term for term in self.terms if not any(part.has(term) for part in parts))
        actual = f"{_written(view, self.scope)} (without {_spelled(missing, ', ')})"
        return Failure(self.name, f"all of: {_spelled(self.terms, ', ')}", actual)

    def tokens(self) -> Iterable[str]:
        """See `Condition.tokens`."""
        return chain.from_iterable(self.terms)

    def triggers(self, counts: Mapping[str, int]) -> frozenset[str]:
        """See `Condition.triggers`."""
        return frozenset({min(self.tokens(), key=counts.__getitem__)})


@dataclass(frozen=True, slots=True)
class AnyWords(_Terms):
    """At least one of these words, or phrases, is there."""

    def holds(self, view: View) -> bool:
        """See `Condition.holds`."""
        parts = view.scope(self.scope)
        return any(part.has(term) for term in self.terms for part in parts)

    def failure(self, view: View) -> Failure:
        """See `Condition.failure`."""
        expected = f"any of: {_spelled(self.terms, ', ')}"
        return Failure(self.name, expected, _written(view, self.scope))

    def tokens(self) -> Iterable[str]:
        """See `Condition.tokens`."""
        return chain.from_iterable(self.terms)

    def triggers(self, counts: Mapping[str, int]) -> frozenset[str]:
        """See `Condition.triggers`."""
        return frozenset(min(term, key=counts.__getitem__) for term in self.terms)


@dataclass(frozen=True, slots=True)
class Matches(_Text):
    """A pattern is found. Its named groups become fields of the ticket."""

    sources: tuple[str, ...]
    patterns: tuple[Pattern, ...] = field(compare=False)

    def implies(self, wider: Condition) -> bool:
        """See `Condition.implies`: fewer patterns are narrower."""
        if not isinstance(wider, Matches) or not self.looks_within(wider):
            return False
        return set(self.sources) <= set(wider.sources)

    def holds(self, view: View) -> bool:
        """See `Condition.holds`."""
        parts = view.scope(self.scope)
        return any(pattern.search(part.encoded) for pattern in self.patterns for part in parts)

    def failure(self, view: View) -> Failure:
        """See `Condition.failure`."""
        return Failure(self.name, " or ".join(self.sources), _written(view, self.scope))

    def tokens(self) -> Iterable[str]:
        """See `Condition.tokens`."""
        return (f"{PATTERN}{source}" for source in self.sources)

    def triggers(self, counts: Mapping[str, int]) -> frozenset[str]:
        """See `Condition.triggers`."""
        del counts
        return frozenset(self.tokens())

    def captured(self, view: View) -> Mapping[str, str]:
        """See `Condition.captured`: of each pattern, the first place where it is found."""
        found: dict[str, str] = {}
        for pattern in self.patterns:
            matches = (pattern.search(part.encoded) for part in view.scope(self.scope))
            first = next((match for match in matches if match), None)
            for name, value in (first.groupdict() if first else {}).items():
                if value is not None:
                    found[name] = value.decode("utf-8", "replace")
        return found


def scoped(name: str, scope: str) -> str:
    """Return the name of a condition as the trace shows it: ``subject.words``."""
    return name if scope == BOTH else f"{scope}.{name}"
