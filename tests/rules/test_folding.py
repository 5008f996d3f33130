"""Comparing words without case, accents and width."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.folding import MAX_TEXT, Folded, fold, words_of


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ÑANDÚ", "nandu"),
        ("Łódź", "lodz"),
        ("STRASSE", "strasse"),
        ("straße", "strasse"),
        ("\uff36\uff30\uff2e", "vpn"),
        ("pass\u00adword", "password"),
        ("pass\u200bword", "password"),
        ("e\u0301tat", "etat"),
        ("İstanbul", "istanbul"),
        ("ﬁle", "file"),
    ],
)
def test_folding_removes_case_accents_and_width(written: str, folded: str) -> None:
    """What looks the same to people compares as the same."""
    assert fold(written) == folded


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    """Folded words can be compared with folded words."""
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.text())
def test_words_are_found_whole(left: str, right: str) -> None:
    """A word is found between other words, never inside one."""
    text = Folded(f"{left} vpn {right}")

    assert text.has(("vpn",))
    assert text.has(("vp",)) == ("vp" in words_of(f"{left} {right}"))


def test_phrases_are_found_across_line_ends() -> None:
    """Only the words and their order count."""
    text = Folded("The e-mail is\nNOT   working!")

    assert text.has(("not", "working"))
    assert text.has(("e", "mail"))
    assert not text.has(("working", "not"))


def test_long_texts_are_cut() -> None:
    """What stands behind the window decides nothing."""
    assert not Folded("x " * MAX_TEXT + "vpn").has(("vpn",))


def test_folding_is_linear() -> None:
    """A window full of anything is folded in a moment."""
    started = time.process_time()

    for text in ("é" * MAX_TEXT, "ﷺ" * 4000, "a\u0301" * (MAX_TEXT // 2), "\U0001f600" * MAX_TEXT):
        assert isinstance(Folded(text).tokens, list)

    assert time.process_time() - started < 2
