"""What is said in Slack: rich text that nothing can be smuggled into, within Slack's limits."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.conformance import sample
from channels.slack.blocks import rich_blocks
from channels.slack.markup import edited, render
from channels.slack.runs import (
    Kind,
    _parser,
    _Reader,
    of_literal,
    of_markdown,
    plain_text,
)
from channels.slack.splitting import cut_at, is_boundary, split
from gateway.model.message import Attachment
from gateway.model.outgoing import Button, Outgoing, Part
from gateway.model.people import Place
from tests.fakes.slack import buttons, pings
from tests.fakes.slack.limits import fault_of

PLACE = Place("slack", "C0HELP001/1.000001")
HOSTILE = (
    "<!channel> <!here> <!subteam^S1> <@U1> <#C1> <https://evil.example|https://bank.example> "
    "@channel @everyone &lt;!channel&gt; *bold* `code`"
)


def message(part: Part) -> dict[str, Any]:
    """Return what a part posts."""
    found = json.loads(part.body)
    assert isinstance(found, dict)
    return found


def said(**changes: Any) -> dict[str, Any]:
    """Return the message that something to say becomes."""
    return message(render(sample(PLACE, **changes))[0])


def texts(node: Any) -> str:
    """Return all texts in blocks, joined."""
    if isinstance(node, list):
        return "".join(map(texts, node))
    if isinstance(node, dict):
        own = node.get("text", "")
        inner = "".join(texts(value) for key, value in node.items() if key != "text")
        return (own if isinstance(own, str) else texts(own)) + inner
    return ""


def test_markdown_becomes_rich_text():
    """Each thing that Markdown can say has its form."""
    source = (
        "# Title\n\nOpen **Settings** and *choose* `this` or [that](https://acme.example).\n\n"
        "1. one\n2. two\n   - inner\n\n> quoted\n> more\n\n---\n\n```\ncode & <b>\n```\n"
    )
    (first, rule, last) = rich_blocks(of_markdown(source))

    kinds = [element["type"] for element in first["elements"]]
    title, gap, opened, settings, *_ = first["elements"][0]["elements"]
    assert kinds == [
        "rich_text_section",
        "rich_text_list",
        "rich_text_list",
        "rich_text_quote",
    ]
    assert title == {"type": "text", "text": "Title", "style": {"bold": True}}
    assert (gap["text"], opened["text"]) == ("\n\n", "Open ")
    assert settings["style"] == {"bold": True}
    assert [item["indent"] for item in first["elements"][1:3]] == [0, 1]
    assert rule == {"type": "divider"}
    assert last["elements"][0] == {
        "type": "rich_text_preformatted",
        "elements": [{"type": "text", "text": "code & <b>"}],
    }


plain = st.text(st.sampled_from("ab 1-.:*_(),;"), min_size=1, max_size=40)


@given(source=plain)
def test_the_short_way_reads_what_the_parser_reads(source):
    """Plain paragraphs and bold words are read without the parser, and mean the same."""
    parsed = tuple(_Reader(_parser.parse(source)).blocks())

    assert texts(rich_blocks(of_markdown(source))) == texts(rich_blocks(parsed))
    assert rich_blocks(of_markdown(source)) == rich_blocks(parsed)


def test_lists_go_on_where_they_were():
    """A list that begins at 3 shows 3."""
    (block,) = rich_blocks(of_markdown("3. three\n4. four"))

    assert block["elements"][0]["offset"] == 2
    assert len(block["elements"][0]["elements"]) == 2


def test_unsafe_links_are_words():
    """Only web, mail and telephone addresses can be followed."""
    (block,) = rich_blocks(of_markdown("[a](javascript:alert) [b](https://acme.example)"))
    kinds = [element["type"] for element in block["elements"][0]["elements"]]

    assert kinds == ["text", "link"]


@pytest.mark.parametrize("field", ["literal", "text", "title", "reference", "state", "closing"])
def test_nothing_that_is_said_calls_anybody(field):
    """Neither what a person typed nor our own words can notify, or show a masked link."""
    found = said(**{field: HOSTILE, "title": HOSTILE})

    assert pings(found) == []
    assert "<" not in found["text"]
    assert not any(block["type"] == "section" for block in found["blocks"])


def test_what_a_person_typed_arrives_as_typed():
    """No character of it is markup, and none is lost."""
    found = said(text="", literal=HOSTILE)

    (run,) = found["blocks"][0]["elements"][0]["elements"]
    assert run == {"type": "text", "text": HOSTILE}


def test_links_are_not_looked_at_by_anybody():
    """Links in what is said are not unfolded, so that a one-time link is still good."""
    assert "unfurl" not in json.dumps(said(literal="https://acme.example/login?once=1"))


def test_buttons_carry_their_ids_and_the_state_is_a_small_line():
    """A label that is too long for a button is shortened; the line names the ticket."""
    shown = (
        Button(label="That helped", word="helped", id="sealed-1"),
        Button(label="Longer than any button may be " * 4, word="choice", id="sealed-2"),
        Button(label="by mail only", word="x"),
    )
    found = said(buttons=shown, reference="VT-1042-K", state="waiting")

    first, second = buttons(found)
    assert (first["text"]["text"], first["value"]) == ("That helped", "sealed-1")
    assert second["text"]["text"].endswith("\N{HORIZONTAL ELLIPSIS}")
    assert found["blocks"][-1]["elements"][0]["text"] == "VT-1042-K \N{MIDDLE DOT} waiting"
    assert fault_of(found) == ""


@pytest.mark.parametrize(
    ("reference", "state", "line"),
    [
        ("VT-1042-K", "open", "VT-1042-K \N{MIDDLE DOT} open"),
        ("VT-1042-K", "VT-1042-K \N{MIDDLE DOT} open", "VT-1042-K \N{MIDDLE DOT} open"),
        ("VT-1042-K", "", "VT-1042-K"),
        (None, "open", "open"),
    ],
)
def test_the_small_line_says_each_thing_once(reference, state, line):
    """Also where the state's words have the reference in them."""
    found = said(reference=reference, state=state)

    assert found["blocks"][-1]["elements"][0]["text"] == line


