"""How an entry is asked for: the words that its phrasings share, and those they begin with.

*My card does not work* has all its words in *my virtual card does not work*, and asks for something
else: it lacks the word that every phrasing of that entry holds. *Open the garage door* is all in
*open the garage door in five minutes*, which sets a timer: it omits what the phrasing nearest to it
says besides. *Is the door locked* and *lock the door* begin differently, and one asks how things
are where the other wants something done. All of them are signs of `rules.faq.sureness.confidence`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence

from rules.faq.reading.cues import ASKS_HOW_IT_IS, BEGINS_A_QUESTION
from rules.faq.reading.stems import is_function_word, stem

_MOST = 6
"""So many words of an entry are kept: a question lacks one of them, or nothing of weight."""
_GRAMMAR_SHARE = 0.5

Core = tuple[tuple[str, float], ...]
"""Stems and what it weighs to lack them, the weightiest first."""


class Wording:
    """The common words of each entry, for each language in which it is asked."""

    def __init__(
        self,
        texts: Iterable[tuple[str, str, Sequence[str]]],
        weight_of: Callable[[str], float],
    ) -> None:
        """Take each text's entry, language and words; a stem weighs from 0 to 1."""
        held: dict[tuple[str, str], Counter[str]] = {}
        numbers: Counter[tuple[str, str]] = Counter()
        grammar: set[str] = set()
        self._weight_of = weight_of
        self._phrasings: dict[str, list[Sequence[str]]] = {}
        self._firsts: dict[str, set[str]] = {}
        first_words: dict[str, set[str]] = {}
        for entry, language, tokens in texts:
            stems = tuple(dict.fromkeys(map(stem, tokens)))
            held.setdefault((entry, language), Counter()).update(stems)
            numbers[entry, language] += 1
            self._phrasings.setdefault(entry, []).append(stems)
            grammar.update(stem(token) for token in tokens if is_function_word(token))
            self._firsts.setdefault(entry, set()).update(map(stem, tokens[:1]))
            first_words.setdefault(entry, set()).update(tokens[:1])
        self._orders = frozenset(
            entry for entry, words in first_words.items() if BEGINS_A_QUESTION.isdisjoint(words)
        )
        self._states = frozenset(
            entry for entry, words in first_words.items() if words <= ASKS_HOW_IT_IS
        )
        self._grammar = frozenset(grammar)
        known = {found for counts in held.values() for found in counts}
        self._weights = {found: self._weigh(found) for found in known}
        self._times: dict[str, int] = {}
        for (entry, _), number in numbers.items():
            self._times[entry] = max(number, self._times.get(entry, 0))
        self._cores: dict[str, list[Core]] = {}
        for (entry, language), counts in held.items():
            core = _core(counts, numbers[entry, language], grammar, weight_of)
            self._cores.setdefault(entry, []).append(core)

    def lacking(self, entry: str, tokens: Iterable[str]) -> float:
        """Return how much the weightiest common word weighs that a text lacks, from 0 to 1.

        In the language in which that is least.
        """
        said = set(map(stem, tokens))
        return min((_first_missing(core, said) for core in self._cores.get(entry, ())), default=0.0)

    def omitting(self, entry: str, tokens: Iterable[str]) -> float:
        """Return how much the weightiest word weighs that a text leaves out, from 0 to 1.

        Of the phrasing that shares most with it, by weight.
        """
        weights = self._weights
        said = {
            found: weights[found] if found in weights else self._weigh(found)
            for found in map(stem, tokens)
        }
        total = sum(said.values())
        nearest = omitted = 0.0
        for stems in self._phrasings.get(entry, ()):
            others = [weights[found] for found in stems if found not in said]
            shared = sum([said[found] for found in stems if found in said])
            alike = shared / (total + sum(others)) if shared else 0.0
            if alike > nearest:
                nearest, omitted = alike, max(others, default=0.0)
        return omitted

    def times(self, entry: str) -> int:
        """Return how many phrasings an entry has, in the language in which it has most."""
        return self._times.get(entry, 0)

    def _weigh(self, found: str) -> float:
        return self._weight_of(found) * _share(found, self._grammar)

    def begins(self, entry: str, tokens: Sequence[str]) -> bool:
        """Return whether a phrasing of an entry has the first word of a text."""
        return bool(tokens) and stem(tokens[0]) in self._firsts.get(entry, ())

    def differs(self, entry: str, tokens: Sequence[str]) -> bool:
        """Return whether one asks how things are, and the other wants something done."""
        first = tokens[0] if tokens else ""
        if first in ASKS_HOW_IT_IS:
            return entry in self._orders
        return entry in self._states and first not in BEGINS_A_QUESTION


def _core(
    counts: Counter[str], number: int, grammar: Collection[str], weight_of: Callable[[str], float]
) -> Core:
    """Return the weightiest words that so many phrasings share.

    They are counted as if there were one more phrasing, without them: few say little of the next.
    """
    weighed = (
        (found, (count / (number + 1)) ** 2 * weight_of(found) * _share(found, grammar))
        for found, count in counts.items()
    )
    return tuple(sorted(weighed, key=lambda one: (-one[1], one[0]))[:_MOST])


def _share(found: str, grammar: Collection[str]) -> float:
    return _GRAMMAR_SHARE if found in grammar else 1.0


def _first_missing(core: Core, said: Collection[str]) -> float:
    return next((weight for found, weight in core if found not in said), 0.0)
