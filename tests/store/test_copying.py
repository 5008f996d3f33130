"""Moving a desk to PostgreSQL: everything comes along, or nothing does."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from gateway.contracts.channel import Cursor
from gateway.errors import StoreError, StoreUnusable
from gateway.model.inbox import InboxState
from gateway.model.message import Attachment
from gateway.model.outbox import OutboxState
from gateway.model.people import Person
from gateway.model.plan import Budget, Move
from gateway.model.question import Question, TicketFilter
from gateway.store import DeskLock, open_store
from gateway.store.copying import Copied, copy_desk
from gateway.store.sqlite.tables import Tables
from gateway.world import RealWorld
from tests.fakes.world import START
from tests.store.conftest import Desk
from tests.store.things import MINUTE, done, line, offer, opened, plan, send, settled

BUDGET = Budget(key="mails a@x.example", limit=9, window=timedelta(hours=1))
CONTENT = b"\x00\xff" * 300_000
FILE = Attachment(
    name="a.bin", media_type="x/y", digest=hashlib.sha256(CONTENT).hexdigest(), content=CONTENT
)
QUESTION = Question(
    now=START,
    kind="email",
    address="a@x.example",
    refs=("<m1@x>",),
    budgets=(BUDGET,),
    conversation="dm",
)


@pytest.fixture
def source(tmp_path, world):
    """Return a desk in a file."""
    return Desk(f"sqlite:///{tmp_path / 'desk.db'}", world)


@pytest.fixture
def target(postgres):
    """Return the URL of an empty database."""
    return postgres.url(postgres.database())


def content(desk):
    """Return the bytes of a desk's file."""
    return Path(desk.url.removeprefix("sqlite:///")).read_bytes()


async def fill(desk):
    """Store something in every table, in every state; then die, holding an event and a part."""
    store = await desk.open(sole_writer=True)
    await store.accept([offer(f"k{n}", "lane") for n in range(5)], Cursor(key="c", value=[7]),
                       claim=False)  # fmt: skip
    await store.accept([offer("big", body=b"\x00\r\n" * 200_000)], None, claim=False)
    await store.secrets()
    await store.reserve_numbers(50)
    await store.take_lease("clock", "one", MINUTE)
    [first, big] = await store.claim_events(9)
    await store.quarantine(first.claim, "odd \x00 \ud800", plan())
    await store.apply(plan(
        done=done(big.claim, effect="e1", ticket=1001),
        tickets=opened(1001)["tickets"],
        events=(line(1001, "Ångström \x00 \ud800 ☃"),),
        sends=tuple(send(f"s{n}", f"lane{n % 3}", body=b"x" * n * 99_999) for n in range(5)),
        refs=(("<m1@x>", 1001),),
        people=(Person(kind="email", address="a@x.example", name="Ada", automatic_at=START),),
        spend=(BUDGET,),
        files=(FILE,),
        conversations=(("dm", 1001),),
        moves=(Move(channel="tg", before="-1", after="-2"),),
    ))  # fmt: skip
    [one, *_] = await store.claim_sends(3, lease=MINUTE, now=START, sync=True)
    await store.apply(plan(settled=settled(one, external_id="<sent@x>")))
    assert await store.claim_events(1)
    await store.close()


async def seen(store):
    """Return all that can be asked of a desk; what is in hand is not compared."""
    inbox = await store.list_inbox(frozenset(InboxState), 99)
    outbox = await store.list_outbox(frozenset(OutboxState), 99)
    return {
        "inbox": [await store.inbox_row(row.id) for row in inbox],
        "outbox": [await store.outbox_row(row.id) for row in outbox],
        "tickets": await store.list_tickets(TicketFilter()),
        "history": await store.events(1001),
        "file": await store.file(FILE.digest),
        "secrets": await store.secrets(),
        "cursor": await store.cursor("c"),
        "known": await store.know(QUESTION),
        "moves": await store.moves(),
        "depths": await store.depths(),
    }