def test_an_edit_takes_the_buttons_and_keeps_the_words():
    """The text stays as it was frozen; buttons go, the state is another."""
    before = sample(
        PLACE, buttons=(Button(label="Yes", word="yes", id="1"),), reference="VT-1", state="asking"
    )
    (original,) = render(before)
    (edit,) = render(sample(PLACE, text="", edits=before.outbox_id, reference="VT-1", state="open"))

    found = edited(original.body, edit.body)

    assert edit.anchor == before.outbox_id
    assert found["text"] == message(original)["text"]
    assert found["blocks"][0] == message(original)["blocks"][0]
    assert buttons(found) == []
    assert "open" in texts(found["blocks"])


def test_a_message_goes_under_another_and_files_under_their_message():
    """In a room, files stand in the thread of the message that they belong to."""
    file = Attachment(name="a.pdf", media_type="application/pdf", digest="d", content=b"x")
    room, direct = Place("slack", "C0HELP001"), Place("slack", "D0ANA")

    below = render(sample(room, under="first", attachments=(file,)))
    top = render(sample(room, attachments=(file,)))
    private = render(sample(direct, attachments=(file,)))

    assert [part.anchor for part in below] == ["first", "first"]
    assert [part.anchor for part in top] == ["", top[0].outbox_id]
    assert [part.anchor for part in private] == ["", ""]
    assert top[1].facts["title"] == "a.pdf"
    assert top[1].facts["name"] != below[0].facts.get("name")


def test_an_empty_file_is_named():
    """Slack takes none without bytes; that it was there is said."""
    empty = Attachment(name="a.txt", media_type="text/plain", digest="d", content=b"")
    (part,) = render(sample(PLACE, attachments=(empty,)))

    assert "a.txt (0 bytes)" in texts(message(part)["blocks"])


@pytest.mark.parametrize("length", [1, 2900, 2901, 3001, 11_000, 11_001, 60_000])
def test_every_length_is_within_slacks_limits(length):
    """Long texts are cut into blocks, very long ones are a file; nothing is lost."""
    text = ("word " * length)[:length]
    first, *files = render(sample(PLACE, text="", literal=text, language="pt"))

    assert fault_of(message(first)) == ""
    whole = files[0].body.decode() if files else texts(message(first)["blocks"])
    assert text.strip() in whole
    assert len(files) == (length > 11_000)


