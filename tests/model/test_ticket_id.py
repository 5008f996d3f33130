"""References that survive the telephone."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.model.ticket_id import find_references, format_reference, parse_reference

NUMBERS = st.integers(min_value=1, max_value=10**12)


@given(NUMBERS)
def test_reference_is_read_back(number):
    """What is written is read, in any case and with blanks around it."""
    reference = format_reference("VT", number)

    assert parse_reference("VT", f" {reference.lower()} ") == number


@given(NUMBERS, st.data())
def test_one_wrong_character_is_detected(number, data):
    """No single wrong digit or letter leads to a ticket."""
    reference = format_reference("VT", number)
    place = data.draw(st.integers(min_value=0, max_value=len(reference) - 1))
    wrong = data.draw(st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"))
    typed = reference[:place] + wrong + reference[place + 1 :]

    assert typed == reference or parse_reference("VT", typed) is None


@given(NUMBERS, st.data())
def test_two_swapped_neighbours_are_detected(number, data):
    """The commonest slip of all leads nowhere."""
    reference = format_reference("VT", number)
    place = data.draw(st.integers(min_value=0, max_value=len(reference) - 2))
    one, two = reference[place], reference[place + 1]
    typed = reference[:place] + two + one + reference[place + 2 :]

    assert one == two or parse_reference("VT", typed) is None


def test_references_are_found_in_a_subject():
    """All right ones, once each; what only looks like one is passed over."""
    right = format_reference("VT", 1042)
    subject = f"Re: AW: [{right}] about {right} and VT-1042-A, xVT-1-A"

    assert find_references("VT", subject) == (1042,)
