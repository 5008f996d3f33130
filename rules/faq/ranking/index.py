"""How near a text comes to each FAQ entry, over all languages, and how much of it is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rules.faq.ranking.groups import EVERY, grouped
from rules.faq.ranking.linear import Linear
from rules.faq.ranking.shelf import Phrasing, Shelf
from rules.faq.ranking.vocabulary import Vocabulary
from rules.faq.ranking.wording import Wording

_KEPT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An entry with how near it came, and by which signs.

    ``score`` says how much speaks for it, in the unit of the index; ``near`` is the cosine of its
    nearest phrasing, as far as it was computed. ``known`` is the share of the text's meaning that
    its own words cover. ``lacks`` is the weight of what its phrasings share and the text has not;
    ``begins`` says whether one of them begins as the text does, ``differs`` whether one of the two
    asks how things are and the other wants something done. The best entry also says what its
    nearest phrasing says besides (``omits``), and how many it has (``times``).
    """

    entry: str
    score: float
    near: float
    known: float
    lacks: float = 0.0
    begins: bool = False
    differs: bool = False
    omits: float = 0.0
    times: int = 0


class Index:
    """All phrasings of a FAQ, ready to be asked.

    ``asides`` are further words of entries; ``linears`` what was learned, by group. Without
    them the score blends the nearest phrasing with the middle of all, both cosines. ``shelves``
    are those of the very same phrasings, where they were put up before.
    """

    def __init__(
        self,
        phrasings: Iterable[Phrasing],
        asides: Mapping[str, Sequence[str]],
        linears: Mapping[str, Linear] | None = None,
        shelves: Mapping[str, Shelf] | None = None,
    ) -> None:
        self.phrasings = tuple(phrasings)
        self.linears = linears or {}
        groups = grouped(self.phrasings)
        self.shelves = _put_up(groups) if shelves is None else shelves
        met: Counter[str] = Counter()
        self._places: list[tuple[str, int]] = []
        for phrasing in self.phrasings:
            group = phrasing.language if EVERY not in groups else EVERY
            self._places.append((group, met[group]))
            met[group] += 1
        self._elsewhere = {language: self._untranslated(language) for language in self.shelves}
        texts = ((phrasing.entry, phrasing.tokens) for phrasing in self.phrasings)
        self._asked_by: dict[str, list[tuple[str, ...]]] = {}
        for phrasing in self.phrasings:
            self._asked_by.setdefault(phrasing.entry, []).append(phrasing.tokens)
        self._verbatim: dict[tuple[str, ...], frozenset[str]] = {}
        for phrasing in self.phrasings:
            known = self._verbatim.get(phrasing.tokens, frozenset())
            self._verbatim[phrasing.tokens] = known | {phrasing.entry}
        # Twice: what stands aside stays known when any one phrasing is left out.
        self.vocabulary = Vocabulary((*texts, *asides.items(), *asides.items()))
        studied = self.phrasings if self.linears else ()
        self._wording = Wording(
            ((one.entry, one.language, one.tokens) for one in studied), self.vocabulary.weight_of
        )

    @property
    def is_studied(self) -> bool:
        """Return whether scores come from what was learned."""
        return bool(self.linears)

    def _untranslated(self, language: str) -> tuple[str, ...]:
        """Return the other languages that have entries which are missing in this one."""
        there = set(self.shelves[language].entries)
        return tuple(
            other for other, shelf in self.shelves.items() if not there.issuperset(shelf.entries)
        )

    def asked_by(self, entry: str) -> Sequence[tuple[str, ...]]:
        """Return the phrasings of an entry, in all languages."""
        return self._asked_by.get(entry, ())

    def who_ask(self, tokens: Sequence[str], hidden: Collection[str] = ()) -> frozenset[str]:
        """Return the entries that ask so, word for word."""
        return self._verbatim.get(tuple(tokens), frozenset()).difference(hidden)

    def rank(
        self,
        tokens: Sequence[str],
        language: str | None = None,
        hidden: Collection[str] = (),
        said: str = "",
    ) -> list[Hit]:
        """Return the entries that come nearest to a text, best first.

        With a ``language``, other languages serve for entries that have no phrasing in it.
        ``said`` is the text as an encoder reads it.
        """
        best: dict[str, tuple[float, float]] = {}
        for group in self._spoken(language):
            for entry, scores in self._scores(group, tokens, hidden, said).items():
                if entry not in best or scores > best[entry]:
                    best[entry] = scores
        return self._hits(tokens, best, None)

    def asks_all(self, language: str | None) -> bool:
        """Return whether a question in a language is put to all phrasings."""
        return language not in self.shelves

    def _spoken(self, language: str | None) -> Iterable[str]:
        if language is None or self.asks_all(language):
            return self.shelves
        return (language, *self._elsewhere[language])

    def _scores(
        self, group: str, tokens: Sequence[str], hidden: Collection[str], said: str
    ) -> Mapping[str, tuple[float, float]]:
        """Return score and nearest cosine of the best entries of one group."""
        shelf = self.shelves[group]
        if group not in self.linears:
            return shelf.scores(tokens, None, hidden)
        nearest = shelf.in_reach(tokens, hidden)
        scores = self.linears[group].scores(tokens, nearest, said)
        return {
            entry: (score, nearest.get(entry, 0.0))
            for entry, score in scores.items()
            if entry not in hidden
        }

    def rank_without(self, number: int) -> tuple[list[Hit], list[Hit]]:
        """Return how a phrasing ranks with itself, and with its whole entry, left out.

        By cosines alone: what is learned from the phrasings cannot be unlearned so easily.
        """
        phrasing = self.phrasings[number]
        group, place = self._places[number]
        scores = self.shelves[group].scores(phrasing.tokens, without=place)
        others = {entry: score for entry, score in scores.items() if entry != phrasing.entry}
        tokens, entry = phrasing.tokens, phrasing.entry
        return self._hits(tokens, scores, entry), self._hits(tokens, others, entry)

    def _hits(
        self,
        tokens: Sequence[str],
        best: Mapping[str, tuple[float, float]],
        left_out: str | None,
    ) -> list[Hit]:
        weights = self.vocabulary.weigh(tokens)
        order = sorted(best, key=lambda entry: (-best[entry][0], entry))[:_KEPT]
        return [
            Hit(
                entry=entry,
                score=best[entry][0],
                near=best[entry][1],
                known=self.vocabulary.known(weights, entry, 2 if entry == left_out else 1),
                lacks=self._wording.lacking(entry, tokens),
                begins=self._wording.begins(entry, tokens),
                differs=self._wording.differs(entry, tokens),
                omits=self._wording.omitting(entry, tokens) if place == 0 else 0.0,
                times=self._wording.times(entry),
            )
            for place, entry in enumerate(order)
        ]


def _put_up(groups: Mapping[str, Sequence[Phrasing]]) -> dict[str, Shelf]:
    from rules.faq.ranking.shelving import put_up  # noqa: PLC0415 - heavy, and only for building

    return {group: put_up(members) for group, members in groups.items()}
