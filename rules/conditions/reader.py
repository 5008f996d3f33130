"""Reads ``when``: one function per condition, and the table that names them all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter

from gateway.model.decision import Priority
from gateway.model.message import Trust
from rules import days, fields
from rules.conditions.attachments import read_attachments
from rules.conditions.base import Condition
from rules.conditions.facts import (
    COMPARISONS,
    Addressed,
    Is,
    OneOf,
    OpenTickets,
    Tagged,
    domain_of,
    is_automatic,
    sender_of,
    trust_of,
)
from rules.conditions.groups import AllOf, AnyOf, NoneOf
from rules.conditions.text import AnyWords, Matches, Words, scoped, terms_of
from rules.conditions.times import HOURS, HoursAre, OnDate, OnWeekday
from rules.folding import words_of
from rules.known import Known
from rules.nodes import MapNode, Node, Scalar
from rules.patterns import Globs, compile_pattern
from rules.problems import did_you_mean
from rules.view import BOTH, DOMAIN, FROM, SUBJECT, TEXT, TO, View

KINDS = ("email", "slack", "telegram", "console", "cli", "form", "webhook")
_COMPARISON = re.compile(r"(>=|<=|>|<|=)?\s*([0-9]{1,6})")


Read = Callable[[Node, str, Known], Condition | None]


def read_when(node: Node, known: Known, name: str = "when") -> AllOf:
    """Return the conditions under a key; those that cannot be read are left out and noted."""
    return AllOf(name, tuple(_parts(node, name, CONDITIONS, known, BOTH)))


def _parts(
    node: Node, what: str, readers: Mapping[str, Read], known: Known, scope: str
) -> Iterable[Condition]:
    found = fields.fields(node, what, readers, known.problems)
    for key, value in (found or {}).items():
        condition = readers[key](value, scoped(key, scope), known)
        if condition is not None:
            yield condition


def _terms(node: Node, name: str, known: Known) -> tuple[tuple[str, ...], ...]:
    kept = []
    for text, mark in fields.texts(node, name, known.problems):
        if words_of(text):
            kept.append(text)
        else:
            known.problems.error(mark, f"{name}: there is no word in {text!r}")
    return terms_of(tuple(kept))


def _words(scope: str) -> Read:
    def read(node: Node, name: str, known: Known) -> Condition | None:
        terms = _terms(node, name, known)
        return Words(name, scope, terms) if terms else None

    return read


def _any_words(scope: str) -> Read:
    def read(node: Node, name: str, known: Known) -> Condition | None:
        terms = _terms(node, name, known)
        return AnyWords(name, scope, terms) if terms else None

    return read


def _pattern(scope: str) -> Read:
    def read(node: Node, name: str, known: Known) -> Condition | None:
        pairs = fields.texts(node, name, known.problems)
        compiled = [(text, compile_pattern(text, mark, known.problems)) for text, mark in pairs]
        good = [(text, pattern) for text, pattern in compiled if pattern is not None]
        if not good:
            return None
        sources = tuple(text for text, _ in good)
        return Matches(name, scope, sources, tuple(pattern for _, pattern in good))

    return read


def _text_readers(scope: str) -> dict[str, Read]:
    return {
        "words": _words(scope),
        "any_words": _any_words(scope),
        "phrase": _any_words(scope),
        "pattern": _pattern(scope),
    }


def _only(scope: str) -> Read:
    readers = _text_readers(scope)

    def read(node: Node, name: str, known: Known) -> Condition | None:
        return AllOf(name, tuple(_parts(node, name, readers, known, scope)))

    return read


def _addressed(actual: Callable[[View], tuple[str, ...]], trigger: str) -> Read:
    def read(node: Node, name: str, known: Known) -> Condition | None:
        pairs = fields.texts(node, name, known.problems)
        sources = tuple(text.strip() for text, _ in pairs)
        if name == "from_domain":
            sources = tuple(source.removeprefix("@") for source in sources)
        return Addressed(name, sources, Globs(sources), actual, trigger) if sources else None

    return read


def _flag(actual: Callable[[View], bool]) -> Read:
    def read(node: Node, name: str, known: Known) -> Condition | None:
        value = fields.flag(node, name, known.problems)
        return None if value is None else Is(name, value, actual)

    return read


def _one_of(
    words: Iterable[str], actual: Callable[[View], str], *, is_indexed: bool = False
) -> Read:
    allowed = tuple(words)

    def read(node: Node, name: str, known: Known) -> Condition | None:
        nodes = fields.one_or_more(node)
        chosen = (fields.choice(item, name, allowed, known.problems) for item in nodes)
        values = tuple(value for value in chosen if value is not None)
        return OneOf(name, values, actual, is_indexed) if values else None

    return read


def _language(node: Node, name: str, known: Known) -> Condition | None:
    read = _one_of(known.languages, attrgetter("request.answered_in"), is_indexed=True)
    return read(node, name, known)


def _channel(node: Node, name: str, known: Known) -> Condition | None:
    """A channel that is not configured is a warning: it may be switched off for a while."""
    pairs = fields.texts(node, name, known.problems)
    for text, mark in pairs:
        if known.channels is not None and text not in known.channels:
            is_kind = text in known.channels.values()
            hint = f"write kind: {text}" if is_kind else did_you_mean(text, known.channels)
            known.problems.warning(mark, f"no channel {text!r} is configured", hint)
    values = tuple(text for text, _ in pairs)
    return OneOf(name, values, attrgetter("request.channel"), is_indexed=True) if values else None


def _kind(node: Node, name: str, known: Known) -> Condition | None:
    kinds = dict.fromkeys((*KINDS, *(known.channels or {}).values()))
    return _one_of(kinds, attrgetter("request.kind"), is_indexed=True)(node, name, known)


def _hours(node: Node, name: str, known: Known) -> Condition | None:
    known.by_hours.append(node.mark)
    word = fields.choice(node, name, HOURS, known.problems)
    return None if word is None else HoursAre(name, word)


def _weekday(node: Node, name: str, known: Known) -> Condition | None:
    pairs = fields.texts(node, name, known.problems)
    listed = [
        (text, found)
        for text, mark in pairs
        if (found := days.weekdays(text, mark, name, known.problems))
    ]
    sources = tuple(text for text, _ in listed)
    wanted = frozenset(day for _, found in listed for day in found)
    return OnWeekday(name, sources, wanted) if wanted else None


def _date(node: Node, name: str, known: Known) -> Condition | None:
    pairs = fields.texts(node, name, known.problems)
    read = ((text, days.days(text, mark, name, known.problems)) for text, mark in pairs)
    listed = [(text, run) for text, run in read if run is not None]
    if not listed:
        return None
    return OnDate(name, tuple(text for text, _ in listed), tuple(run for _, run in listed))


def _tags(node: Node, name: str, known: Known) -> Condition | None:
    values = tuple(text for text, _ in fields.texts(node, name, known.problems))
    return Tagged(name, values) if values else None


def _open_tickets(node: Node, name: str, known: Known) -> Condition | None:
    comparisons: list[tuple[str, int]] = []
    for text, mark in fields.texts(node, name, known.problems):
        match = _COMPARISON.fullmatch(text.strip())
        if match:
            comparisons.append((match[1] or "=", int(match[2])))
        else:
            signs = " ".join(COMPARISONS)
            known.problems.error(
                mark,
                f"{name}: expected a number, perhaps behind one of {signs}, found {text!r}",
                'for instance ">= 2"',
            )
    return OpenTickets(name, tuple(comparisons)) if comparisons else None


def _group_parts(node: Node, name: str, known: Known) -> tuple[Condition, ...]:
    """Return the parts of a group: the keys of a mapping, or each mapping of a list as a whole."""
    if isinstance(node, Scalar):
        known.problems.error(node.mark, f"{name}: expected conditions, found {fields.show(node)}")
        return ()
    if not node.items:
        known.problems.error(node.mark, f"{name}: there is no condition here")
    if isinstance(node, MapNode):
        return read_when(node, known, name).parts
    groups = (read_when(item, known, name) for item in node.items)
    return tuple(group.parts[0] if len(group.parts) == 1 else group for group in groups)


def _group(kind: Callable[[str, tuple[Condition, ...]], Condition]) -> Read:
    def read(node: Node, name: str, known: Known) -> Condition | None:
        parts = _group_parts(node, name, known)
        return kind(name, parts) if parts else None

    return read


CONDITIONS: Mapping[str, Read] = {
    **_text_readers(BOTH),
    "subject": _only(SUBJECT),
    "text": _only(TEXT),
    "from": _addressed(sender_of, FROM),
    "from_domain": _addressed(domain_of, DOMAIN),
    "to": _addressed(attrgetter("recipients"), TO),
    "channel": _channel,
    "kind": _kind,
    "language": _language,
    "attachments": read_attachments,
    "hours": _hours,
    "weekday": _weekday,
    "date": _date,
    "known": _flag(attrgetter("facts.known")),
    "open_tickets": _open_tickets,
    "tags": _tags,
    "trust": _one_of((trust.name.lower() for trust in Trust), trust_of),
    "automatic": _flag(is_automatic),
    "spam": _flag(attrgetter("request.is_spam")),
    "priority": _one_of(map(str, Priority), attrgetter("priority.value")),
    "reply": _flag(attrgetter("request.is_reply")),
    "all": _group(AllOf),
    "any": _group(AnyOf),
    "none": _group(NoneOf),
}
