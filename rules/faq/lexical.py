"""The FAQ matcher that needs nothing but the FAQ: an index, a confidence, and what asks in a mail.

Fulfils `rules.faq.matcher.Matcher`. A wrong automatic answer is far worse than a ticket: wherever
the signs disagree it steps back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from gateway.model.decision import Near
from rules.faq.confidence import Confidence
from rules.faq.cues import ASKS_WHY, ENDINGS, FAULTS, NEGATIONS
from rules.faq.index import Hit, Index
from rules.faq.matcher import Verdict
from rules.faq.passages import Passage, Sentence, passages_of
from rules.faq.shelf import Phrasing
from rules.faq.stems import count_content, stem
from rules.faq.study import study
from rules.view import View

if TYPE_CHECKING:
    from rules.faq.encoder import Encoder

MAX_CHOICES = 3
MIN_KNOWN = 0.75
"""An answer needs this share of the question's words, by weight, among the entry's own."""

MIN_KNOWN_WITH_MEANING = 0.3
"""The same where an encoder knows other words for the same thing."""

MIN_CONTENT = 2
"""A bare word or two is answered only when it is `NEARLY_EQUAL` to a phrasing."""
NEARLY_EQUAL = 0.85

PLAIN = 0.995
"""How sure it is that who asks word for word as an entry does is answered by it."""

_NEAR = 5
_TIE = 0.7
_HELD_BACK = 0.9
_UNLIKELY = 0.5


class _Opinion(NamedTuple):
    """What one passage comes to."""

    sureness: float
    hits: Sequence[Hit]
    passage: Passage


class LexicalMatcher:
    """See `Matcher`."""

    def __init__(
        self,
        phrasings: Iterable[Phrasing],
        max_wrong: float,
        asides: Mapping[str, Sequence[str]] | None = None,
        confidence: Confidence | None = None,
        encoder: Encoder | None = None,
    ) -> None:
        self._needed = 1 - max_wrong
        self._asides = asides or {}
        asked = tuple(phrasings)
        self._encoder = encoder
        self._min_known = MIN_KNOWN if encoder is None else MIN_KNOWN_WITH_MEANING
        studied = study(asked, self._asides, encoder, with_trials=confidence is None)
        self._index = Index(asked, self._asides, studied.linears)
        self._vocabulary = self._index.vocabulary
        self._confidence = confidence or Confidence(self._index, studied.asked)

    def taught(self, more: Iterable[Phrasing]) -> LexicalMatcher:
        """Return a matcher that knows more texts, and is as sure of itself as this one."""
        both = (*self._index.phrasings, *more)
        return LexicalMatcher(both, 1 - self._needed, self._asides, self._confidence, self._encoder)

    def judge(self, view: View, language: str | None, hidden: Collection[str]) -> Verdict:
        """See `Matcher.judge`."""
        opinions = [
            opinion
            for passage in self._worth_asking(passages_of(view.subject, view.text))
            if (opinion := self._opinion(passage, language, hidden)) is not None
        ]
        if not opinions:
            return Verdict()
        best = max(opinions, key=lambda opinion: opinion.sureness)
        near = _near(best)
        if best.sureness >= self._needed:
            return Verdict(near=near, answer=near[0])
        return Verdict(near=near, choices=self._choices(best))

    def _worth_asking(self, passages: Iterable[Passage]) -> list[Passage]:
        """Return the passages that may be answered, or the one that comes nearest to it.

        Cheap, and it spares nearly all mails that have nothing to do with the FAQ.
        """
        reached = [(self._vocabulary.reach(passage.tokens), passage) for passage in passages]
        worth = [
            passage
            for reach, passage in reached
            if reach >= self._min_known and not passage.is_buried
        ]
        return worth or [max(reached, key=lambda pair: pair[0])[1]] if reached else []

    def _opinion(
        self, passage: Passage, language: str | None, hidden: Collection[str]
    ) -> _Opinion | None:
        hits = self._index.rank(passage.tokens, language, hidden)
        sureness = self._sureness(passage.tokens, hits, hidden)
        is_partial = not self._index.asks_all(language)
        if is_partial and sureness < _UNLIKELY:
            # Short texts are easily taken for another language: ask them all.
            hits = self._index.rank(passage.tokens, None, hidden)
            sureness = self._sureness(passage.tokens, hits, hidden)
        if not hits:
            return None
        if self._has_doubts(passage, hits[0]):
            sureness *= _HELD_BACK * self._needed
        return _Opinion(sureness, hits, passage)

    def _sureness(
        self, tokens: Sequence[str], hits: Sequence[Hit], hidden: Collection[str]
    ) -> float:
        """Return how likely the best hit is right; word for word, and no other's, is plain."""
        if not hits:
            return 0.0
        if hits[0].entry == self._index.who_asks(tokens, hidden):
            return PLAIN
        return self._confidence.probability(tokens, hits)

    def _has_doubts(self, passage: Passage, best: Hit) -> bool:
        """Return whether something forbids an answer, however near the entry is."""
        is_thin = count_content(passage.tokens) < MIN_CONTENT and len(passage.tokens) <= MIN_CONTENT
        is_thin = is_thin and best.near < NEARLY_EQUAL
        if (
            is_thin
            or best.known < self._min_known
            or self._turns_around(passage.tokens, best.entry)
        ):
            return True
        return passage.is_buried or any(
            self._is_other(sentence, best.entry) for sentence in passage.beside
        )

    def _turns_around(self, tokens: Sequence[str], entry: str) -> bool:
        """Return whether the text negates, ends, or complains, where the entry never does."""
        said, holds = set(tokens), self._vocabulary.holds
        for cues in (NEGATIONS, ASKS_WHY):
            if not said.isdisjoint(cues) and not any(holds(entry, cue) for cue in cues):
                return True
        if "on" in said and "off" not in said and holds(entry, "off") and not holds(entry, "on"):
            return True
        ends = (token for token in said if stem(token) in ENDINGS)
        return any(not holds(entry, word) for word in chain(said & FAULTS, ends))

    def _is_other(self, sentence: Sentence, entry: str) -> bool:
        """Return whether what stands beside the question is about something else as well."""
        tokens = sentence.tokens
        if self._turns_around(tokens, entry):
            return True
        if any(self._vocabulary.belongs_elsewhere(entry, token) for token in tokens):
            return True
        known = self._vocabulary.known(self._vocabulary.weigh(tokens), entry)
        return sentence.is_question and sentence.content > 0 and known < self._min_known

    def _choices(self, best: _Opinion) -> tuple[Near, ...]:
        """Return two or three entries that are as good as each other, and together sure."""
        top = best.hits[0]
        tied = [hit for hit in best.hits[:MAX_CHOICES] if hit.score >= _TIE * top.score]
        if len(tied) == 1 or self._has_doubts(best.passage, top):
            return ()
        together = self._confidence.probability(best.passage.tokens, best.hits, len(tied))
        if together < self._needed:
            return ()
        return tuple(Near(faq=hit.entry, score=_within(hit.score)) for hit in tied)


def _within(score: float) -> float:
    return round(min(1.0, max(0.0, score)), 4)


def _near(opinion: _Opinion) -> tuple[Near, ...]:
    """Return the entries that came near; none scores higher than the best is sure."""
    first, *others = opinion.hits[:_NEAR]
    sure = _within(opinion.sureness)
    return (
        Near(faq=first.entry, score=sure),
        *(Near(faq=hit.entry, score=min(sure, _within(hit.score))) for hit in others),
    )
