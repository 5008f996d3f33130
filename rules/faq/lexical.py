"""The FAQ matcher that needs nothing but the FAQ: an index, a confidence, and what asks in a mail.

Fulfils `rules.faq.matcher.Matcher`. A wrong automatic answer is far worse than a ticket: wherever
the signs disagree it steps back.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from gateway.model.decision import Near
from rules.faq.doubts import Doubts, is_thin, min_known
from rules.faq.keeping.learned import Learned
from rules.faq.matcher import Verdict
from rules.faq.ranking.index import Hit, Index
from rules.faq.ranking.shelf import Phrasing
from rules.faq.reading.fillers import without_fillers
from rules.faq.reading.passages import Passage, passages_of
from rules.faq.reading.references import without_references
from rules.faq.reading.spelling import Slip, Speller
from rules.faq.reasons import reason_for
from rules.faq.semantic.accents import Writing, as_written
from rules.faq.sureness.confidence import Confidence, confidence_of
from rules.faq.sureness.rivals import Rivals, rivals_of
from rules.faq.sureness.study import study
from rules.view import View

if TYPE_CHECKING:
    from rules.faq.semantic.encoder import Encoder

MAX_CHOICES = 3
PLAIN = 0.995
"""How sure it is that who asks word for word as an entry does is answered by it."""

_AFTER_A_SLIP = 0.98
"""How sure it is that a word was meant as it was read, where it was written otherwise."""
_NEAR = 5
_TIE = 0.7
_HELD_BACK = 0.9
_UNLIKELY = 0.5
_TAKEN = "this entry is believed less: in trials other entries' phrasings were taken for it"


class _Opinion(NamedTuple):
    """What one passage comes to; ``alone`` is how sure it would be without a doubt."""

    sureness: float
    alone: float
    hits: Sequence[Hit]
    passage: Passage
    doubt: str | None
    slips: Sequence[Slip]


_Read = tuple[Passage, Sequence[Slip]]
"""A passage as it was meant, and what was written otherwise."""


class LexicalMatcher:
    """See `Matcher`. ``rivals`` are entries that are hard to tell apart, if it had to find out."""

    def __init__(
        self,
        phrasings: Iterable[Phrasing],
        max_wrong: float,
        asides: Mapping[str, Sequence[str]] | None = None,
        confidence: Confidence | None = None,
        encoder: Encoder | None = None,
        learned: Learned | None = None,
    ) -> None:
        """Study the phrasings; with ``learned``, which came of the very same ones, need not."""
        self._needed = 1 - max_wrong
        self._asides = asides or {}
        asked = tuple(phrasings)
        self._encoder = encoder
        self.rivals: list[Rivals] = []
        self._min_known = min_known(has_meaning=encoder is not None)
        if learned is not None:
            self._index = Index(asked, self._asides, learned.linears, learned.shelves)
            self._confidence = learned.confidence
        else:
            studied = study(asked, self._asides, encoder, with_trials=confidence is None)
            self._index = Index(asked, self._asides, studied.linears)
            self._confidence = confidence or confidence_of(self._index, studied.asked)
            if confidence is None:
                self.rivals = rivals_of(asked, studied.asked, self._index.vocabulary)
        self._vocabulary = self._index.vocabulary
        self._is_studied = self._index.is_studied
        self._doubts = Doubts(self._vocabulary, self._min_known)
        texts = ((phrasing.language, phrasing.tokens) for phrasing in asked)
        self._speller = Speller(texts, self._vocabulary.has)
        self._writing = Writing(asked)

    def taught(self, more: Iterable[Phrasing]) -> LexicalMatcher:
        """Return a matcher that knows more texts, and is as sure of itself as this one."""
        both = (*self._index.phrasings, *more)
        return LexicalMatcher(both, 1 - self._needed, self._asides, self._confidence, self._encoder)

    def prepare(self) -> None:
        """See `Matcher.prepare`."""
        if self._encoder is not None:
            self._encoder.encode([""])

    @property
    def learned(self) -> Learned:
        """Return what came of the phrasings: all that takes time to make again."""
        return Learned(self._index.linears, self._index.shelves, self._confidence)

    def judge(self, view: View, language: str | None, hidden: Collection[str]) -> Verdict:
        """See `Matcher.judge`."""
        said = passages_of(view.subject, view.text)
        forms = self._writing.forms_in(view.text.raw, view.subject.raw) if self._encoder else {}
        passages = [self._mended(passage, language) for passage in said]
        opinions = [
            opinion
            for passage, slips in self._worth_asking(passages)
            if (opinion := self._opinion(passage, slips, language, hidden, forms)) is not None
        ]
        if not opinions:
            return Verdict()
        best = self._without_rivals(max(opinions, key=lambda one: one.sureness), opinions)
        near = self._near(best)
        why = reason_for(
            self._index, best.passage.tokens, best.hits, near, self._needed, best.doubt
        )
        why = replace(why, slips=tuple(best.slips))
        if near[0].faq in self._confidence.taken:
            why = replace(why, trials=_TAKEN)
        if best.sureness >= self._needed:
            return Verdict(near=near, answer=near[0], why=why)
        return Verdict(near=near, choices=self._choices(best, hidden), why=why)

    def _mended(self, passage: Passage, language: str | None) -> _Read:
        has = self._vocabulary.has
        asked = without_fillers(without_references(passage.tokens, has), has)
        tokens, slips = self._speller.mended(asked, language)
        return (passage if tokens == passage.tokens else passage._replace(tokens=tokens)), slips

    def _worth_asking(self, passages: Iterable[_Read]) -> list[_Read]:
        """Return the passages that may be answered, or the one that comes nearest to it.

        Cheap, and it spares nearly all mails that have nothing to do with the FAQ.
        """
        reached = [(self._vocabulary.reach(read[0].tokens), read) for read in passages]
        worth = [
            read for reach, read in reached if reach >= self._min_known and not read[0].is_buried
        ]
        return worth or [max(reached, key=lambda pair: pair[0])[1]] if reached else []

    def _opinion(
        self,
        passage: Passage,
        slips: Sequence[Slip],
        language: str | None,
        hidden: Collection[str],
        forms: Mapping[str, str],
    ) -> _Opinion | None:
        as_said = as_written(passage.tokens, forms)
        hits = self._index.rank(passage.tokens, language, hidden, as_said)
        sureness = self._sureness(passage.tokens, hits, hidden)
        is_partial = not self._index.asks_all(language)
        if is_partial and sureness < _UNLIKELY:
            # Short texts are easily taken for another language: ask them all.
            hits = self._index.rank(passage.tokens, None, hidden, as_said)
            sureness = self._sureness(passage.tokens, hits, hidden)
        if not hits:
            return None
        doubt = self._doubts.about(passage, hits[0], language)
        alone = sureness * _AFTER_A_SLIP ** len(slips)
        opinion = _Opinion(alone, alone, hits, passage, None, slips)
        return opinion if doubt is None else self._doubted(opinion, doubt)

    def _doubted(self, opinion: _Opinion, doubt: str) -> _Opinion:
        sureness = opinion.alone * _HELD_BACK * self._needed
        return opinion._replace(sureness=sureness, doubt=doubt)

    def _without_rivals(self, best: _Opinion, opinions: Iterable[_Opinion]) -> _Opinion:
        """Return the best opinion, doubted where a part of what was said is another entry's.

        Two questions taken together may be as good as one: *where is my order? I need an invoice*.
        """
        entry = best.hits[0].entry
        for other in opinions:
            is_other = other.hits[0].entry != entry and not is_thin(other.passage.tokens)
            if best.doubt is None and is_other and other.alone >= self._needed:
                return self._doubted(best, f"it asks what {other.hits[0].entry} answers as well")
        return best

    def _sureness(
        self, tokens: Sequence[str], hits: Sequence[Hit], hidden: Collection[str]
    ) -> float:
        """Return how likely the best hit is right; word for word, and no other's, is plain."""
        if not hits:
            return 0.0
        if self._index.who_ask(tokens, hidden) == {hits[0].entry}:
            return PLAIN
        return self._confidence.probability(tokens, hits)

    def _choices(self, best: _Opinion, hidden: Collection[str]) -> tuple[Near, ...]:
        """Return two or three entries that are sure together, where none is alone.

        Those that ask so word for word are.
        """
        if best.doubt is not None:
            return ()
        near = self._near(best)
        plain = self._index.who_ask(best.passage.tokens, hidden)
        for size in range(2, min(MAX_CHOICES, len(best.hits)) + 1):
            if plain == {hit.entry for hit in best.hits[:size]}:
                return near[:size]
            if not self._is_studied and best.hits[size - 1].score < _TIE * best.hits[0].score:
                return ()
            together = self._confidence.probability(best.passage.tokens, best.hits, size)
            if together >= self._needed:
                return near[:size]
        return ()

    def _near(self, opinion: _Opinion) -> tuple[Near, ...]:
        """Return the entries that came near; none scores higher than the best is sure."""
        first, *others = opinion.hits[:_NEAR]
        sure = _within(opinion.sureness)
        return (
            Near(faq=first.entry, score=sure),
            *(Near(faq=hit.entry, score=_within(sure * self._part(hit, first))) for hit in others),
        )

    def _part(self, hit: Hit, first: Hit) -> float:
        """Return how much less speaks for an entry than for the first: what is learned are logs."""
        if self._is_studied:
            return math.exp(min(0.0, hit.score - first.score))
        return hit.score / first.score if first.score > 0 else 0.0


def _within(score: float) -> float:
    return round(min(1.0, max(0.0, score)), 4)
