"""Requests that no entry answered, alike ones together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rules.faq.solved.alike import grouped_alike, telling_words

ASKED = [
    "Hello, the coffee machine on floor 3 leaks. Thanks",
    "Can I bring my dog to the office?",
    "coffee machine leaks again",
    "Is it possible to bring dogs into the office?",
    "The coffee machine leaks water",
    "I need a parking space",
]


def test_alike_requests_come_together_the_most_frequent_first() -> None:
    """Greetings and grammar do not matter, the thing does."""
    assert grouped_alike(ASKED) == [[0, 2, 4], [1, 3], [5]]


def test_telling_words_name_a_group() -> None:
    """What most of a group says can name an entry."""
    assert {"coffee", "machine"} <= set(telling_words([ASKED[0], ASKED[2], ASKED[4]]))


@given(st.lists(st.text(max_size=30), max_size=12))
def test_every_text_is_in_one_group(texts: list[str]) -> None:
    """Nothing is lost and nothing is counted twice, whatever was written."""
    groups = grouped_alike(texts)

    assert sorted(place for group in groups for place in group) == list(range(len(texts)))
    assert [len(group) for group in groups] == sorted(map(len, groups), reverse=True)
