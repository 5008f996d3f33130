"""What goes out: formatting as entities, long texts in pieces, files first."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.conformance import sample
from channels.telegram.entities import Rich, Span, split
from channels.telegram.files import MAX_UPLOAD
from channels.telegram.frozen import FrozenCall
from channels.telegram.graphemes import is_boundary, units
from channels.telegram.markdown import literal, render
from channels.telegram.markup import MAX_CAPTION, MAX_TEXT
from gateway.model.message import Attachment
from gateway.model.outgoing import Button
from gateway.model.people import Place
from tests.channels.telegram.conftest import make_channel
from tests.channels.telegram.test_send import PNG, attachment
from tests.fakes.telegram_api import check_text

RITA = Place("telegram", "501")
FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
FLAG = "\U0001f1f5\U0001f1f9"
SPECIALS = r"_*[]()~`>#+-=|{}.!\ <b> </i> <a href='tg://user?id=1'>x</a> &amp; {{ 7*7 }}"


def letters(*some: str) -> st.SearchStrategy[str]:
    """Return texts made of what people see as letters."""
    return st.lists(st.sampled_from(some), max_size=200).map("".join)


def calls(**changes) -> list[FrozenCall]:
    """Return the calls that say something."""
    parts = make_channel().render(sample(RITA, **changes))
    return [FrozenCall.from_bytes(part.body) for part in parts]


def looks(source: str) -> tuple[str, list[tuple[str, str, str]]]:
    """Return Markdown's text, and (kind, words, value) of its spans."""
    rich = render(source)
    return rich.text, [(s.kind, rich.text[s.start : s.end], s.value) for s in sorted(rich.spans)]


@pytest.mark.parametrize(
    ("source", "text", "spans"),
    [
        ("a **b** *c* `d`", "a b c d", [("bold", "b", ""), ("italic", "c", ""), ("code", "d", "")]),
        ("- a\n- b\n\nc", "• a\n• b\n\nc", []),
        ("3. a\n4. b\n   - c", "3. a\n4. b\n    • c", []),
        ("# Head\n\ntext", "Head\n\ntext", [("bold", "Head", "")]),
        ("[here](https://a.b/c)", "here", [("text_link", "here", "https://a.b/c")]),
        ("<https://a.b/c>", "https://a.b/c", []),
        ("[mail](mailto:a@b.c)", "mail (mailto:a@b.c)", []),
        ("[x](tg://user?id=1)", "x", []),
        ("![map](https://a.b/m.png)", "map", [("text_link", "map", "https://a.b/m.png")]),
        ("> a\n> > b", "a\n\nb", [("blockquote", "a\n\nb", "")]),
        ("```sh\nls\n```", "ls", [("pre", "ls", "sh")]),
        ("*a `b` c*", "a b c", [("italic", "a ", ""), ("code", "b", ""), ("italic", " c", "")]),
        ("one\ntwo  \nthree", "one two\nthree", []),
        ("<b>x</b> & y", "<b>x</b> & y", []),
        ("a\n\n---\n\nb", "a\n\n———\n\nb", []),
    ],
)
def test_markdown_becomes_entities(source, text, spans):
    """What Telegram has a form for has it; the rest is written out."""
    assert looks(source) == (text, spans)


@given(st.text(alphabet=st.sampled_from("ab *_`[]()>#-1.\n~!<&" + FAMILY), max_size=60))
def test_any_markdown_is_taken_by_telegram(source):
    """Whatever an admin wrote: no entity is refused, and nothing raises."""
    rich = render(source)

    if rich.text.strip():
        check_text(rich.text, rich.entities(), MAX_TEXT, "text")


def test_literal_text_arrives_as_it_was_typed():
    """No parse mode, no entity: nothing in it can be read as markup."""
    (call,) = calls(text="", literal=SPECIALS, reference=None)

    assert call.text == SPECIALS
    assert "parse_mode" not in json.dumps(call.parameters)
    assert "entities" not in call.parameters


def test_links_are_not_looked_at():
    """A preview would spend a login link that works once."""
    (call,) = calls(text="https://desk.acme.example/login?once=1")

    assert call.parameters["link_preview_options"] == {"is_disabled": True}


# --- long texts ------------------------------------------------------------------------------


