"""How well the FAQ answers, and keeps quiet, on public data that is not part of the project.

``VENTANILLA_FAQ_DATA`` names a folder of JSON lines, one file a set: ``{"t": text, "y": intent,
"s": "train" | "valid" | "test" | "pool", "lang": language}``. Without it nothing is measured, and
that is said. It is measured by words alone, and again with the semantic extra where that is
installed; ``VENTANILLA_FAQ_MODEL`` names another model for that.

The protocol: five phrasings an intent make an entry; a quarter of the intents are kept out, and
what is asked about them has no answer. Such questions count as a quarter of all, whatever the
set's own mix. The FAQ answers when its own probability reaches 0.95; nobody tunes it. "At best" is
the share it could answer if somebody chose the threshold by looking at these very questions. Time
and memory for large FAQs are the benchmark ``faq``'s.
"""

from __future__ import annotations

import json
import os
import random  # noqa: TID251 - the same draw in every run is the point
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import rules.faq
from benchmarks.figures import Figure
from rules.faq.ranker import Ranker
from rules.faq.semantic.encoder import find_model
from rules.faq.semantic.universal import NAME

PHRASINGS = 5
NEEDED = 0.95
STRANGE_SHARE = 0.25
_MOST_ASKED = 1000
_POOLED = 10

Question = tuple[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The shares of one round."""

    top: float
    answered: float
    precision: float | None
    false: float
    at_best: float
    milliseconds: float


def run(*, long: bool) -> Iterator[Figure]:
    """Measure; see the module."""
    folder = os.environ.get("VENTANILLA_FAQ_DATA")
    if not folder:
        print("SKIPPED: VENTANILLA_FAQ_DATA names no folder with data", file=sys.stderr)
        return
    for path in sorted(Path(folder).glob("*.jsonl")):
        for model in models():
            results = [measure(path, seed, model) for seed in range(1, 6 if long else 3)]
            with_model = f", with {model}" if model else ""
            yield from _figures(results, f"{path.stem}, {len(results)} draws{with_model}")


def models() -> tuple[str, ...]:
    """Return what to measure with: no model, and the one that is there."""
    there = NAME if find_spec(NAME) else ""
    named = os.environ.get("VENTANILLA_FAQ_MODEL", there)
    return ("", named) if named else ("",)


def _figures(results: Sequence[Result], note: str) -> Iterator[Figure]:
    precisions = [r.precision for r in results if r.precision is not None]
    yield _share("top-1", [r.top for r in results], None, note)
    yield _share("answered", [r.answered for r in results], None, note)
    yield _share("precision", precisions, NEEDED, note, more_is_better=True)
    yield _share("false answers", [r.false for r in results], 0.01, note)
    yield _share("answered at best", [r.at_best for r in results], None, note)
    milliseconds = statistics.mean(r.milliseconds for r in results)
    yield Figure(name="question", value=milliseconds, unit="ms CPU", note=note)


def _share(
    name: str,
    values: Sequence[float],
    goal: float | None,
    note: str,
    *,
    more_is_better: bool = False,
) -> Figure:
    value = statistics.mean(values) if values else 1.0
    return Figure(
        name=name, value=value, unit="", goal=goal, more_is_better=more_is_better, note=note
    )


def measure(path: Path, seed: int, model: str) -> Result:
    """Return what one draw of entries and questions comes to; ``model`` is "" for words alone."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    language = rows[0]["lang"]
    taught, asked = _draw(rows, random.Random(f"{path.stem}/{seed}"))
    entries = [
        {"id": name, "lang": language, "phrasings": texts[:PHRASINGS]}
        for name, texts in taught.items()
    ]
    return judge(rules.faq.build(entries, encoder=find_model(model) if model else None), asked)


def _draw(
    rows: Sequence[dict[str, str]], draw: random.Random
) -> tuple[dict[str, list[str]], list[Question]]:
    """Return the phrasings of the entries, and the questions with their entry, None for none."""
    taught: dict[str, list[str]] = {}
    asked: list[tuple[str, str]] = []
    for row in draw.sample(rows, len(rows)):
        mine = taught.setdefault(row["y"], [])
        is_pooled = row["s"] == "pool" and len(mine) < _POOLED and len(mine) * 2 < _count(rows, row)
        if row["s"] == "train" or is_pooled:
            mine.append(row["t"])
        elif row["s"] != "valid":
            asked.append((row["t"], row["y"]))
    names = draw.sample(sorted(name for name, texts in taught.items() if texts), len(taught))
    missing = set(names[: max(2, len(names) // 4)])
    kept = {name: texts for name, texts in taught.items() if texts and name not in missing}
    known = {text.casefold() for texts in kept.values() for text in texts[:PHRASINGS]}
    questions = [
        (text, None if name in missing else name)
        for text, name in asked
        if text.casefold() not in known and (name in kept or name in missing)
    ]
    return kept, questions[:_MOST_ASKED]


def _count(rows: Sequence[dict[str, str]], like: dict[str, str]) -> int:
    return sum(row["y"] == like["y"] for row in rows)


def judge(ranker: Ranker, asked: Sequence[Question]) -> Result:
    """Return how a ranker fares."""
    top = right = wrong = false = known = 0
    scored: list[tuple[float, str | None, bool]] = []
    start = time.process_time()
    ranked = [next(iter(ranker.rank(text, 1)), (None, 0.0)) for text, _ in asked]
    spent = time.process_time() - start
    for (_, name), (first, score) in zip(asked, ranked, strict=True):
        scored.append((score, name, first == name))
        known += name is not None
        top += name is not None and first == name
        if score >= NEEDED:
            right += first == name
            wrong += name is not None and first != name
            false += name is None
    strange = len(asked) - known
    weight, strange_weight = (1 - STRANGE_SHARE) / max(1, known), STRANGE_SHARE / max(1, strange)
    total = (right + wrong) * weight + false * strange_weight
    return Result(
        top=top / max(1, known),
        answered=(right + wrong) / max(1, known),
        precision=right * weight / total if total else None,
        false=false / max(1, strange),
        at_best=_at_best(scored, weight, strange_weight),
        milliseconds=1000 * spent / max(1, len(asked)),
    )


def _at_best(
    scored: Sequence[tuple[float, str | None, bool]], weight: float, strange_weight: float
) -> float:
    """Return the largest share of the known that some threshold answers at the precision needed."""
    known = sum(name is not None for _, name, _ in scored)
    order = sorted(scored, key=lambda one: -one[0])
    best = right = total = 0.0
    answered = 0
    for place, (score, name, is_right) in enumerate(order):
        counted = strange_weight if name is None else weight
        total += counted
        right += counted * (is_right and name is not None)
        answered += name is not None
        is_edge = place + 1 == len(order) or order[place + 1][0] < score
        if is_edge and right >= NEEDED * total:
            best = answered / max(1, known)
    return best
