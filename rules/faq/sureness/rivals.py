"""Finds entries that are hard to tell apart, before a requester does.

Two kinds of signs: phrasings of two entries that hold next to the same words, and, from the trials
of a FAQ on itself, phrasings that were taken for the other entry when they were left out. Pure; the
time grows with the number of phrasings, not with that of pairs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from rules.faq.ranking.shelf import Phrasing
from rules.faq.ranking.vocabulary import Vocabulary
from rules.faq.reading.stems import is_function_word, stem
from rules.faq.sureness.study import Asked

ALIKE = 0.75
"""Phrasings whose words agree this much, by weight, ask much the same."""
LEAST_TAKEN = 3
"""So many phrasings of two entries have to be taken for the other one's, some of each."""

_MOST_TOGETHER = 20
"""So many phrasings of one and the same words are compared; who has more is told enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rivals:
    """Two entries, by name in order, and the phrasings in which they compete.

    ``taken`` of them were taken for the other entry's; 0 where they hold the same words.
    ``strength`` compares pairs.
    """

    entries: tuple[str, str]
    phrasings: tuple[Phrasing, ...]
    taken: int
    strength: float


def rivals_of(
    phrasings: Sequence[Phrasing], asked: Iterable[Asked], vocabulary: Vocabulary
) -> list[Rivals]:
    """Return the pairs of entries that compete, the strongest first; each pair once."""
    found = {pair.entries: pair for pair in _taken(asked)}
    found.update((pair.entries, pair) for pair in _alike(phrasings, vocabulary))
    return sorted(found.values(), key=lambda pair: (-pair.strength, pair.entries))


def _alike(phrasings: Sequence[Phrasing], vocabulary: Vocabulary) -> Iterator[Rivals]:
    """Yield pairs with phrasings that differ by a word of no weight, or by none."""
    best: dict[tuple[str, str], tuple[float, Phrasing, Phrasing]] = {}
    for one, other in _candidates(phrasings):
        alike = _agreement(one, other, vocabulary)
        first, second = sorted((one, other), key=lambda phrasing: phrasing.entry)
        pair = (first.entry, second.entry)
        if alike >= ALIKE and (pair not in best or alike > best[pair][0]):
            best[pair] = (alike, first, second)
    for pair, (alike, first, second) in best.items():
        yield Rivals(entries=pair, phrasings=(first, second), taken=0, strength=1 + alike)


def _candidates(phrasings: Sequence[Phrasing]) -> Iterator[tuple[Phrasing, Phrasing]]:
    """Yield phrasings of different entries which differ by one word of meaning at most.

    Each is put under its words, and under its words without each one of them: two that differ by
    one word meet there.
    """
    met: defaultdict[tuple[str, frozenset[str]], list[Phrasing]] = defaultdict(list)
    for phrasing in phrasings:
        words = _words(phrasing.tokens)
        keys = [words, *(words - {word} for word in words if len(words) > 1)]
        for key in keys:
            met[phrasing.language, key].append(phrasing)
    for together in met.values():
        for one, other in combinations(together[:_MOST_TOGETHER], 2):
            if one.entry != other.entry and one.tokens != other.tokens:
                yield one, other


def _words(tokens: Iterable[str]) -> frozenset[str]:
    return frozenset(stem(token) for token in tokens if not is_function_word(token))


def _agreement(one: Phrasing, other: Phrasing, vocabulary: Vocabulary) -> float:
    """Return the share of the words of two phrasings that both hold, by weight."""
    weights: Mapping[str, float] = dict(vocabulary.weigh((*one.tokens, *other.tokens)))
    first, second = set(map(stem, one.tokens)), set(map(stem, other.tokens))
    either = sum(weights[word] for word in first | second)
    return sum(weights[word] for word in first & second) / either if either else 0.0


def _taken(asked: Iterable[Asked]) -> Iterator[Rivals]:
    """Yield pairs that were mixed up in the trials, both ways."""
    mixed: defaultdict[tuple[str, str], Counter[Phrasing]] = defaultdict(Counter)
    for question in asked:
        taken_for = question.hits[0].entry if question.hits else None
        if question.right is not None and taken_for not in (None, question.right):
            first, second = sorted((question.right, str(taken_for)))
            phrasing = Phrasing(entry=question.right, language="", tokens=tuple(question.tokens))
            mixed[first, second][phrasing] += 1
    for pair, counted in mixed.items():
        phrasings = [phrasing for phrasing, _ in counted.most_common()]
        if len(phrasings) < LEAST_TAKEN or len({one.entry for one in phrasings}) == 1:
            continue
        examples = tuple(next(one for one in phrasings if one.entry == name) for name in pair)
        strength = 1 - 1 / len(phrasings)
        yield Rivals(entries=pair, phrasings=examples, taken=len(phrasings), strength=strength)
