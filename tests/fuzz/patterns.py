"""Patterns in rule files made to take for ever on 64 KiB: refused, or done in no time."""

from __future__ import annotations

import random  # noqa: TID251 - can be had again by its seed
import time
from collections.abc import Callable

from rules.patterns import MOST_SECONDS, compile_pattern
from rules.problems import Mark, Problems
from tests.fuzz.outcome import Outcome

WINDOW = 64 * 1024
_ATOMS = (
    "a",
    ".",
    r"\w",
    r"\d",
    "[^b]",
    "(a|a)",
    "(a|ab)",
    r"\s",
    "(?:aa?)",
    "[a-z]",
    "é",
    r"\pL",
    "(?i:A)",
)
_TIMES = ("*", "+", "?", "{20}", "{1,30}", "{0,}", "*?", "+?", "{1000}", "")
Search = Callable[[bytes], object]
_ENDS = ("$", "!", r"\z", "b$", "(?:b|c)$", "")


def hostile(dice: random.Random, depth: int = 3) -> str:
    """Return a pattern of nested and overlapping repetitions."""
    inner = dice.choice(_ATOMS) + dice.choice(_TIMES)
    for _ in range(dice.randint(1, depth)):
        alternatives = "|".join([inner, *(dice.choice(_ATOMS) for _ in range(dice.randint(0, 2)))])
        inner = f"({alternatives}){dice.choice(_TIMES)}" + dice.choice(_ATOMS) * dice.randint(0, 2)
    return dice.choice(("^", "", ".*")) + inner + dice.choice(_ENDS)


def text(dice: random.Random) -> bytes:
    """Return a text of the size of the window that nearly matches."""
    unit = dice.choice((b"a", b"ab", b"aab", b"a ", "é".encode(), b"0", b"a" * 25 + b"!"))
    return (unit * (WINDOW // len(unit)))[: WINDOW - 1] + b"!"


def run(count: int, seed: int, search: Callable[[str], Search | None] | None = None) -> Outcome:
    """Try so many patterns on one text each. A fault took more than `MOST_SECONDS` of CPU."""
    dice = random.Random(seed)
    outcome, refused, slowest = Outcome(tried=count), 0, 0.0
    for _ in range(count):
        source, window = hostile(dice), text(dice)
        look = (search or product)(source)
        if look is None:
            refused += 1
            continue
        before = time.process_time()
        look(window)
        seconds = time.process_time() - before
        slowest = max(slowest, seconds)
        if seconds > MOST_SECONDS:
            outcome.faults.append(f"{seconds:.2f} s: {source}")
    outcome.counted = {"refused": refused, "slowest ms": round(1000 * slowest, 1)}
    return outcome


def product(source: str) -> Search | None:
    """Return what searches by a pattern of a rule file, None where the file is refused."""
    pattern = compile_pattern(source, Mark("a.yaml", 1, 1), Problems())
    return None if pattern is None else pattern.search
