"""Durations and sizes as people write them."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.units import counted, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 day", timedelta(days=1)),
        ("8 hours", timedelta(hours=8)),
        ("30 s", timedelta(seconds=30)),
        ("2d", timedelta(days=2)),
        ("1 h 30 min", timedelta(minutes=90)),
        ("1.5 weeks", timedelta(days=10.5)),
        ("  0 s ", timedelta(0)),
    ],
)
def test_durations_read_as_people_write_them(text, expected):
    """Long and short unit names, with or without a blank, and sums of them are understood."""
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("36 MiB", 36 * 2**20), ("500 kB", 500_000), ("1GiB", 2**30), ("12 bytes", 12)],
)
def test_sizes_read_as_people_write_them(text, expected):
    """Decimal and binary units are told apart."""
    assert parse_size(text) == expected


@pytest.mark.parametrize("text", ["", " ", "5", "day", "1 fortnight", "-1 day", "1 d,", "9" * 40])
def test_what_is_no_amount_is_refused_with_an_example(text):
    """A number without a unit means nothing, and neither does a unit without a number."""
    with pytest.raises(ValueError, match="expected one such as"):
        parse_duration(text)
    with pytest.raises(ValueError, match="expected one such as"):
        parse_size(text)


@given(st.text(max_size=60))
def test_any_text_is_an_amount_or_a_value_error(text):
    """Nothing but ValueError comes out of a bad text."""
    with contextlib.suppress(ValueError):
        assert parse_duration(text) >= timedelta(0)
    with contextlib.suppress(ValueError):
        assert parse_size(text) >= 0


@pytest.mark.parametrize(
    ("count", "words", "expected"),
    [
        (0, ("ticket",), "0 tickets"),
        (1, ("ticket",), "1 ticket"),
        (2, ("ticket",), "2 tickets"),
        (1, ("row contradicts", "rows contradict"), "1 row contradicts"),
        (3, ("row contradicts", "rows contradict"), "3 rows contradict"),
    ],
)
def test_one_is_no_plural(count, words, expected):
    """Nobody reads "1 tickets"."""
    assert counted(count, *words) == expected
