"""A small language detector: grammar words first, character trigrams where they do not settle it.

Built once per rule book for the desk's languages; called for every request. It also knows the
grammar words of some other languages, so that those are not mistaken for ours. Never raises.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from rules.folding import fold, split_words
from rules.language.words import FOREIGN_WORDS, FUNCTION_WORDS

WINDOW = 1024
"""So many characters are looked at: the first ones of a text."""

_WORD = re.compile(r"[^\W\d_]+")
_TRIGRAM_WINDOW = 160
_SETTLED_SCORE = 2.0
_FIRST_WORDS = 48
_PLENTY = 6.0
"""With so much in the first words the rest is not looked at."""
_SETTLED_RATIO = 1.8
_GRAMMAR_WEIGHT = 5.0
_PRIOR_WEIGHT = 0.7
_PRIOR_WEIGHT_OF_FEW = 1.4
"""A few letters say little: *printer jam* ends like a Portuguese word."""
_TOO_FEW_LETTERS = 5
_FEW_LETTERS = 20
_STRANGE_SHARE = 0.5

# Signs that hardly any other language writes.
_LETTERS: Mapping[str, str] = {
    **dict.fromkeys("ąęłńśźż", "pl"),
    **dict.fromkeys("ñ¿¡", "es"),
    **dict.fromkeys("ãõ", "pt"),
    **dict.fromkeys("ìò", "it"),
    **dict.fromkeys("äöüß", "de"),
    **dict.fromkeys("řěůť", "cs"),
    **dict.fromkeys("șță", "ro"),
    **dict.fromkeys("å", "sv"),
    **dict.fromkeys("œû", "fr"),
}
_LETTER_WEIGHT = 1.0
_LAST_LATIN = "\u024f"

Scores = dict[str, float]


class _Profiles:
    """Grammar words and trigrams of all languages that are known here."""

    def __init__(self, samples: Mapping[str, str]) -> None:
        grammar: dict[str, list[str]] = {}
        for language, words in (*FUNCTION_WORDS.items(), *FOREIGN_WORDS.items()):
            for word in words:
                grammar.setdefault(word, []).append(language)
        self.grammar: Mapping[str, tuple[tuple[str, float], ...]] = {
            word: tuple((language, 1 / len(languages)) for language in languages)
            for word, languages in grammar.items()
        }
        self.languages = tuple(samples)
        counts = {language: _count(text) for language, text in samples.items()}
        self.trigrams = _log_shares(counts)

    def score_grammar(self, words: Iterable[str]) -> Scores:
        """Return how much the grammar words speak for each language."""
        scores: Scores = {}
        for word in words:
            for language, weight in self.grammar.get(word, ()):
                scores[language] = scores.get(language, 0.0) + weight
        return scores

    def score_trigrams(self, found: Sequence[str]) -> Scores:
        """Return the mean log share of the trigrams in each language."""
        table, unseen = self.trigrams
        # Letters that only folding brings forth, as in a parenthesised one, leave no trigrams.
        rows = [table.get(trigram, unseen) for trigram in found] or [unseen]
        sums = (sum(column) for column in zip(*rows, strict=True))
        return dict(zip(self.languages, sums, strict=True))


def _trigrams(text: str) -> list[str]:
    """Return the trigrams of the words, with a blank on either side of each word."""
    padded = f" {' '.join(_WORD.findall(text))} "
    return [padded[i : i + 3] for i in range(len(padded) - 2)]


def _count(sample: str) -> Counter[str]:
    """Count both as written and without accents: people leave them out."""
    return Counter(_trigrams(sample.lower()) + _trigrams(fold(sample)))


def _log_shares(
    counts: Mapping[str, Counter[str]],
) -> tuple[dict[str, tuple[float, ...]], tuple[float, ...]]:
    all_trigrams = set().union(*counts.values())
    room = len(all_trigrams) + 1
    smooth = 0.3
    totals = [sum(counted.values()) + smooth * room for counted in counts.values()]
    unseen = tuple(math.log(smooth / total) for total in totals)
    table = {
        trigram: tuple(
            math.log((counted[trigram] + smooth) / total)
            for counted, total in zip(counts.values(), totals, strict=True)
        )
        for trigram in all_trigrams
    }
    return table, unseen


@cache
def _profiles() -> _Profiles:
    """Read the samples once per process; they are small files of this package."""
    folder = Path(__file__).parent / "samples"
    return _Profiles(
        {language: (folder / f"{language}.txt").read_text("utf-8") for language in FUNCTION_WORDS}
    )


class Detector:
    """Finds which of the desk's languages a text is in."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        self._languages = languages
        self._profiles = _profiles()

    def likeliest(self, prior: Sequence[str]) -> str:
        """Return the language that a text is in which does not say."""
        known = self._languages
        return next((language for language in prior if language in known), known[0])

    def detect(self, text: str, prior: Sequence[str]) -> tuple[str, bool]:
        """Return the language to answer in, and whether the text is really in it.

        A text that says nothing about its language counts as being in the likeliest one.
        """
        window = text[:WINDOW]
        words = _letters_only(split_words(fold(window)))
        default = self.likeliest(prior)
        if not words:
            return default, True
        if _is_other_script(words):
            return default, False
        scores = self._profiles.score_grammar(words[:_FIRST_WORDS])
        settled = _settled(scores, _PLENTY)
        if settled is None:
            scores = self._score(words, window)
            settled = _settled(scores, _SETTLED_SCORE)
        if not scores and sum(map(len, words)) < _TOO_FEW_LETTERS:
            return default, True
        if settled is None:
            settled = self._weigh(scores, window, default)
        if settled is None:
            return default, sum(map(len, words)) < _FEW_LETTERS
        return (settled, True) if settled in self._languages else (default, False)

    def _score(self, words: Sequence[str], window: str) -> Scores:
        """Return how much all grammar words and special letters speak for each language."""
        scores = self._profiles.score_grammar(words)
        for letter in set() if window.isascii() else _LETTERS.keys() & set(window.lower()):
            language = _LETTERS[letter]
            scores[language] = scores.get(language, 0.0) + _LETTER_WEIGHT
        return scores

    def _weigh(self, scores: Scores, window: str, likely: str) -> str | None:
        """Return the language that grammar words, trigrams and the prior favour together."""
        trigrams = _trigrams(window[:_TRIGRAM_WINDOW].lower())
        best_foreign = max((scores.get(name, 0.0) for name in FOREIGN_WORDS), default=0.0)
        best_own = max((scores.get(name, 0.0) for name in FUNCTION_WORDS), default=0.0)
        if best_foreign > best_own + 1:
            return max(FOREIGN_WORDS, key=lambda name: scores.get(name, 0.0))
        total = self._profiles.score_trigrams(trigrams)
        for language in total:
            total[language] += _GRAMMAR_WEIGHT * scores.get(language, 0.0)
        if likely in total:
            is_short = len(window) < _FEW_LETTERS
            total[likely] += (_PRIOR_WEIGHT_OF_FEW if is_short else _PRIOR_WEIGHT) * math.log(20)
        best = max(total, key=lambda language: total[language])
        table, _ = self._profiles.trigrams
        strange = sum(trigram not in table for trigram in trigrams) / max(1, len(trigrams))
        return None if strange > _STRANGE_SHARE else best


def _is_other_script(words: Sequence[str]) -> bool:
    """Return whether most letters are none that our languages are written with."""
    letters = "".join(words)
    if letters.isascii():
        return False
    return sum(letter > _LAST_LATIN for letter in letters) * 2 > len(letters)


def _letters_only(words: Sequence[str]) -> list[str]:
    """Return the words without their digits; most have none."""
    return [part for word in words for part in ((word,) if word.isalpha() else _WORD.findall(word))]


def _settled(scores: Scores, needed: float) -> str | None:
    """Return the language whose grammar words leave no doubt, None when there is some."""
    if not scores:
        return None
    best = max(scores, key=lambda language: scores[language])
    second = max((score for language, score in scores.items() if language != best), default=0.0)
    clear = scores[best] >= needed and scores[best] >= _SETTLED_RATIO * second
    return best if clear else None
