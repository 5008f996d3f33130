"""New entries in rule files: whatever is asked, the file stays one, and says just that."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rules.nodes import ListNode, MapNode, Scalar
from rules.problems import Problems
from rules.strict_yaml import read_yaml
from rules.writing import NewEntry, with_entry

LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)
TEXTS = st.lists(LINES, min_size=1, max_size=3).map("\n".join)
MINE = """\
# Ours.
teams: {desk: {level: 1}}   # who
faq:
  # Parking.
  - id: parking
    ask: {en: ["Where can I park?", 'Is there a car park?']}
    answer:
      en: |
        Behind building B.
fallback: {team: desk}
# The end.
"""


def entry(**given_: object) -> NewEntry:
    """Return an entry."""
    plain = {"id": "new", "language": "en", "ask": ["Why?"], "answer": "So.", "comment": "From X"}
    return NewEntry(**{**plain, **given_})  # type: ignore[arg-type]


def value(node: object, *path: str | int) -> object:
    """Return what stands at a path of nodes."""
    for step in path:
        if isinstance(node, MapNode):
            node = next(inner for key, inner in node.items if key.text == step)
        else:
            assert isinstance(node, ListNode)
            node = node.items[int(step)]
    assert isinstance(node, Scalar)
    return node.text


@given(asked=LINES, answer=TEXTS)
@example(asked='"hello" # {weird}: [text] \\', answer="  indented\n\n- *a: &b !c\n\t%d")
@example(asked="no", answer="~")
@example(asked="a\u2028b\x85c", answer="a\u2028b\n\x85c\u2029")
def test_any_words_stay_what_they_were(asked: str, answer: str) -> None:
    """They are quoted: none becomes a key, a comment, a tag or a line of its own."""
    text, _ = with_entry("", entry(ask=[asked], answer=answer))

    problems = Problems()
    read = read_yaml("new.yaml", text.encode(), problems)
    assert problems.listed() == ()
    assert value(read, "faq", 0, "ask", "en", 0) == asked
    assert value(read, "faq", 0, "answer", "en") == answer


FLAT = "faq:\n- id: parking\n  ask: {en: [a,\n    b]}\n  answer: {en: x}\n\n# Below.\nforms: {}"
DEEP = FLAT.replace("\n-", "\n      -").replace("\n  a", "\n        a").replace("\n    b", "\n  b")


@pytest.mark.parametrize("before", [MINE, FLAT, DEEP, "teams: {}  # x\n# The end"])
def test_a_file_is_only_added_to(before: str) -> None:
    """Every line of it stays, comments and all; the entry stands behind the last one."""
    text, line = with_entry(before, entry())

    problems = Problems()
    entries = read_yaml("old.yaml", text.encode(), problems)
    added = text.split("\n")
    for each in before.split("\n"):
        added.remove(each)
    assert len(added) == 10 + (text.count("faq:") - before.count("faq:")) + (before[-1] != "\n")
    assert text.split("\n")[line - 1].strip() == "- id: new"
    assert text.split("\n")[line - 2].strip() == "# From X"
    assert problems.listed() == ()
    assert value(entries, "faq", -1, "answer", "en") == "So."


@pytest.mark.parametrize("before", ["", "# Only this.\n", "faq:\n", "faq: []\n", "teams: {}\n"])
def test_files_without_entries_get_their_first_one(before: str) -> None:
    """A new file, one of comments, one whose list is empty."""
    text, line = with_entry(before, entry())

    problems = Problems()
    assert value(read_yaml("new.yaml", text.encode(), problems), "faq", 0, "id") == "new"
    assert text.split("\n")[line - 1] == "  - id: new"
    assert not problems.has_errors
