"""Rendering: values are data, and a failing template leaves nobody without words."""

import time
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

import templates
from templates import plain
from templates.catalogue import CATALOGUE, samples

WORDS, _ = templates.load(("en",), None)
SOURCES = [
    "{{7*7}}",
    "{% for i in range(10**9) %}x{% endfor %}",
    "{n.__class__.__init__.__globals__}",
    "%(reference)s %s",
    "${reference}",
    "{{ reference }}",
]


@pytest.mark.parametrize("source", SOURCES)
def test_a_value_is_never_a_template(source):
    """What looks like a template in a value is shown as it was written."""
    values = dict.fromkeys(templates.KEYS["agent/new"], "x") | {"subject": source, "topic": source}

    rendered = WORDS.render("agent/new", "en", values)

    assert rendered.title == f"{source} [x]"
    assert source.replace("_", "\\_").replace("*", "\\*") in rendered.body


def test_rendering_twice_would_run_a_value():
    """The twin: a gateway that renders its own output again does compute with it."""
    once = WORDS.render("requester/answer", "en", {"reference": "x", "answer": "{{ 7 * 6 }}"}).body

    assert once == "{{ 7 * 6 }}\n\nDid this help?"
    assert twice(once).startswith("42")


def twice(body: str) -> str:
    """Render a rendered text again."""
    from jinja2 import Template  # noqa: PLC0415 - the naive way, used nowhere else

    return Template(body).render()


def test_a_value_cannot_fake_the_separator():
    """A line of three dashes in a value does not move text into the closing."""
    values = {"reference": "VT-1042-F", "answer": "above\n\n---\n\nbelow"}

    rendered = WORDS.render("requester/answer", "en", values)

    assert rendered.body.startswith("above\n\n---\n\nbelow\n")
    assert rendered.closing.startswith("If not, or ")


def test_an_answer_keeps_its_markdown_and_nothing_else_does():
    """Only the FAQ's own text is Markdown."""
    values = {"reference": "**x**", "answer": "a **b** <c>"}

    rendered = WORDS.render("requester/answer", "en", values)

    assert rendered.body.startswith("a **b** <c>\n")
    assert "\\*\\*x\\*\\*" in rendered.closing


class Colour(StrEnum):
    """A word with a class of its own."""

    RED = "red"


def test_an_enum_goes_in_as_its_word():
    """The journey may hand in its own enums; a template sees plain text."""
    values = dict.fromkeys(templates.KEYS["agent/new"], "x") | {"priority": Colour.RED}

    assert "- **Priority:** red" in WORDS.render("agent/new", "en", values).body


@pytest.mark.parametrize("details", ["one\n\ntwo", ("one", "two")])
def test_details_are_a_list(details):
    """An alert keeps its lines, however they were handed in."""
    rendered = WORDS.render("agent/alert", "en", {"what": "w", "details": details})

    assert rendered.body == "**w**\n\n- one\n- two"


@pytest.mark.parametrize("bad", [None, object(), 1.5, ["a"], (1, 2), {"a": "b"}])
def test_a_wrong_value_gives_the_built_in_words(bad, caplog):
    """An object never reaches a template; the request is answered all the same, and it is told."""
    rendered = WORDS.render("requester/received", "en", {"reference": bad})

    assert rendered.title == "We have received your request"
    assert rendered.body.startswith("We have your request. Its number is ")
    assert "template not usable" in caplog.text


def test_a_missing_value_gives_the_built_in_words(caplog):
    """Nobody is left without words because a value was forgotten."""
    rendered = WORDS.render("requester/choices", "en", {"choices": ("*a*", "b")})

    assert rendered.body.startswith("1. \\*a\\*\n2. b\n")
    assert "template not usable" in caplog.text


def test_an_override_that_fails_late_gives_the_shipped_words(tmp_path, caplog):
    """What no dry run can foresee falls back at once, and is told."""
    path = tmp_path / "en/requester/received.md.j2"
    path.parent.mkdir(parents=True)
    path.write_text("Subject: {% if reference == 'X' %}{{ reference.nothing }}{% endif %}ok\n")
    words, problems = templates.load(("en",), tmp_path)

    good = words.render("requester/received", "en", {"reference": "VT-1-R"})
    late = words.render("requester/received", "en", {"reference": "X"})

    assert problems == ()
    assert good.title == "ok"
    assert late.title == "We have received your request"
    assert "template failed" in caplog.text


@pytest.mark.parametrize("key", CATALOGUE)
def test_built_in_words_show_every_value_they_have(key):
    """The last resort is plain, but complete and safe without any value at all."""
    ordinary, _ = samples(key)

    full = plain.words(key, ordinary)
    empty = plain.words(key, {})

    assert full.title
    assert empty.title
    if "reference" in ordinary:
        assert "VT-1042-F" in full.title + full.body


@given(st.sampled_from(list(CATALOGUE)), st.text(), st.text())
def test_no_value_breaks_a_message(key, language, text):
    """Any text in any place gives a title of one line."""
    values = dict.fromkeys(templates.KEYS[key], text)

    rendered = WORDS.render(key, language, values)

    assert len(rendered.title.splitlines()) <= 1


def test_rendering_is_fast():
    """One message costs a small part of what the desk may spend on one mail."""
    values, _ = samples("agent/new")
    WORDS.render("agent/new", "en", values)

    best = min(_timed(values) for _ in range(20))

    # 40 microseconds on the slow machine this was written on; ten times that is a mistake.
    assert best < 0.0004


def _timed(values) -> float:
    started = time.perf_counter()
    WORDS.render("agent/new", "en", values)
    return time.perf_counter() - started
