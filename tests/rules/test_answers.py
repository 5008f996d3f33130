"""What an answer gives a field: the value, in one spelling, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.form import FormField
from rules.answers import read_answer


def field(kind, **more):
    """Return a field of a type."""
    return FormField(id="f", type=kind, ask={"en": "What?"}, **more)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("12", "12"),
        (" 12.50 ", "12.50"),
        ("12,5", "12.5"),
        ("1 200 300", "1200300"),
        ("-3", "-3"),
        ("+48", "48"),
        ("twelve", None),
        ("12 or 13", None),
        ("1e9", None),
        ("", None),
    ],
)
def test_numbers(said, value):
    """With a point, without signs and blanks that only people need."""
    assert read_answer(field("number"), said) == value


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("2026-03-02", "2026-03-02"),
        ("2.3.2026", "2026-03-02"),
        ("02/03/2026", "2026-03-02"),
        ("31.2.2026", None),
        ("2026-13-01", None),
        ("tomorrow", None),
        ("2.3.26", None),
    ],
)
def test_dates(said, value):
    """The day comes first, and a day that does not exist is none."""
    assert read_answer(field("date"), said) == value


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Lisbon", "Lisbon"),
        ("lisbon.", "Lisbon"),
        ("PORTO", "Porto"),
        ("Porto Alegre", "Porto Alegre"),
        ("łódź", "Łódź"),
        ("lodz", "Łódź"),
        ("2", "Porto"),
        ("2)", "Porto"),
        ("lis", "Lisbon"),
        ("5", None),
        ("0", None),
        ("por", None),
        ("Madrid", None),
        (".", None),
    ],
)
def test_choices(said, value):
    """By name however it is typed, by number, by a beginning that only one has."""
    choices = ("Lisbon", "Porto", "Porto Alegre", "Łódź")
    assert read_answer(field("choice", choices=choices), said) == value


def test_patterns_are_of_the_whole_answer():
    """A part that fits is not enough."""
    order = field("pattern", pattern="[A-Z]{2}-[0-9]{4}")
    assert read_answer(order, "AB-1234") == "AB-1234"
    assert read_answer(order, "my order is AB-1234") is None


def test_a_text_is_taken_as_it_is_up_to_a_bound():
    """Blanks around it are dropped; a whole book is no answer."""
    assert read_answer(field("text"), "  on the\nfirst floor ") == "on the\nfirst floor"
    assert read_answer(field("text"), "x" * 2001) is None


KINDS = st.sampled_from(["text", "number", "date", "choice", "pattern"])


@given(KINDS, st.text(max_size=60))
def test_whatever_is_said_is_a_value_or_none(kind, said):
    """Nothing raises, and a value read again is the same value."""
    asked = field(kind, choices=("a", "b b", "\u0130"), pattern="[0-9]+|ż")
    value = read_answer(asked, said)
    assert value is None or read_answer(asked, value) == value