async def test_everything_comes_along(source, target, world):
    """What the old desk knew, the new one knows, byte for byte; the file stays as it was."""
    await fill(source)
    before = content(source)

    copied = await copy_desk(source.url, target, world=world)

    old, new = await source.open(read_only=True), await open_store(target, world=world, node="n")
    assert await seen(new) == await seen(old)
    assert (copied.rows["inbox"], copied.audit["accepted"]) == (6, 6)
    assert copied.audit == await new.audit() == await old.audit()
    assert content(source) == before
    await new.close()
    await source.close()


async def test_the_new_desk_goes_on_where_the_old_one_stood(source, target, world):
    """Numbers and ids are not given out again; what a dead process held is free."""
    await fill(source)
    await copy_desk(source.url, target, world=RealWorld())

    store = await open_store(target, world=RealWorld(), node="new")
    numbers = await store.reserve_numbers(1)
    [again] = await store.claim_events(9)
    [fresh] = await store.accept([offer("fresh")], None, claim=True)
    await store.apply(plan(sends=(send("fresh"),)))
    due = await store.claim_sends(9, lease=MINUTE, now=RealWorld().now(), sync=True)
    fence = await store.take_lease("clock", "new", MINUTE)
    known = await store.accept([offer("k0")], None, claim=True)
    await store.close()

    assert (numbers[0], again.event.body, fresh.claim.id, fence) == (1051, b"k1", 7, 2)
    assert [*known] == []
    assert "fresh" in {item.part.outbox_id for item in due}
    assert sum(item.was_uncertain for item in due) == 2


async def test_an_empty_desk_can_be_moved(source, target, world):
    """One that was only just made."""
    await (await source.open()).close()

    copied = await copy_desk(source.url, target, world=world)

    assert sum(copied.rows.values()) == copied.rows["counters"]


@pytest.mark.parametrize("held", ["a secret", "a desk"])
async def test_a_database_with_something_in_it_is_refused(source, target, world, held):
    """Also when a node has only just been started on it; nothing there changes."""
    await fill(source)
    store = await open_store(target, world=world, node="there")
    await store.secrets()
    if held == "a desk":
        await store.accept([offer("theirs")], None, claim=False)
    before = await store.audit(), await store.secrets()

    with pytest.raises(StoreUnusable, match="there is a desk in it already"):
        await copy_desk(source.url, target, world=world)

    assert (await store.audit(), await store.secrets()) == before
    await store.close()


async def test_a_running_desk_is_refused(source, target, world):
    """What came in meanwhile would be missing."""
    await fill(source)
    lock = DeskLock(source.url.removeprefix("sqlite:///"))
    assert lock.acquire()

    with pytest.raises(StoreUnusable, match="stop it first"):
        await copy_desk(source.url, target, world=world)
    lock.release()


async def test_a_desk_that_is_not_there_is_told(source, target, world, tmp_path):
    """No file is made by asking for it."""
    with pytest.raises(StoreUnusable, match="there is no database yet"):
        await copy_desk(source.url, target, world=world)

    assert not list(tmp_path.iterdir())


async def test_the_other_direction_is_refused(source, target, world):
    """The message says which one is known."""
    with pytest.raises(StoreUnusable, match="in this order"):
        await copy_desk(target, source.url, world=world)


async def test_a_copy_that_fails_leaves_nothing(source, target, world, monkeypatch):
    """The connection is lost in the middle: the next try finds the target empty."""
    await fill(source)

    def lose(*_):
        raise asyncpg.ConnectionDoesNotExistError("the cable")

    monkeypatch.setattr("gateway.store.postgres.filling.Filling.finish", lose)
    with pytest.raises(StoreError, match="the cable"):
        await copy_desk(source.url, target, world=world)
    monkeypatch.undo()

    assert isinstance(await copy_desk(source.url, target, world=world), Copied)


async def test_a_row_that_is_lost_on_the_way_is_noticed(source, target, world, monkeypatch):
    """Nothing is kept of a copy that is not the same."""
    await fill(source)
    all_rows = Tables.rows

    async def but_one(self, table):
        missing = table == "tickets"
        async for row in all_rows(self, table):
            if not missing:
                yield row
            missing = False

    monkeypatch.setattr(Tables, "rows", but_one)
    with pytest.raises(StoreError, match="tickets: not every row"):
        await copy_desk(source.url, target, world=world)
    monkeypatch.undo()

    await copy_desk(source.url, target, world=world)
