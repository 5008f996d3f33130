"""What was said goes out: once, in order, and people hear of what cannot."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from gateway.journey.deliver import IN_FLIGHT, Delivery
from gateway.journey.sending.retry import FEWEST_TRIES
from gateway.model.outbox import OutboxState
from gateway.model.ticket import EventKind
from tests.fakes.smtp_server import DROP, SmtpServer
from tests.journeys.bench import CONFIG, open_bench, text_of

ALICE, BOB = "alice@customer.example", "bob@customer.example"
LATER = "451 4.7.1 greylisted, come back"
NEVER = "550 5.1.1 no such user"


@pytest.fixture
async def server():
    """A mail server that can be told to fail."""
    smtp = SmtpServer()
    async with smtp.running():
        yield smtp


@pytest.fixture
async def desk(tmp_path, server):
    """A desk that sends to it."""
    config = CONFIG.replace('smtp://127.0.0.1:1"', f'smtp://127.0.0.1:{server.port}"')
    async with open_bench(tmp_path / "desk", config=config) as bench:
        yield bench


@asynccontextmanager
async def delivering(desk):
    """Deliver while the body runs."""
    delivery = Delivery(lambda: desk.desk)
    desk.desk.wake_delivery = delivery.wake
    task = asyncio.create_task(delivery.run())
    try:
        yield delivery
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await delivery.drain(5)


async def until(condition):
    """Wait until something is so; fail after ten seconds."""
    async with asyncio.timeout(60):
        while not await condition():  # noqa: ASYNC110 - the store is the only witness
            await asyncio.sleep(0.01)


async def states(desk):
    """Return the outbox: where to, and its state, oldest first."""
    rows = await desk.store.list_outbox(frozenset(OutboxState), 100)
    return [(row.place.partition(":")[2], row.state) for row in reversed(rows)]


def settled(desk, *wanted):
    """Return a condition: the rows have these states, in order."""

    async def is_so():
        return [state for _, state in await states(desk)] == list(wanted)

    return is_so


SENT, RETRY, DEAD = OutboxState.SENT, OutboxState.RETRY, OutboxState.DEAD


async def test_receipt_goes_out_and_is_sent(desk, server):
    """The outbox ends as sent, and the server has the bytes of the row."""
    await desk.mail(ALICE, "Lift", "The lift is broken")

    async with delivering(desk):
        await until(settled(desk, SENT, SENT))

    assert {mail.rcpt[0].strip("<>") for mail in server.deliveries} == {ALICE, "desk@acme.example"}


class Late:
    """A store that writes nothing down until it may."""

    def __init__(self, store):
        self.may = asyncio.Event()
        self._store = store

    def __getattr__(self, name):
        return getattr(self._store, name)

    async def apply(self, plan, *, queued=None):
        """Wait, then do it."""
        await self.may.wait()
        await self._store.apply(plan, queued=queued)


async def test_what_has_arrived_holds_up_nothing_while_it_is_written_down(desk, server):
    """A place on the way is free when the server has answered, not when the store has."""
    many = IN_FLIGHT + 2
    for number in range(many):
        await desk.mail(f"p{number}@customer.example", "Password", "I forgot my password")
    desk.desk.store = late = Late(desk.store)

    async def all_arrived():
        return len(server.deliveries) == many

    async with delivering(desk):
        await until(all_arrived)
        late.may.set()
        await until(settled(desk, *[SENT] * many))


async def test_greylisting_is_waited_out(desk, server):
    """A temporary refusal is tried again when its time has come, not before."""
    server.answer_next("RCPT", LATER, LATER)
    await desk.mail(ALICE, "Lift", "The lift is broken")

    async with delivering(desk) as delivery:
        await until(settled(desk, RETRY, RETRY))
        desk.pass_time(minutes=5)
        delivery.wake()
        await until(settled(desk, SENT, SENT))


async def test_refused_address_is_dead_and_the_team_hears_of_it(desk, server):
    """Nobody believes that Alice was told when she was not."""
    server.answer_next("RCPT", NEVER)
    row = await desk.mail(ALICE, "Lift", "The lift is broken")

    async with delivering(desk):
        await until(settled(desk, DEAD, SENT, SENT))

    assert any(event.kind is EventKind.DELIVERY for event in await desk.said(row))
    assert "no such user" in text_of((await desk.sent("desk@acme.example"))[-1])


async def test_lost_answer_is_repeated_with_the_same_bytes(desk, server):
    """After the final dot nobody knows: the copy has one Message-ID and is byte-identical."""
    server.answer_next("DOT", DROP)
    await desk.mail(ALICE, "Password", "I forgot my password")

    async with delivering(desk) as delivery:
        await until(settled(desk, RETRY))
        desk.pass_time(minutes=5)
        delivery.wake()
        await until(settled(desk, SENT))

    first, second = server.deliveries
    assert first.content == second.content


async def test_one_conversation_stays_in_order(desk, server):
    """A later message of a ticket waits for an earlier one that is being tried again."""
    server.answer_next("RCPT", LATER)
    asked = await desk.mail(ALICE, "Password", "I forgot my password")
    reference = (await desk.ticket(asked)).reference

    async with delivering(desk) as delivery:
        await until(settled(desk, RETRY))
        await desk.order("reply", ticket=reference, text="A mechanic comes.")
        await desk.mail(BOB, "Hours", "When are you open?")
        await until(settled(desk, RETRY, OutboxState.QUEUED, SENT))
        desk.pass_time(minutes=5)
        delivery.wake()
        await until(settled(desk, SENT, SENT, SENT))

    to_alice = [mail.content for mail in server.deliveries if ALICE in mail.rcpt[0]]
    assert b"mechanic" not in to_alice[0]
    assert b"mechanic" in to_alice[1]


async def test_old_mail_is_given_up_and_told(desk, server):
    """Every row ends: what is too old after some tries, the fourth way does not exist."""
    server.answer_next("MAIL", *[LATER] * FEWEST_TRIES)
    await desk.mail(ALICE, "Password", "I forgot my password")

    async with delivering(desk) as delivery:
        await until(settled(desk, RETRY))
        desk.pass_time(days=3)

        async def is_given_up():
            desk.pass_time(minutes=1)
            delivery.wake()
            return await settled(desk, DEAD, SENT)()

        await until(is_given_up)

    assert ALICE in text_of((await desk.sent("desk@acme.example"))[0])


async def test_a_clock_that_is_set_back_delays_nothing(desk, server):
    """By a day: what was due by the clock from before goes out in its time, not in a day."""
    server.answer_next("RCPT", LATER, LATER)
    async with delivering(desk) as delivery:
        await desk.mail(ALICE, "Lift", "The lift is broken")
        await until(settled(desk, RETRY, RETRY))
        # The wall's clock alone: that which only grows stays as it is.
        desk.world._now -= timedelta(days=1)
        desk.world._start -= timedelta(days=1)
        delivery.wake()
        desk.pass_time(seconds=20)
        delivery.wake()
        await until(settled(desk, SENT, SENT))
