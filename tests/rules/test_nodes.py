"""Strict YAML: what rule files may not contain, and what their words mean."""

from __future__ import annotations

import os
import time

import pytest
import ruamel.yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.nodes import ListNode, MapNode, Scalar
from rules.problems import Problems
from rules.strict_yaml import MAX_DEPTH, MAX_FILE_BYTES, read_yaml
from tests.rules.conftest import DESK


def read(text: str | bytes) -> tuple[MapNode | None, list[str]]:
    """Return the root and the problems of a file."""
    problems = Problems()
    data = text.encode() if isinstance(text, str) else text
    root = read_yaml("a.yaml", data, problems)
    return root, [str(problem) for problem in problems.listed()]


def value_of(text: str) -> Scalar:
    """Return the only value of a file with one key."""
    root, problems = read(text)
    assert problems == []
    assert root is not None
    value = root.items[0][1]
    assert isinstance(value, Scalar)
    return value


@pytest.mark.parametrize("word", ["no", "010", "1:30", "yes", "off", "1e3", "0x1F", "~", "null"])
def test_words_stay_what_was_written(word: str) -> None:
    """No country, number or time of day turns into something else."""
    assert value_of(f"key: {word}").text == word


@pytest.mark.parametrize(("word", "naive"), [("no", False), ("010", 8), ("1:30", 90)])
def test_words_change_without_the_strict_reader(word: str, naive: object) -> None:
    """The defence is needed: YAML 1.1 readers do turn them into something else."""
    yaml = ruamel.yaml.YAML(typ="safe", pure=True)
    yaml.version = (1, 1)

    assert yaml.load(f"key: {word}")["key"] == naive


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x 1\nb: 2", "1:4: anchors (&x) are not used"),
        ("a: *x", "1:4: aliases (*x) are not used"),
        ("a: !!python/object/apply:os.system [ls]", "1:4: tags"),
        ("a: !mine 1", "1:4: tags"),
        ("%YAML 1.1\n---\na: 1", "directives"),
        ("a: 1\n---\nb: 2", "one document"),
        ("a: 1\na: 2", "2:1: the key 'a' stands here twice (first in line 1)"),
        ("a:\n  b: 1\n  b: 2", "3:3: the key 'b' stands here twice"),
        ("? [1]\n: 2", "1:3: a key is a single word"),
        ("- a", "1:1: a rule file starts with keys"),
        ("a: [1", "this is not YAML"),
        ("a: 'x", "this is not YAML"),
        ("\ta: 1", "this is not YAML"),
        (b"a: \xff", "1:4: the file is not UTF-8"),
        (b"a: 1\nb: \xc3(", "2:4: the file is not UTF-8"),
        ("a: \x00", "this is not YAML"),
    ],
)
def test_strict_reader_refuses_with_a_place(text: str | bytes, said: str) -> None:
    """Each thing that makes YAML surprising or dangerous is one clear problem."""
    _, problems = read(text)

    assert len(problems) == 1
    assert said in problems[0]


def test_tags_call_nothing() -> None:
    """A tag that would run a command is refused before anything is made of it."""
    root, problems = read("a: !!python/object/apply:os.getpid []")

    assert root is None
    assert len(problems) == 1


def test_tags_call_python_in_a_naive_loader() -> None:
    """The defence is needed: an unsafe loader obeys."""
    with pytest.warns(PendingDeprecationWarning):
        yaml = ruamel.yaml.YAML(typ="unsafe", pure=True)

    assert yaml.load("a: !!python/object/apply:os.getpid []") == {"a": os.getpid()}


@pytest.mark.parametrize("opener", ["[", "- ", "{a: ", "? "])
def test_deep_nesting_is_a_problem_not_a_crash(opener: str) -> None:
    """Five thousand brackets neither overflow the stack nor take long."""
    root, problems = read("a:\n " + opener * 5000)

    assert root is None
    assert len(problems) == 1


