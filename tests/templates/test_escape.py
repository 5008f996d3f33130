"""Plain values stay plain: in Markdown, and in a title."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import templates
from templates.escape import escape, one_line

COMMON = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HOSTILE = [
    "**bold** _it_ `code`",
    "[click](http://evil.example)",
    "![](http://evil.example/pixel.png)",
    "<http://evil.example>",
    "<img src=x onerror=alert(1)>",
    "# a heading",
    "- a list",
    "12) a list",
    "> a quote",
    "a\n===",
    "a\n\n    code",
    "&lt;b&gt;",
    "| a |\n|---|",
    "~~gone~~",
    "\\*",
    "[a]: http://evil.example",
]


def shown(source: str) -> str:
    """Return the text that readers see of a paragraph, and fail when it is anything else."""
    html = COMMON.render(source)
    found = re.fullmatch(r"<p>(.*)</p>\n", html, re.DOTALL)
    assert found or not source, html
    body = found[1] if found else ""
    assert "<" not in body, html
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        body = body.replace(entity, character)
    return body


def naive(text: str) -> str:
    """Return the text as it is: what a gateway without escaping inserts."""
    return text


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_in_a_value_is_shown_as_typed(text):
    """A requester's subject cannot draw a link, a picture or a list in an agent's notice."""
    assert shown(escape(text)) == one_line(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_without_escaping_markup_would_work(text):
    """The twin of the test above: the same values, put in as they are, do change the page."""
    try:
        unchanged = shown(naive(text)) == one_line(text)
    except AssertionError:
        unchanged = False

    assert not unchanged


@given(st.text())
def test_any_text_is_shown_as_typed(text):
    """No character at all means anything but itself."""
    assert shown(escape(text)) == one_line(text)


@given(st.text())
def test_a_line_stays_one_line(text):
    """No value opens a second line, in the body or in a subject."""
    assert len(one_line(text).splitlines()) <= 1
    assert len(escape(text).splitlines()) <= 1


def test_turned_text_is_straightened():
    """Unicode's overrides cannot make a name read backwards."""
    assert one_line("inv\u202egnp.exe") == "invgnp.exe"


def test_a_title_is_one_line_and_not_markdown():
    """A subject is plain text: nothing is escaped in it, and no line break survives."""
    words, _ = templates.load(("en",), None)
    values = dict.fromkeys(templates.KEYS["agent/new"], "x")

    title = words.render(
        "agent/new", "en", values | {"subject": "a *b*\r\nBcc: c@d.example\u2028e"}
    ).title

    assert title == "a *b* Bcc: c@d.example e [x]"


def test_references_stay_readable():
    """Where a character means nothing it is not escaped: people read some sources as they are."""
    assert escape("VT-1042-F") == "VT-1042-F"
    assert escape("ana.reis@example.org") == "ana.reis@example.org"