def test_text_over_4096_is_split_in_order():
    """In pieces that Telegram takes; every word is there, in its place."""
    words = [f"word{number}" for number in range(1400)]

    said = calls(text="", literal=" ".join(words), reference=None)

    assert all(units(call.text) <= MAX_TEXT for call in said)
    assert " ".join(call.text for call in said).split(" ") == words


def test_length_is_counted_in_utf16():
    """4,096 emoji are twice as long as 4,096 letters."""
    said = calls(text="", literal="\U0001f600" * 4096, reference=None)

    assert [units(call.text) for call in said] == [4096, 4096]


def test_emoji_sequences_and_flags_stay_whole():
    """Nobody gets half a family."""
    for one in (FAMILY, FLAG, "e\u0301", "\U0001f44d\U0001f3fd", "❤\ufe0f"):
        said = calls(text="", literal=one * 1500, reference=None)

        assert all(call.text.replace(one, "") == "" for call in said)


def test_pieces_end_where_paragraphs_do():
    """As a person would cut it."""
    paragraphs = ["x" * 1500, "y" * 1500, "z" * 1500]

    said = calls(text="\n\n".join(paragraphs), reference=None)

    assert [call.text for call in said] == ["\n\n".join(paragraphs[:2]), paragraphs[2]]


def test_links_are_not_cut_through():
    """Half a link's words are no link."""
    rich = Rich("a" * 90 + " one two three", (Span(91, 104, "text_link", "https://a.b"),))

    first, second = split(rich, 100)

    assert (first.text, first.spans) == ("a" * 90, ())
    assert second.text[second.spans[0].start : second.spans[0].end] == "one two three"


@given(
    letters("a", " ", "\n", FAMILY, FLAG, "e\u0301", "."),
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), max_size=3),
    st.integers(20, 80),
)
def test_splitting_keeps_every_character_and_every_limit(text, marks, limit):
    """Joined again it is the text but for blanks; formatting is where it was."""
    spans = tuple(
        Span(min(a, b), min(max(a, b), len(text)), "bold")
        for a, b in marks
        if min(a, b) < min(max(a, b), len(text))
    )
    rich = Rich(text, spans)

    pieces = split(rich, limit)

    assert "".join("".join(p.text.split()) for p in pieces) == "".join(text.split())
    for piece in pieces:
        assert units(piece.text) <= limit
        assert all(0 <= s.start < s.end <= len(piece.text) for s in piece.spans)
    assert _bold_letters(pieces) == _bold_letters([rich])


def _bold_letters(pieces) -> list[tuple[str, bool]]:
    return [
        (letter, any(s.start <= at < s.end for s in piece.spans))
        for piece in pieces
        for at, letter in enumerate(piece.text)
        if not letter.isspace()
    ]


@given(letters("a", FAMILY, FLAG, "e\u0301"))
def test_no_boundary_lies_within_what_people_see_as_one(text):
    """Cut at all boundaries, there is nothing but whole ones."""
    cuts = [at for at in range(len(text) + 1) if is_boundary(text, at)]
    whole = {text[a:b] for a, b in pairwise(cuts)}

    assert whole <= {"a", FAMILY, FLAG, "e\u0301"}


def test_what_is_longer_than_any_character_is_cut_all_the_same():
    """A thousand accents on one letter are an attack, not a letter."""
    said = calls(text="", literal="e" + "\u0301" * 9000, reference=None)

    assert sum(call.text.count("\u0301") for call in said) == 9000


def test_a_text_for_many_messages_becomes_a_file():
    """Its beginning is shown, and the whole of it is there."""
    text = "\n\n".join(f"Paragraph {number} " + "x" * 500 for number in range(100))

    (call,) = calls(text="", literal=text, state="VT-1042-F · open")

    assert call.method == "sendDocument"
    assert call.text.startswith("Paragraph 0")
    assert call.text.endswith("The whole text is in the file.\n\nVT-1042-F · open")
    assert units(call.text) <= MAX_CAPTION
    assert text.encode() in call.files[0].content


# --- files -----------------------------------------------------------------------------------


def test_a_short_text_is_the_caption():
    """One file and a few words are one message."""
    (call,) = calls(attachments=(attachment("a.png", PNG, "image/png"),))

    assert call.method == "sendPhoto"
    assert "your reference is VT-1042-F." in call.text
    assert [e["type"] for e in call.parameters["caption_entities"]] == ["bold"]


