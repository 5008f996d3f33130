"""The console: the suite of every channel, and what is its own."""

import asyncio
import json
import os
import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import registry
from channels.conformance import ChannelSuite, ScriptedIntake, sample
from channels.console import ConsoleChannel, ConsoleSettings
from channels.console.terminal import Line, Standard
from gateway.contracts.channel import ChannelSetup
from gateway.errors import ParseError
from gateway.model.message import RawEvent, Trust
from gateway.model.outgoing import Button
from gateway.model.people import Place
from gateway.world import RealWorld

YOU = Place("console", "you")
BUTTONS = (Button(label="That helped", word="helped"), Button(label="A person", word="person"))


class Person:
    """Somebody at a terminal, as a test scripts them."""

    def __init__(self):
        self.lines = asyncio.Queue()
        self.shown = []
        self.answers = {}
        self.fault = None

    async def next_line(self):
        """See `Terminal.next_line`."""
        return await self.lines.get()

    def taken(self, line, *, stored):
        """See `Terminal.taken`."""
        self.answers[line.id].set_result(stored)

    def paint(self, markdown):
        """See `Terminal.paint`."""
        return f"<{markdown}>"

    def show(self, text):
        """See `Terminal.show`."""
        fault, self.fault = self.fault, None
        if fault:
            raise fault
        self.shown.append(text)

    async def types(self, text, number=1):
        """Type a line; return whether it was stored, False when nobody said so."""
        line = Line(str(number), text)
        self.answers[line.id] = asyncio.get_running_loop().create_future()
        self.lines.put_nowait(line)
        try:
            return await asyncio.wait_for(self.answers[line.id], 1)
        except TimeoutError:
            return False


def make_channel():
    """Return a console and the person at it."""
    setup = ChannelSetup(desk_name="Acme", size_limit=10**6, secrets={}, world=RealWorld())
    channel = ConsoleChannel("console", ConsoleSettings(), setup)
    channel.terminal = Person()
    return channel, channel.terminal


class ConsoleDriver:
    """Drives a console by a scripted person."""

    receives = True
    place = YOU

    def __init__(self):
        self.channel, self.person = make_channel()

    async def offer(self, number):
        """See `Driver.offer`."""
        return await self.person.types(f"line {number}", number)

    async def delivered(self):
        """See `Driver.delivered`."""
        return [text.encode() for text in self.person.shown]

    async def fail_next(self, how):
        """See `Driver.fail_next`."""
        gone = how == "refused address"
        self.person.fault = BrokenPipeError() if gone else BlockingIOError()


class TestConsole(ChannelSuite):
    """Lines in, text out."""

    @pytest.fixture
    async def driver(self):
        return ConsoleDriver()


async def conversation(*steps):
    """Let a person type lines and see messages in turn; return the parsed lines."""
    channel, person = make_channel()
    intake = ScriptedIntake()
    receiving = asyncio.create_task(channel.receive(intake))
    for number, step in enumerate(steps):
        if isinstance(step, str):
            await person.types(step, number)
        else:
            await channel.send(channel.render(step)[0])
    receiving.cancel()
    await asyncio.gather(receiving, return_exceptions=True)
    return [channel.parser.parse(event) for event in intake.stored]


async def test_a_line_answers_what_the_desk_said_last():
    """Its reply token proves the conversation; the first line belongs to none."""
    first, second = await conversation("hello", sample(YOU, reply_token="tok"), "more")

    assert (first.text, first.tokens, first.refs) == ("hello", (), ())
    assert (second.text, second.tokens) == ("more", ("tok",))
    assert second.refs == ("console.aaaaaaaaaaaaaaaa",)
    assert second.author.trust is Trust.PROVEN


async def test_a_letter_presses_a_button():
    """What the desk hears is the button's label; another letter is a text like any other."""
    said = sample(YOU, buttons=BUTTONS)

    heard = await conversation(said, "b", said, "B ", said, "c")

    assert [message.text for message in heard] == ["A person", "A person", "c"]


