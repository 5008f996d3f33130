"""A little chance in every run of the tests, and proof that each round can find something.

``make faults`` tries as much as the docs quote. A seed that found something is printed.
"""

from __future__ import annotations

import email.utils
import json
import os
import re

import pytest

from gateway.model.message import RawEvent
from gateway.model.outgoing import Part
from gateway.model.people import Place
from tests.channels.email.readings import PARSER
from tests.channels.telegram.conftest import NAME, make_channel
from tests.fakes.telegram_people import pressed, said_by_bot
from tests.fuzz import mails, patterns, payloads, senders
from tests.fuzz.outcome import Outcome


@pytest.fixture
def seed() -> int:
    """Return another seed each time; pytest prints it when a test fails."""
    return int.from_bytes(os.urandom(3))


def none_in(outcome: Outcome, seed: int) -> None:
    """Pass when nothing was found."""
    assert not outcome.faults, f"seed {seed}: {outcome}"


async def test_no_mail_kills_its_reader(seed: int) -> None:
    """Mutants of our sample mails, through the real child."""
    none_in(await mails.run(600, seed), seed)


class Fragile:
    """A reader that one kind of mail kills."""

    def keys(self, raw: RawEvent):
        """Return what identifies a mail."""
        return PARSER.keys(raw)

    def parse(self, raw: RawEvent):
        """Read a mail, or die."""
        if b"\xff\xfe" in raw.body:
            os._exit(3)
        return PARSER.parse(raw)


async def test_a_fragile_reader_is_found_out() -> None:
    """The twin: what dies of some bytes is seen to."""
    assert (await mails.run(150, 1, parsers={"support-mail": Fragile()})).faults


def test_no_sender_passes_for_another(seed: int) -> None:
    """Header values of many pieces, against a reading of our own."""
    none_in(senders.run(5000, seed), seed)


def test_the_standard_library_takes_some_for_others() -> None:
    """The twin (CVE-2023-27043 and its like)."""
    assert senders.run(5000, 1, lambda value: email.utils.parseaddr(value)[1] or None).faults


@pytest.mark.parametrize(
    "value",
    [
        "gus@corp.example: evil@x.example",
        "gus@corp.example: evil@x.example;",
        "Team gus@corp.example:;<evil@x.example>",
        "a) b: evil@x.example;",
    ],
)
def test_a_group_whose_name_is_an_address_names_nobody(value: str) -> None:
    """Found by chance: its name was dropped unseen, and one address was left."""
    assert senders.product(value) is None


def test_no_payload_breaks_a_reader_and_no_words_call_anybody(seed: int) -> None:
    """Anything in any place of what Slack and Telegram send; anything said in a room."""
    none_in(payloads.run(2000, seed), seed)


def test_half_a_character_in_an_id_breaks_nobody() -> None:
    """Found by chance: what JSON may hold and UTF-8 may not, in the id of a press."""
    outcome = Outcome()
    press = {"update_id": 9, "callback_query": pressed("x", said_by_bot()) | {"id": "\ud800"}}

    payloads.read(outcome, NAME, make_channel().parser, press, lambda _: {})

    none_in(outcome, 0)


def test_words_that_are_not_escaped_call_somebody() -> None:
    """The twin: text that goes out as it is."""

    def careless(outgoing) -> list[Part]:
        body = json.dumps({"text": outgoing.literal}).encode()
        return [Part(outbox_id="x", place=Place("slack", "C1"), body=body)]

    outcome = Outcome()
    for text in payloads.CALLS:
        payloads.say(outcome, text, careless)
    assert len(outcome.faults) >= 4


def test_backtracking_is_slow() -> None:
    """The twin: the same pattern and a text of thirty letters, as `re` takes it."""
    source, text = "(a+)+$", b"a" * 22 + b"!"
    outcome = patterns.run(1, 1, lambda _: lambda _: re.search(source.encode(), text))
    assert outcome.faults
    none_in(patterns.run(1, 1, lambda _: lambda _: patterns.product(source)(text)), 1)


@pytest.mark.parametrize(
    "source",
    [
        r".*((([a-z]?|\s){1000})+?(?P<b>a|a)|\d)+",
        ".*(?P<a>[a-z]?){1000}!",
        r"(((é{1000}|a|[a-z])*?(a|a)|\s)\pL\pL|\d)+",
        r"(((?i:A)+|(?:aa?))*\s){1000}(?:aa?)(?:aa?)!",
        "^(([^b]{1000}|é|(?i:A))?(a|ab)|(?:aa?)){0,}(?:aa?)b$",
    ],
)
def test_what_costs_too_much_is_refused(source: str) -> None:
    """RE2 takes them, and needs seconds for a long text."""
    assert patterns.product(source) is None


@pytest.mark.parametrize(
    "source", [r"\pL{1,30}", r"(?i)(?:order|bill)\s+\pL{2,20}\s+\d{5,12}", r"\b\pL[\pL'-]{1,60}\b"]
)
def test_large_patterns_of_everyday_are_taken(source: str) -> None:
    """Letters of all the world's scripts make long programs, and quick ones."""
    assert patterns.product(source) is not None
