"""What was learned of a FAQ is kept for the next start, and believed only where it adds up."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rules
from rules import LoadResult
from rules.faq.keeping import cache as caching
from rules.faq.keeping.cache import MOST_FILES
from rules.faq.keeping.freezing import freeze, thaw
from rules.faq.lexical import LexicalMatcher
from rules.faq.ranking.shelf import Phrasing
from rules.folding import words_of
from tests.rules.conftest import CHANNELS, DESK, decided

FAQ = """
faq:
  - id: badge
    ask: {en: [I lost my badge, how do I get a new badge, my badge is gone]}
    answer: {en: x}
    examples: {match: [where do I get a badge], no_match: [the badge reader is broken]}
  - id: parcel
    ask: {en: [where is my parcel, track the parcel, when does my parcel arrive]}
    answer: {en: x}
    examples: {match: [my parcel has not arrived], no_match: [I want to send a parcel]}
"""
QUESTIONS = ("I lost my badge", "where's that parcel of mine?", "is the shop open", "badge")
ENTRIES = {"badge": ["lost my badge", "new badge"], "parcel": ["where is my parcel", "track it"]}
PHRASINGS = tuple(
    Phrasing(entry=entry, language="en", tokens=tuple(words_of(text)))
    for entry, texts in ENTRIES.items()
    for text in texts
)
FROZEN = freeze(LexicalMatcher(PHRASINGS, 0.05).learned, {"a": 1})


class Desk:
    """Rule files beside a cache; ``tried`` says whether the last reading tried the examples."""

    def __init__(self, folder: Path) -> None:
        self.rules, self.cache = folder / "rules", folder / "cache"
        self.rules.mkdir()
        self.tried = False
        self.write(DESK + FAQ)

    def write(self, text: str) -> None:
        """Write the rule file."""
        (self.rules / "a.yaml").write_text(text)

    def load(self, **more: object) -> LoadResult:
        """Read it as a desk does."""
        steps: list[str] = []
        read = partial(rules.load, self.rules, languages=("en",), max_wrong=0.05, channels=CHANNELS)
        result = read(
            cache=self.cache, progress=lambda step, _done, _total: steps.append(step), **more
        )
        self.tried = "examples" in steps
        return result

    def files(self) -> list[Path]:
        """Return what is kept."""
        return sorted(self.cache.iterdir())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Give a desk."""
    return Desk(tmp_path)


def decisions(result: LoadResult) -> list[object]:
    """Return what a book makes of the questions."""
    assert result.book is not None
    return [decided(result.book, question) for question in QUESTIONS]


def test_a_second_reading_learns_nothing_and_decides_the_same(desk: Desk) -> None:
    """Scores, reasons and problems are those of the first reading."""
    first = desk.load()
    assert desk.tried

    second = desk.load()

    assert not desk.tried
    assert decisions(first) == decisions(second)
    assert first.problems == second.problems


def test_failing_examples_fail_again(desk: Desk) -> None:
    """What is kept is never better than what it was learned from."""
    desk.write(DESK + FAQ.replace("where do I get a badge", "tea"))
    first = desk.load()

    second = desk.load()

    assert not desk.tried
    assert second.book is None
    assert second.untested is not None
    assert first.problems == second.problems


@pytest.mark.parametrize("changed", ["rules", "settings", "program"])
def test_what_came_of_something_else_is_not_used(
    desk: Desk, changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other words, another setting, another version: all is learned again."""
    desk.load()
    more: dict[str, object] = {}
    if changed == "rules":
        desk.write(DESK + FAQ.replace("track", "follow"))
    elif changed == "settings":
        more = {"timezone": "Asia/Tokyo"}
    else:
        monkeypatch.setattr(caching, "_program", lambda: ("another",))

    desk.load(**more)

    assert desk.tried


Damage = Callable[[Path], object]
DAMAGES: dict[str, Damage] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "empty": lambda path: path.write_bytes(b""),
    "turned": lambda path: path.write_bytes(
        path.read_bytes()[:99] + b"x" + path.read_bytes()[100:]
    ),
    "shared": lambda path: path.chmod(0o666),
    "gone": lambda path: path.unlink(),
    "another": lambda path: path.write_bytes(FROZEN),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_what_is_damaged_or_foreign_is_ignored(desk: Desk, damage: Damage) -> None:
    """It is as if nothing were kept, and mended where that is possible."""
    first = desk.load()
    (kept,) = desk.files()
    damage(kept)

    second = desk.load()

    assert desk.tried
    assert decisions(first) == decisions(second)


@pytest.mark.parametrize("blocked", ["file", "null"])
def test_a_folder_that_cannot_be_written_stops_nothing(desk: Desk, blocked: str) -> None:
    """Keeping is a courtesy."""
    if blocked == "file":
        desk.cache.write_text("not a folder")
    else:
        desk.cache = Path(os.devnull) / "cache"

    assert desk.load().book is not None
    assert desk.load().book is not None


def test_old_files_make_room(desk: Desk) -> None:
    """However often the rules change, few files are kept, the last one among them."""
    for number in range(MOST_FILES + 3):
        desk.write(f"{DESK}{FAQ}# {number}\n")
        desk.load()

    assert len(desk.files()) == MOST_FILES
    desk.load()
    assert not desk.tried


def test_only_we_may_read_what_is_kept(desk: Desk) -> None:
    """Ids of entries are nobody else's business."""
    desk.load()

    assert desk.cache.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in desk.files()] == [0o600]


def test_bytes_come_back_as_they_were() -> None:
    """Everything that was learned is there again."""
    learned, more = thaw(FROZEN, PHRASINGS)

    assert learned == LexicalMatcher(PHRASINGS, 0.05).learned
    assert more == {"a": 1}


@given(st.integers(0, len(FROZEN) - 1), st.integers(1, 255))
@settings(max_examples=50)
def test_no_turned_byte_is_believed(place: int, turn: int) -> None:
    """One byte that is another one is found out, wherever it stands."""
    turned = bytearray(FROZEN)
    turned[place] ^= turn

    with pytest.raises(ValueError, match="damaged"):
        thaw(bytes(turned), PHRASINGS)


@pytest.mark.parametrize(
    "other", [PHRASINGS[:-1], PHRASINGS[::-1], ()], ids=["less", "turned", "0"]
)
def test_other_phrasings_are_not_given_what_was_learned_of_these(
    other: tuple[Phrasing, ...],
) -> None:
    """Entries and owners have to be the same, in the same order."""
    with pytest.raises((ValueError, LookupError)):
        thaw(FROZEN, other)
