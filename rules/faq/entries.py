"""FAQ entries as they stand in rule files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from gateway.model.people import Entry
from rules import fields
from rules.conditions import AllOf, read_when
from rules.examples import Example, Examples, read_examples
from rules.fields import Fields
from rules.folding import words_of
from rules.known import Known, by_language
from rules.language import Detector
from rules.nodes import MapNode, Node
from rules.problems import Mark

ENTRY_KEYS = ("id", "ask", "answer", "when", "auto", "tags", "keywords", "examples")


@dataclass(frozen=True, kw_only=True)
class FaqEntry:
    """One entry. ``auto`` is False when only agents may send it.

    ``ask_marks`` holds the place of each phrasing.
    """

    id: str
    ask: Mapping[str, tuple[str, ...]]
    answers: Mapping[str, str]
    when: AllOf
    auto: bool
    tags: tuple[str, ...]
    keywords: tuple[str, ...]
    examples: Examples
    mark: Mark
    ask_marks: Mapping[str, Mark] = field(default_factory=dict)

    @property
    def entry(self) -> Entry:
        """Return what the journey needs of it."""
        questions = {language: asked[0] for language, asked in self.ask.items()}
        return Entry(
            id=self.id,
            questions=questions,
            answers=dict(self.answers),
            tags=self.tags,
            edition=self.edition,
        )

    @cached_property
    def edition(self) -> str:
        """Return a name for the entry as it is worded now."""
        words = repr((self.ask, self.answers, self.keywords))
        return f"{self.id}@{hashlib.sha256(words.encode()).hexdigest()[:12]}"


def read_entry(node: Node, known: Known) -> FaqEntry | None:
    """Return an entry; faults are noted. None when it has no usable id, ``ask`` or ``answer``."""
    problems = known.problems
    found = fields.fields(node, "faq", ENTRY_KEYS, problems)
    if found is None:
        return None
    for key in ("id", "ask", "answer"):
        if key not in found:
            problems.error(node.mark, f"faq: {key} is missing")
    entry_id = fields.identifier(found["id"], "id", problems) if "id" in found else None
    ask, marks = _ask(found, known)
    answers = _answers(found, known)
    auto = fields.flag(found["auto"], "auto", problems) if "auto" in found else True
    examples = _spoken(read_examples(found.get("examples"), known), found, known)
    when = read_when(found["when"], known) if "when" in found else AllOf("when", ())
    if entry_id is None or not ask or not answers:
        return None
    _check_languages(entry_id, ask, answers, found, known)
    return FaqEntry(
        id=entry_id,
        ask=ask,
        answers=answers,
        when=when,
        auto=auto is not False,
        tags=tuple(text for text, _ in _texts(found, "tags", known)),
        keywords=_keywords(found, known),
        examples=examples,
        mark=found["id"].mark,
        ask_marks=marks,
    )


def _texts(found: Fields, key: str, known: Known) -> tuple[tuple[str, Mark], ...]:
    return fields.texts(found[key], key, known.problems) if key in found else ()


def _ask(found: Fields, known: Known) -> tuple[dict[str, tuple[str, ...]], dict[str, Mark]]:
    asked: dict[str, tuple[str, ...]] = {}
    marks: dict[str, Mark] = {}
    nodes = by_language(found["ask"], "ask", known) if "ask" in found else {}
    for language, node in nodes.items():
        kept: list[str] = []
        for text, mark in fields.texts(node, f"ask.{language}", known.problems):
            if words_of(text):
                kept.append(" ".join(text.split()))
                marks.setdefault(kept[-1], mark)
            else:
                known.problems.error(mark, f"ask.{language}: there is no word in {text!r}")
        if kept:
            asked[language] = tuple(kept)
    return asked, marks


def _answers(found: Fields, known: Known) -> dict[str, str]:
    nodes = by_language(found["answer"], "answer", known) if "answer" in found else {}
    texts = {
        language: fields.text(node, f"answer.{language}", known.problems)
        for language, node in nodes.items()
    }
    return {language: text.strip() for language, text in texts.items() if text is not None}


def _keywords(found: Fields, known: Known) -> tuple[str, ...]:
    """Return the keywords of all languages: one list, or one list per language."""
    node = found.get("keywords")
    if isinstance(node, MapNode):
        nodes = by_language(node, "keywords", known)
        return tuple(
            text
            for language, value in nodes.items()
            for text, _ in fields.texts(value, f"keywords.{language}", known.problems)
        )
    return tuple(text for text, _ in _texts(found, "keywords", known))


def _spoken(examples: Examples, found: Fields, known: Known) -> Examples:
    """Return the examples without those in languages of ``ask`` that the desk does not speak.

    An example does not say its language: what is surely in one of those has lost its phrasings.
    """
    asked = found.get("ask")
    keys = [key.text for key, _ in asked.items] if isinstance(asked, MapNode) else []
    left_out = tuple(language for language in keys if language not in known.languages)
    if not left_out:
        return examples
    detector = Detector((*known.languages, *left_out))

    def is_spoken(example: Example) -> bool:
        language, is_sure = detector.detect(example.request.text, known.languages)
        return language not in left_out or not is_sure

    return replace(examples, match=tuple(filter(is_spoken, examples.match)))


def _check_languages(
    entry_id: str,
    ask: Mapping[str, object],
    answers: Mapping[str, object],
    found: Fields,
    known: Known,
) -> None:
    for what, there in (("ask", ask), ("answer", answers)):
        missing = [language for language in known.languages if language not in there]
        if missing:
            known.problems.warning(
                found[what].mark, f"faq {entry_id}: {what} is missing in {', '.join(missing)}"
            )
