"""The child that reads mail: there when it is needed, gone when it is not."""

import asyncio
import os
import pickle
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

import rules
from gateway import app
from gateway.journey.reading import parser_child, parsing
from gateway.journey.reading.foresight import Foresight
from gateway.journey.reading.parsing import ParserPool
from gateway.model.message import Author, Message, RawEvent
from gateway.model.policy import Policy
from rules.faq.semantic.bert import find_bert
from tests.fakes.world import START
from tests.journeys.bench import letter, open_bench
from tests.journeys.test_poison import FragileParser

# One is enough: what is tried here goes on before the store.
BACK_ENDS = ("sqlite",)

FINE = RawEvent(channel="fragile", body=b"a", facts={}, received_at=START)


@asynccontextmanager
async def reading(**given):
    """Give a pool over a parser that reads anything."""
    pool = ParserPool({"fragile": FragileParser()}, **given)
    try:
        yield pool
    finally:
        await pool.close()


async def test_many_events_are_read_by_one_child():
    """Each gets its own answer, in whatever order they are asked for."""
    async with reading() as pool:
        bodies = [str(number).encode() for number in range(50)]
        events = [RawEvent(channel="fragile", body=b, facts={}, received_at=START) for b in bodies]

        answers = await asyncio.gather(*(pool.parse(event) for event in events))

    assert [answer.digest for answer in answers] == [body.hex() for body in bodies]


async def test_child_that_rests_is_let_go_and_comes_back():
    """A quiet desk keeps no child; the next mail is read all the same."""
    async with reading(rest_seconds=0.01) as pool:
        for _ in range(3):
            assert (await pool.parse(FINE)).reason == "fine"
            await _until_gone(pool)


async def test_a_child_that_cannot_be_started_is_no_events_fault(monkeypatch):
    """No room for one more process is no reason to set a mail aside: it waits until there is."""
    monkeypatch.setattr(parsing, "START_AGAIN_SECONDS", 0.005)
    async with reading() as pool:
        monkeypatch.setattr("sys.executable", "/nowhere/python")
        asyncio.get_running_loop().call_later(0.1, monkeypatch.undo)
        assert (await pool.parse(FINE)).reason == "fine"


async def test_what_rules_will_find_comes_along_with_the_reading(tmp_path):
    """As soon as there is a book, from every child, and by the newest book."""
    async with open_bench(tmp_path / "desk") as bench:
        parsers = app.parsers_of(bench.desk.channels)
        book = None
        pool = ParserPool(parsers, lambda: book)
        mail = letter("ann@a.example", "Hello", "When are you open?")
        event = RawEvent(channel="support-mail", body=mail, facts={}, received_at=START)
        try:
            before = (await pool.parse(event)).foreseen
            book = bench.desk.foresight()
            first, second = (await pool.parse(event)).foreseen, (await pool.parse(event)).foreseen
            other = replace(bench.desk.rules, hash="another")
            book = replace(book, rules=other)
            exchanged = (await pool.parse(event)).foreseen
        finally:
            await pool.close()

    assert before is None
    assert first == second
    assert first.verdict.answer.faq == "opening-hours"
    assert [first.rulebook, exchanged.rulebook] == [bench.desk.rules.hash, "another"]


async def test_next_child_foresees_as_well(tmp_path):
    """A child that was let go, or has died, takes nothing with it."""
    async with open_bench(tmp_path / "desk") as bench:
        parsers = app.parsers_of(bench.desk.channels)
        pool = ParserPool(parsers, bench.desk.foresight, rest_seconds=0.01)
        mail = letter("ann@a.example", "Hello", "When are you open?")
        event = RawEvent(channel="support-mail", body=mail, facts={}, received_at=START)
        try:
            found = []
            for _ in range(2):
                found.append((await pool.parse(event)).foreseen)
                await _until_gone(pool)
        finally:
            await pool.close()

    assert found[0] is not None
    assert found[0] == found[1]


async def test_a_model_is_asked_within_the_bounds_of_the_child(tmp_path):
    """It is loaded before an event's time counts; no text is too odd or too long for it."""
    languages = ("en", "pt", "es", "it", "pl")
    book = rules.load(
        rules.starter_folder(), languages=languages, max_wrong=0.05, channels={}, model="usem3"
    ).book
    texts = ["I cannot remember my password any more", "żółw 🐢 \x00 บัตร " * 4000, "a" * 60_000]
    async with open_bench(tmp_path / "desk") as bench:
        parsers = app.parsers_of(bench.desk.channels)
        foresight = replace(bench.desk.foresight(), rules=book)
        pool = ParserPool(parsers, lambda: foresight)
        mails = [letter("ann@a.example", "Hello", text) for text in texts]
        events = [
            RawEvent(channel="support-mail", body=mail, facts={}, received_at=START)
            for mail in mails
        ]
        try:
            read = [await pool.parse(event) for event in events]
        finally:
            await pool.close()

    assert [one.foreseen.rulebook for one in read] == [book.hash] * len(texts)
    answers = [one.foreseen.verdict.answer for one in read]
    assert [answer and answer.faq for answer in answers] == ["reset-password", None, None]


class _Blind:
    """A book that cannot foresee."""

    hash = "blind"

    def language_of(self, *_):
        """Fail, as a bug would."""
        raise RuntimeError


def test_a_reading_counts_without_foresight():
    """What goes wrong there goes wrong again where it can be told of; the mail is read."""
    policy = Policy(desk_name="Acme", prefix="VT", languages=("en",))
    blind = Foresight(rules=_Blind(), kinds={}, policy=policy)
    message = Message(channel="x", author=Author(address="a@b.example"), digest="1")

    assert parser_child.foresee(blind, FINE, message) is message


class _Huge:
    """Finds no room where it arrives."""

    def __reduce__(self):
        return bytearray, (1 << 62,)


class _Forsaken:
    """A book whose model has left the disk since it was read."""

    def prepare(self):
        """Look for it."""
        find_bert("/no/such/folder").encode(["test"])


def test_a_book_that_the_child_cannot_use_is_done_without():
    """It would cost every mail its reader otherwise."""
    policy = Policy(desk_name="Acme", prefix="VT", languages=("en",))
    forsaken = Foresight(rules=_Forsaken(), kinds={}, policy=policy)

    assert parser_child.book_in(pickle.dumps(_Huge())) is None
    assert parser_child.book_in(pickle.dumps(forsaken)) is None


@pytest.mark.skipif(os.cpu_count() == 1, reason="one core has one thread anyway")
@pytest.mark.parametrize("defence", [True, False])
def test_sums_take_no_thread_for_each_core(defence):
    """A machine of many cores would leave a bounded child no address space for anything else."""
    code = "import numpy, os; print(len(os.listdir('/proc/self/task')))"
    if defence:
        code = f"from gateway.bounds import bound_memory; bound_memory(1 << 30); {code}"

    environment = {name: value for name, value in os.environ.items() if "THREADS" not in name}
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )

    assert (ran.stdout == "1\n") is defence


async def test_pool_that_was_never_asked_closes():
    """Stopping a desk that got no mail does not wait for a child it never had."""
    async with reading() as pool:
        assert pool.is_resting


async def _until_gone(pool):
    async with asyncio.timeout(60):
        while not pool.is_resting:  # noqa: ASYNC110 - a timer of the pool decides
            await asyncio.sleep(0.005)