def test_caption_over_1024_goes_after_the_media():
    """Else the whole send would fail: the file first, then the text."""
    literal_text = "x" * (MAX_CAPTION + 1)

    photo, text = calls(literal=literal_text, attachments=(attachment("a.png", PNG, "image/png"),))

    assert (photo.method, text.method) == ("sendPhoto", "sendMessage")
    assert "caption" not in photo.parameters
    assert literal_text in text.text


def test_several_files_are_albums_of_their_kind():
    """Photos with photos, files with files, ten at most, in their order."""
    pictures = [attachment(f"{n}.png", PNG, "image/png") for n in range(11)]
    papers = [attachment(f"{n}.txt") for n in range(2)]

    said = calls(attachments=(*pictures, *papers))

    assert [(c.method, len(c.files)) for c in said] == [
        ("sendMediaGroup", 10),
        ("sendPhoto", 1),
        ("sendMediaGroup", 2),
        ("sendMessage", 0),
    ]


def test_what_only_calls_itself_a_picture_goes_as_a_file():
    """Telegram would refuse it."""
    (call,) = calls(attachments=(attachment("a.png", b"MZ", "image/png"),))

    assert call.method == "sendDocument"


def test_files_that_telegram_does_not_take_are_named():
    """Empty ones, and those over 50 MB."""
    big = Attachment(name="big.iso", media_type="x/y", digest="d", content=bytes(MAX_UPLOAD + 1))

    (call,) = calls(attachments=(big, attachment("empty.txt", b"")))

    assert call.method == "sendMessage"
    assert "big.iso: could not be sent by Telegram (50 MB > 50 MB)" in call.text
    assert "empty.txt: could not be sent by Telegram (0 B)" in call.text


# --- the rest --------------------------------------------------------------------------------


def test_buttons_carry_ids_that_fit():
    """Two short ones side by side, longer ones below each other, under the first piece."""
    short = tuple(Button(label=label, word="w", id="i" * 64) for label in ("Yes", "No"))
    long = tuple(Button(label="Reset my password, please", word="w", id=f"{n}") for n in (1, 2))

    (row,) = calls(buttons=short)[0].parameters["reply_markup"]["inline_keyboard"]
    rows = calls(buttons=long)[0].parameters["reply_markup"]["inline_keyboard"]
    first, *later = calls(buttons=short, literal="x " * 3000)

    assert [button["text"] for button in row] == ["Yes", "No"]
    assert [len(one) for one in rows] == [1, 1]
    assert "reply_markup" in first.parameters
    assert all("reply_markup" not in call.parameters for call in later)


def test_what_is_edited_later_comes_first():
    """A ticket's first message changes its state line and buttons: only the first part can."""
    picture = attachment("a.png", PNG, "image/png")

    said = calls(literal="x " * 3000, attachments=(picture,), state="VT-1042-F · open")

    assert [call.method for call in said] == ["sendMessage", "sendMessage", "sendPhoto"]
    assert said[0].text.endswith("VT-1042-F · open")
    assert said[0].footer == len("VT-1042-F · open")
    assert all(units(call.text) <= MAX_TEXT for call in said)


def test_buttons_without_an_id_are_left_out():
    """Nothing could come back from them."""
    assert "reply_markup" not in calls(buttons=(Button(label="Yes", word="w"),))[0].parameters


def test_who_speaks_is_named_where_a_person_does():
    """Cleaned, because agents choose their names too; templates' words have no name."""
    (person,) = calls(text="", literal="Hi", automatic=False, sender_name="Ana\u202e Reis")
    (machine,) = calls(text="Hi", sender_name="Ana Reis")

    assert person.text.startswith("Ana Reis:\n\nHi")
    assert machine.text.startswith("Hi")


def test_nothing_to_say_says_at_least_what_it_is_about():
    """An empty message would be refused, for ever."""
    (call,) = calls(text="", literal="", reference=None, title="About your request")

    assert call.text == "About your request"


def test_a_call_survives_its_row():
    """What is frozen is what is sent."""
    files = (attachment("ä.png", PNG, "image/png"), attachment("b.txt", b"\n\0\n"))
    for part in make_channel().render(sample(RITA, attachments=files)):
        call = FrozenCall.from_bytes(part.body)

        assert call.to_bytes() == part.body
    assert literal("x\0").text == "x"
