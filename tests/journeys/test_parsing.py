"""The child that reads mail: there when it is needed, gone when it is not."""

import asyncio
import pickle
from contextlib import asynccontextmanager
from dataclasses import replace

from gateway import app
from gateway.journey.reading import parser_child, parsing
from gateway.journey.reading.foresight import Foresight
from gateway.journey.reading.parsing import ParserPool
from gateway.model.message import Author, Message, RawEvent
from gateway.model.policy import Policy
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


def test_a_book_that_is_too_big_for_the_child_is_done_without():
    """It would cost every mail its reader otherwise."""
    assert parser_child.book_in(pickle.dumps(_Huge())) is None


async def test_pool_that_was_never_asked_closes():
    """Stopping a desk that got no mail does not wait for a child it never had."""
    async with reading() as pool:
        assert pool.is_resting


async def _until_gone(pool):
    async with asyncio.timeout(60):
        while not pool.is_resting:  # noqa: ASYNC110 - a timer of the pool decides
            await asyncio.sleep(0.005)
