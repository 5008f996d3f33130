"""What the FAQ costs with 300, 10,000 and 100,000 phrasings: to build, to ask, to hold.

Each size is built in a process of its own, so that its memory is its own. The phrasings are made
of invented words that are as unevenly common as real ones.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from benchmarks.figures import Figure, cpu_of
from benchmarks.processes import status_mib
from gateway.model.request import Facts, Request
from gateway.world import RealWorld
from rules.faq.lexical import LexicalMatcher
from rules.faq.ranking.shelf import Phrasing
from rules.folding import words_of
from rules.view import View

PHRASINGS_EACH = 5
_SYLLABLES = (
    *("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te"),
    *("vi", "zo", "bra", "cle", "dri", "flo", "gru", "sta", "tre", "pli"),
)
_LITTLE_WORDS = ("how", "do", "i", "my", "the", "to", "what", "can", "a", "is")
_VOCABULARY = 8_000


def run(*, long: bool) -> Iterator[Figure]:
    """Measure; see the module."""
    sizes = (300, 10_000, 100_000) if long else (300, 10_000)
    spawned = multiprocessing.get_context("spawn")
    for count in sizes:
        with ProcessPoolExecutor(max_workers=1, mp_context=spawned) as process:
            building, asking, megabytes = process.submit(measure, count).result()
        note = f"{count:,} phrasings"
        goal = 2.0 if count == 100_000 else None
        yield Figure(name="build", value=building, unit="s CPU", note=note)
        yield Figure(name="ask", value=asking * 1000, unit="ms CPU", goal=goal, note=note)
        yield Figure(name="hold", value=megabytes, unit="MiB", note=note)


def measure(count: int) -> tuple[float, float, float]:
    """Return the seconds to build an index, those of one question, and the MiB it takes."""
    phrasings = [_phrasing(number) for number in range(count)]
    before, start = status_mib("self", "VmRSS:"), time.process_time()
    matcher = LexicalMatcher(phrasings, 0.05)
    building = time.process_time() - start
    views = [
        _view(f"Hello, {asked(number * 37 % (count // PHRASINGS_EACH), 3)}") for number in range(20)
    ]

    def ask() -> None:
        for view in views:
            matcher.judge(view, "en", ())

    asking = cpu_of(ask, time.process_time, 0.6) / len(views)
    return building, asking, status_mib("self", "VmRSS:") - before


def asked(entry: int, variant: int) -> str:
    """Return one way to ask for an entry: little words, and some that are more or less rare."""
    words = []
    for position in range(7):
        mixed = (
            entry * 2_654_435_761 + position * 40_503 + (variant // (position + 1)) * 977
        ) % 2**32
        if position in {0, 2}:
            words.append(_LITTLE_WORDS[mixed % len(_LITTLE_WORDS)])
        else:
            # The square of a share makes the first words of the vocabulary the common ones.
            words.append(_word(int((mixed / 2**32) ** 2 * _VOCABULARY)))
    return " ".join(words)


def _word(rank: int) -> str:
    syllables = []
    while rank or not syllables:
        rank, place = divmod(rank, len(_SYLLABLES))
        syllables.append(_SYLLABLES[place])
    return "".join(syllables) + "n"


def _phrasing(number: int) -> Phrasing:
    entry, variant = divmod(number, PHRASINGS_EACH)
    tokens = tuple(words_of(asked(entry, variant)))
    return Phrasing(entry=f"entry-{entry}", language="en", tokens=tokens)


def _view(text: str) -> View:
    request = Request(
        channel="support-mail", kind="email", subject="A question", text=text, sender="a@b.example"
    )
    return View(request, Facts(now=RealWorld().now()))
