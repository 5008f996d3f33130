"""When a failed send tries again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contracts.channel import Abilities
from gateway.errors import AddressRefused, TemporaryFailure, Throttled, Uncertain
from gateway.journey.sending.retry import (
    FEWEST_TRIES,
    FIRST_DELAY,
    LONGEST_DELAY,
    Repeat,
    delay,
    repeat,
    verdict,
)
from gateway.model.outbox import OutboxState, SendItem
from gateway.model.outgoing import Part
from gateway.model.people import Place

NOW = datetime(2026, 11, 16, tzinfo=UTC)
MAX_AGE = timedelta(days=2)


def after(error, *, attempt=1, age=timedelta(0)):
    """Return what becomes of a row after an error."""
    part = Part(outbox_id="a" * 16, place=Place("mail", "a@b.example"), body=b"")
    item = SendItem(part=part, fence=1, attempt=attempt, lane="1:1", ticket=1, created_at=NOW - age)
    return verdict(item, error, now=NOW, jitter=0.5, max_age=MAX_AGE)


@given(st.integers(1, 60), st.floats(0, 1))
def test_delay_grows_and_is_bounded(attempt, jitter):
    """It never falls under three quarters of the last, and never leaves its bounds."""
    now, later = delay(attempt, jitter), delay(attempt + 1, jitter)

    assert FIRST_DELAY * 0.75 <= now <= LONGEST_DELAY * 1.25
    assert later >= now * 0.99


def test_temporary_failure_tries_again():
    """Greylisting is the usual case."""
    result = after(TemporaryFailure("451 later"))

    assert result.state is OutboxState.RETRY
    assert result.due_at > NOW


def test_unknown_error_counts_as_temporary():
    """A bug of ours must not lose a reply."""
    assert after(RuntimeError("?")).state is OutboxState.RETRY


def test_lost_answer_is_sent_again():
    """The same bytes under the same id."""
    assert after(Uncertain("reset after the dot")).state is OutboxState.RETRY


def test_refused_address_is_dead_at_once():
    """Trying again would not make it exist."""
    assert after(AddressRefused("550 no such user")).state is OutboxState.DEAD


def test_platforms_own_time_is_kept():
    """Who says when to come back is believed."""
    result = after(Throttled("slow down", retry_after=timedelta(seconds=40)))

    assert result.due_at == NOW + timedelta(seconds=40)


def test_age_ends_it():
    """Within the longest age every row ends, one way or the other."""
    assert after(TemporaryFailure("451"), age=MAX_AGE).state is OutboxState.DEAD


def test_a_clock_that_was_wrong_ends_nothing():
    """What was written in 1970, by a clock that is right by now, is not given up at once."""
    for attempt in range(1, FEWEST_TRIES):
        result = after(TemporaryFailure("451"), age=timedelta(days=20_000), attempt=attempt)
        assert result.state is OutboxState.RETRY
    late = after(TemporaryFailure("451"), age=timedelta(days=20_000), attempt=FEWEST_TRIES)
    assert late.state is OutboxState.DEAD


class Blind:
    """A channel that cannot look whether something arrived."""

    def __init__(self, on_uncertain):
        self.abilities = Abilities(on_uncertain=on_uncertain)


@pytest.mark.parametrize(
    ("on_uncertain", "was_repeat", "expected"),
    [("resend", False, Repeat.SEND), ("resend", True, Repeat.HOLD), ("hold", False, Repeat.HOLD)],
)
def test_what_may_have_arrived_goes_once_more_at_most(on_uncertain, was_repeat, expected):
    """However often the desk is killed: a person decides about a third time."""
    part = Part(outbox_id="a" * 16, place=Place("chat", "1"), body=b"")
    item = SendItem(
        part=part, fence=3, attempt=3, lane="1:1", ticket=1, created_at=NOW,
        was_uncertain=True, was_repeat=was_repeat,
    )  # fmt: skip

    assert repeat(item, Blind(on_uncertain)) is expected


@pytest.mark.parametrize(
    ("was_uncertain", "state"), [(False, OutboxState.UNCERTAIN), (True, OutboxState.HELD)]
)
def test_a_lost_answer_to_a_repeat_is_held(was_uncertain, state):
    """Also when the first answer was lost by a crash of ours."""
    part = Part(outbox_id="a" * 16, place=Place("chat", "1"), body=b"")
    item = SendItem(
        part=part, fence=2, attempt=2, lane="1:1", ticket=1, created_at=NOW,
        was_uncertain=was_uncertain,
    )  # fmt: skip

    found = verdict(
        item, Uncertain("reset"), now=NOW, jitter=0.5, max_age=MAX_AGE, channel=Blind("resend")
    )

    assert found.state is state