async def test_new_begins_something_else_and_quit_leaves():
    """Neither is a message."""
    channel, person = make_channel()
    intake = ScriptedIntake()
    await channel.send(channel.render(sample(YOU, reply_token="tok"))[0])
    receiving = asyncio.create_task(channel.receive(intake))
    for number, text in enumerate(["/new", "", "  ", "hello", "/quit"]):
        person.answers[str(number)] = asyncio.get_running_loop().create_future()
        person.lines.put_nowait(Line(str(number), text))
    await asyncio.wait_for(channel.ended.wait(), 5)
    receiving.cancel()

    assert [json.loads(event.body)["text"] for event in intake.stored] == ["hello"]
    assert json.loads(intake.stored[0].body)["token"] == ""


async def test_what_the_desk_says_cannot_paint_the_terminal():
    """A customer's own words are shown without their escape sequences."""
    channel, person = make_channel()
    evil = sample(YOU, text="", literal="\x1b[2Jx\u202ey", buttons=BUTTONS)

    await channel.send(channel.render(evil)[0])

    assert not set(person.shown[0]) & set("\x1b\u202e")
    assert "a) That helped  b) A person" in person.shown[0]


async def test_only_the_desks_own_words_are_read_as_markdown():
    """What a person typed is shown as it was typed."""
    channel, person = make_channel()
    said = sample(YOU, text="**Good news.**", literal="2 ** 3 is *8*", closing="_Bye._")

    await channel.send(channel.render(said)[0])

    assert "<[VT-1042-F] **Good news.**>" in person.shown[0]
    assert "<_Bye._>" in person.shown[0]
    assert "\n    2 ** 3 is *8*\n" in person.shown[0]


async def test_a_list_begins_below_the_reference():
    """Else its first line would be read as running text, and the others with it."""
    channel, person = make_channel()

    await channel.send(channel.render(sample(YOU, text="1. Open it.\n2. Close it."))[0])

    assert "<[VT-1042-F]\n\n    1. Open it.\n    2. Close it.>" in person.shown[0]


def test_markdown_is_painted_on_a_terminal_only(monkeypatch):
    """Elsewhere it is shown as it is written, for programs and files."""
    assert Standard("s").paint("**now** [here](https://x.example)") == (
        "**now** [here](https://x.example)"
    )

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    shown = Standard("s").paint("**now** [here](https://x.example)")

    assert "**" not in shown
    assert "\x1b[1mnow\x1b[0m" in shown
    assert "https://x.example" in shown


JSON = st.recursive(st.none() | st.integers() | st.text(max_size=9), st.lists, max_leaves=5)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_message_or_a_parse_error(body):
    """A stored event that is no line of ours is set aside, whatever it is."""
    parser = make_channel()[0].parser
    event = RawEvent(
        channel="console", body=body, facts={}, received_at=datetime(2026, 1, 1, tzinfo=UTC)
    )

    assert parser.keys(event).offers
    with pytest.raises(ParseError):
        parser.parse(event)


def test_the_parser_can_be_sent_to_a_child():
    """It holds no terminal and no loop."""
    parser = make_channel()[0].parser

    assert pickle.loads(pickle.dumps(parser)).channel == "console"


def test_it_is_found_like_every_other_kind():
    """By its entry point, or in a source tree by the table of our own."""
    assert registry.load("console") is ConsoleChannel


async def test_standard_input_ends_a_conversation(monkeypatch):
    """Lines come in order with ids of their own; the end of input is the end."""
    reads, writes = os.pipe()
    await asyncio.to_thread(os.write, writes, "olá\nworld".encode())
    os.close(writes)
    with os.fdopen(reads, encoding="utf-8") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        terminal = Standard("s")
        lines = [await terminal.next_line() for _ in range(3)]

    assert lines == [Line("s.1", "olá"), Line("s.2", "world"), None]


def test_a_line_that_was_not_stored_is_shown_again(capsys):
    """Nobody believes that it was said when it was not."""
    Standard("s").taken(Line("s.1", "hello"), stored=False)
    Standard("s").taken(Line("s.2", "fine"), stored=True)

    assert capsys.readouterr().out == "(not stored, please write it again: hello)\n"
