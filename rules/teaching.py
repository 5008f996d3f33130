"""Teaches the FAQ of a book what stands in the rule files, or finds it taught in the cache.

Two matchers are made. The one of the book has learned the ``match`` examples too; the examples are
tried on the other one, which knows the phrasings only. Both, and the trying, are what takes most of
the time of reading a large FAQ: what came of it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from rules.checks import check_rivals
from rules.faq.asides import words_beside
from rules.faq.cache import Cache, key_of
from rules.faq.courtesies import tokens_of
from rules.faq.entries import FaqEntry
from rules.faq.lexical import LexicalMatcher
from rules.faq.shelf import Phrasing
from rules.known import Known
from rules.language import Detector
from rules.problems import Mark, Problems
from rules.trying import check_examples
from rules.walk import Plan

if TYPE_CHECKING:
    from rules.faq.encoder import ModelFolder

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Faq:
    """What ``[faq]`` says: how often an answer may be wrong, and which model knows meaning."""

    max_wrong: float
    model: str = ""


@dataclass(frozen=True, slots=True)
class Taught:
    """The matcher of a book, and what its examples are still to be tried on.

    ``kept`` are the problems of an earlier trying; without them there is an ``untaught`` matcher.
    """

    matcher: LexicalMatcher
    key: str
    cache: Cache
    untaught: LexicalMatcher | None = None
    kept: Problems | None = None

    def check(self, plan: Plan, known: Known, tell: Tell) -> None:
        """Note what is wrong with the examples of a book's rules and entries."""
        if self.kept is not None:
            known.problems.take(self.kept)
        elif self.untaught is not None:
            failing = Problems()
            aside = replace(known, problems=failing)
            check_rivals(self.untaught.rivals, plan.entries, aside)
            check_examples(plan, self.untaught, aside, tell)
            known.problems.take(failing)
            self.cache.keep(self.key, self.matcher.learned, failing.as_json())


def teach(
    entries: Collection[FaqEntry],
    faq: Faq,
    known: Known,
    book: str,
    detector: Detector,
    cache: Cache,
) -> Taught:
    """Return the matcher of a book, which is known by its content hash."""
    encoder, model = _encoder(faq.model, known)
    asked, shown = tuple(_asked(entries)), tuple(_shown(entries, detector))
    asides = {entry.id: words_beside(entry.id, entry.keywords) for entry in entries}
    matcher = partial(LexicalMatcher, max_wrong=faq.max_wrong, asides=asides, encoder=encoder)
    key = key_of((book, known.folder, known.channels, model))
    if kept := cache.find(key, (*asked, *shown), encoder):
        again = matcher((*asked, *shown), learned=kept.learned)
        return Taught(again, key, cache, kept=Problems.from_json(kept.more))
    untaught = matcher(asked)
    return Taught(untaught.taught(shown), key, cache, untaught=untaught)


def _encoder(model: str, known: Known) -> tuple[ModelFolder | None, str]:
    """Return what a model is asked through, and its digest.

    A desk without one never loads what that takes.
    """
    if not model:
        return None, ""
    from rules.faq.encoder import digest_of, open_model  # noqa: PLC0415 - heavy

    try:
        found = open_model(model)
        return found, digest_of(found)
    except (OSError, ValueError, KeyError) as error:
        known.problems.error(
            Mark("[faq] model"), f"there is no model in {model!r}: {error}",
            "name a folder with config.json, vocab.txt and model.safetensors",
        )  # fmt: skip
        return None, ""


def _asked(entries: Iterable[FaqEntry]) -> Iterator[Phrasing]:
    """Yield what stands under ``ask``."""
    for entry in entries:
        for language, asked in entry.ask.items():
            for text in asked:
                yield Phrasing(entry=entry.id, language=language, tokens=tokens_of(text))


def _shown(entries: Iterable[FaqEntry], detector: Detector) -> Iterator[Phrasing]:
    """Yield what stands under ``match``, in the language it seems to be in."""
    for entry in entries:
        for example in entry.examples.match:
            text = f"{example.request.subject} {example.request.text}".strip()
            language, _ = detector.detect(text, tuple(entry.ask))
            if tokens := tokens_of(text):
                yield Phrasing(entry=entry.id, language=language, tokens=tokens)