def test_a_long_list_is_a_file_when_it_has_too_many_blocks():
    """Fifty blocks are Slack's limit, whatever is in them."""
    first, file = render(sample(PLACE, text="a\n\n---\n\n" * 60))

    assert fault_of(message(first)) == ""
    assert file.facts["call"] == "file"


markdown = st.text(st.sampled_from("ab \n*_`#>-1.[]()<>&!|\\~"), max_size=200)


@given(text=markdown, literal=st.text(max_size=80), closing=markdown)
def test_whatever_is_said_is_valid_and_calls_nobody(text, literal, closing):
    """Any Markdown, any words: Slack takes it, and nobody is notified by it."""
    literal = f"{literal} {HOSTILE}"
    parts = render(sample(PLACE, text=text, literal=literal, closing=closing))
    found = message(parts[0])

    assert fault_of(found) == ""
    assert pings(found) == []
    assert literal.replace("\r\n", "\n").strip("\n") in texts(found["blocks"])


@given(text=st.text(min_size=1), limit=st.integers(min_value=1, max_value=40))
def test_splitting_loses_nothing(text, limit):
    """The pieces joined are the text, none is too long, none is empty."""
    pieces = split(text, limit)

    assert "".join(pieces) == text
    assert all(0 < len(piece) <= limit for piece in pieces)


LETTERS = ("e\u0301", "👩‍👩‍👧", "🇵🇹", "👍🏽", "각", "\r\n", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "a")


@given(st.lists(st.sampled_from(LETTERS), min_size=1, max_size=12), st.integers(15, 40))
def test_no_letter_is_cut(letters, limit):
    """A cut is never in the middle of what people see as one letter."""
    text = "".join(letters)
    seams = {sum(map(len, letters[:count])) for count in range(len(letters) + 1)}

    assert cut_at(text, limit) in seams
    assert all(is_boundary(text, seam) for seam in seams if text[seam : seam + 1] != "각"[1:])


def test_a_cut_is_where_people_would_make_it():
    """Between paragraphs before lines, lines before sentences, sentences before words."""
    assert split("one two\n\nthree four", 12) == ["one two\n\n", "three four"]
    assert split("one two. three", 11) == ["one two. ", "three"]
    assert split("one two three", 9) == ["one two ", "three"]
    assert split("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]


def test_plain_text_shows_what_the_blocks_say():
    """Notifications and files have the same words."""
    shown = plain_text(of_markdown("# T\n\n- a\n- [b](https://x.example)\n\n> q\n\n***\n\n2. z"))

    assert shown == "T\n\n- a\n- b (https://x.example)\n\n> q\n\n--------------------\n\n2. z"
    assert of_literal("") == of_markdown(" ") == ()
    assert of_markdown("![alt](https://x.example/p.png)")[0].runs[0].link.endswith("p.png")
    assert of_markdown("- a\n\n  b")[0].kind is Kind.ITEM


def test_a_part_is_found_again_by_its_outbox_id():
    """In its metadata, for the read-back; and Slack's own guess at repeats has the same base."""
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    outgoing = Outgoing(outbox_id="o1", place=PLACE, created_at=at, title="T", text="Hello")
    (part,) = render(outgoing)

    assert message(part)["metadata"] == {
        "event_type": "ventanilla_reply",
        "event_payload": {"outbox_id": "o1"},
    }
    assert message(part)["client_msg_id"] == "e83d5543-4a48-5608-b2a7-a39f81026f54"
    assert part.facts == {"call": "post", "since": at.timestamp()}


def test_who_speaks_is_named_where_a_person_does():
    """One line, read as it seems to; what the desk says by itself and what teams see has none."""
    person = {"text": "", "literal": "Hi", "sender_name": "Ana\u202e Reis\n"}
    posted = said(automatic=False, **person)

    assert posted["text"].startswith("Ana Reis:\n\nHi")
    named = posted["blocks"][0]["elements"][0]["elements"][0]
    assert named == {"type": "text", "text": "Ana Reis:", "style": {"bold": True}}
    assert said(automatic=True, **person)["text"].startswith("Hi")
    assert said(automatic=False, to_agents=True, **person)["text"].startswith("Hi")
