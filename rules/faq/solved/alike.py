"""Puts texts that ask for much the same into groups, without knowing what they ask for.

Called by ``ventanilla faq gaps`` on what no entry answered. Pure; a text is compared with a few
members of each group.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from rules.faq.reading.passages import sentences_of
from rules.faq.reading.stems import is_function_word, stem
from rules.folding import Folded

ALIKE = 0.25
"""Texts whose words agree this much, by weight, are about one thing."""

_COMPARED = 5

Words = frozenset[str]


def grouped_alike(texts: Sequence[str]) -> list[list[int]]:
    """Return the places of the texts in groups, the largest group first, the first text first."""
    words = [_words(text) for text in texts]
    held = Counter(word for found in words for word in found)
    weight = {word: math.log(1 + len(texts) / number) for word, number in held.items()}
    groups: list[list[int]] = []
    for place, found in enumerate(words):
        nearness = [_nearness(found, [words[one] for one in group], weight) for group in groups]
        nearest = max(nearness, default=0.0)
        if nearest >= ALIKE:
            groups[nearness.index(nearest)].append(place)
        else:
            groups.append([place])
    return sorted(groups, key=lambda group: (-len(group), group[0]))


def telling_words(texts: Sequence[str], most: int = 3) -> list[str]:
    """Return the words of meaning that most of some texts share, the commonest first."""
    held = Counter(token for text in texts for token in set(_tokens(text)))
    order = sorted(held, key=lambda word: (-held[word], word))
    return order[:most]


def _words(text: str) -> Words:
    return frozenset(map(stem, _tokens(text)))


def _tokens(text: str) -> list[str]:
    tokens = (token for sentence in sentences_of(Folded(text)) for token in sentence.tokens)
    return [token for token in tokens if not is_function_word(token)]


def _nearness(found: Words, group: Sequence[Words], weight: dict[str, float]) -> float:
    return max(_alike(found, other, weight) for other in group[:_COMPARED])


def _alike(first: Words, second: Words, weight: dict[str, float]) -> float:
    either = sum(weight[word] for word in first | second)
    return sum(weight[word] for word in first & second) / either if either else 1.0