def test_deep_nesting_overflows_a_naive_composer() -> None:
    """The defence is needed: composing recursively does overflow."""
    with pytest.raises(RecursionError):
        ruamel.yaml.YAML(typ="safe", pure=True).compose("[" * 1500)


def test_nesting_within_the_limit_is_fine() -> None:
    """The limit is far beyond what a rule file needs."""
    depth = MAX_DEPTH - 2
    _, problems = read("a: " + "[" * depth + "]" * depth)

    assert problems == []


def test_alias_bomb_costs_nothing() -> None:
    """Nine levels of aliases are refused at the first anchor."""
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]

    started = time.process_time()
    root, problems = read("\n".join(levels))

    assert root is None
    assert len(problems) == 1
    assert time.process_time() - started < 0.5


def test_alias_bomb_goes_off_in_a_naive_loader() -> None:
    """The defence is needed: a loader that follows aliases holds billions of items."""
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    loaded = ruamel.yaml.YAML(typ="safe", pure=True).load("\n".join(levels))

    size, node = 1, loaded["a9"]
    while isinstance(node, list):
        size, node = size * len(node), node[0]

    assert size == 9**10


def test_large_files_are_refused_unread() -> None:
    """A megabyte is the limit of one file."""
    _, problems = read(b"#" * (MAX_FILE_BYTES + 1))

    assert problems == ["a.yaml:0:0: the file is larger than 1024 KB"]


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "x" * 300_000,
        "a: '" + "x y " * 75_000 + "'",
        "#" * 300_000,
        "a: 1\n" + "\n" * 300_000,
    ],
)
def test_reading_is_linear(text: str) -> None:
    """Three hundred kilobytes of one thing are read in a moment."""
    started = time.process_time()

    read(text)

    assert time.process_time() - started < 2


def test_marks_name_line_and_column() -> None:
    """Editors jump to line and column, both from one."""
    root, _ = read("teams:\n  desk:\n    tell: [a, bc]\n")

    assert root is not None
    desk = root.items[0][1].items[0][1]  # type: ignore[union-attr]
    tell = desk.items[0][1]  # type: ignore[union-attr]
    assert isinstance(tell, ListNode)
    assert [(item.mark.line, item.mark.column) for item in tell.items] == [(3, 12), (3, 15)]


def test_empty_and_comment_files_are_fine() -> None:
    """A file may be empty, hold only comments, or begin with a byte order mark."""
    for text in ("", "# nothing\n", "\ufeff# x\n", "---\n"):
        assert read(text)[1] == []


@given(st.text(max_size=200))
@settings(max_examples=300)
def test_any_text_is_nodes_or_problems(text: str) -> None:
    """Nothing that can be typed makes the reader raise."""
    root, problems = read(text.encode("utf-8", "surrogatepass"))

    assert root is None or isinstance(root, MapNode)
    assert all(problem.startswith("a.yaml:") for problem in problems)


@given(st.lists(st.sampled_from(list("ab:-[]{}&*!|>'\"%@`?,# \n\t\\0")), max_size=40).map("".join))
@settings(max_examples=500)
def test_any_punctuation_is_nodes_or_problems(text: str) -> None:
    """What means something to YAML makes the reader raise as little."""
    read(text)


def test_truncation_at_every_byte_is_nodes_or_problems(load) -> None:
    """A file that was cut anywhere never raises: it loads or says why not."""
    whole = (
        DESK
        + """
faq:
  - id: hours
    ask: {en: ["When are you open?", 'Opening hours?']}
    answer:
      en: |
        From **nine** to six.
routes:
  - id: vpn
    when: {words: [vpn], any: [{any_words: [down]}, {pattern: 'VPN-(?P<n>\\d+)'}]}
    then: {team: network}
"""
    ).encode()

    for end in range(len(whole)):
        result = load(whole[:end])
        assert (result.book is None) == any(p.severity == "error" for p in result.problems)
