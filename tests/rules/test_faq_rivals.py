"""Entries that are hard to tell apart are named, with the phrasings that compete."""

from __future__ import annotations

import rules
from rules.checks import MOST_RIVALS
from tests.rules.conftest import DESK, LANGUAGES, Load

ALIKE = """
faq:
  - id: stop-one
    ask: {en: [turn off the timer in the kitchen, end my egg timer]}
    answer: {en: x}
  - id: stop-all
    ask: {en: [turn off all the timers in the kitchen, no more timers please]}
    answer: {en: x}
  - id: opening
    ask: {en: [when are you open, your opening hours]}
    answer: {en: x}
"""


def warnings(load: Load, text: str) -> list[str]:
    """Return what is said of pairs of entries."""
    found = [str(problem) for problem in load(DESK + text).problems]
    return [one for one in found if "tell apart" in one]


def test_phrasings_that_say_next_to_the_same_are_shown(load: Load) -> None:
    """Both entries, both phrasings as they are written, and where they stand."""
    (warning,) = warnings(load, ALIKE)

    assert "faq stop-all and stop-one are hard to tell apart" in warning
    assert "'turn off all the timers in the kitchen'" in warning
    assert "'turn off the timer in the kitchen'" in warning
    assert "a.yaml:12:" in warning
    assert "a.yaml:9" in warning


def test_conditions_tell_entries_apart(load: Load) -> None:
    """Who asks where, for instance: the words need not differ then."""
    by_place = ALIKE.replace("id: stop-one", "id: stop-one\n    when: {channel: help-chat}")
    both = by_place.replace("id: stop-all", "id: stop-all\n    when: {channel: support-mail}")

    assert warnings(load, both) == []


def test_a_word_that_matters_is_enough(load: Load) -> None:
    """Opposites share most of their words, and are told apart by the other one."""
    opposites = """
faq:
  - {id: open, ask: {en: [how do I open an account, open an account]}, answer: {en: x}}
  - {id: close, ask: {en: [how do I close an account, close an account]}, answer: {en: x}}
"""

    assert warnings(load, opposites) == []


def test_phrasings_that_are_taken_for_the_others_are_shown(load: Load) -> None:
    """The trials of the FAQ on itself find what no two phrasings show alone."""
    mixed = """
faq:
  - id: late
    ask: {en: [parcel is late, where is the order, my delivery did not come, waiting for goods]}
    answer: {en: x}
  - id: lost
    ask: {en: [order is lost, where did the parcel go, waiting for a delivery, my goods are late]}
    answer: {en: x}
  - {id: opening, ask: {en: [when are you open, opening hours, open today]}, answer: {en: x}}
"""

    (warning,) = warnings(load, mixed)

    assert "of their phrasings are taken for the other's where they are left out" in warning


def test_a_long_list_is_cut(load: Load) -> None:
    """The worst are named, the rest is counted."""
    pairs = MOST_RIVALS + 5
    lines = "".join(
        f"  - {{id: a{n}, ask: {{en: [the {n}{n}{n} fails]}}, answer: {{en: x}}}}\n"
        f"  - {{id: b{n}, ask: {{en: [a {n}{n}{n} fails]}}, answer: {{en: x}}}}\n"
        for n in range(10, 10 + pairs)
    )

    found = warnings(load, f"faq:\n{lines}")

    assert len(found) == MOST_RIVALS + 1
    assert any("5 more pairs" in one for one in found)


def test_the_starter_has_no_rivals() -> None:
    """What a new desk begins with is told apart."""
    found = rules.load(rules.starter_folder(), languages=LANGUAGES, max_wrong=0.05)

    assert [one for one in map(str, found.problems) if "tell apart" in one] == []
