"""What is left of a damaged desk fits together, and nothing is done by halves."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from gateway.errors import StoreUnusable
from gateway.model.inbox import InboxState, Outcome
from gateway.model.message import Attachment
from gateway.model.outbox import OutboxState
from gateway.store import open_store
from gateway.store.migrations import migrations
from gateway.store.salvaging import salvage
from gateway.store.sqlite.opening import build
from tests.fakes.world import START
from tests.store.things import MINUTE, done, offer, opened, plan, send


@pytest.fixture
def path(tmp_path):
    """Return where the database is."""
    return tmp_path / "desk.db"


async def saved(path, world, *statements):
    """Damage a closed desk by SQL, salvage it, and return what came of it and an open store."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
    new = path.with_name("new.db")
    found = await salvage(path, new, world=world, told=lambda _whole, _done: None)
    store = await open_store(f"sqlite:///{new}", world=world, node="two", sole_writer=True)
    return found, store


async def test_half_an_event_is_set_aside(desk, path, world):
    """Its bytes were lost: people see it, and the desk does not answer half a mail."""
    store = await desk.open()
    await store.accept([offer("a"), offer("b")], None, claim=False)
    await store.close()

    found, new = await saved(path, world, "DELETE FROM inbox_bytes WHERE piece < 8192")

    assert [item.event.body for item in await new.claim_events(9)] == [b"b"]
    [row] = await new.list_inbox(frozenset({InboxState.QUARANTINED}), 9)
    assert row.reason == "damaged"
    assert found.audit["quarantined"] == found.audit["pending"] == 1
    await new.close()


async def test_a_lane_goes_on_without_its_head(desk, path, world):
    """What waited for a lost event, or a lost send, is next."""
    store = await desk.open()
    await store.accept([offer("a", "lane"), offer("b", "lane")], None, claim=False)
    await store.apply(plan(sends=(send("s1", "lane"), send("s2", "lane"))))
    await store.close()

    _, new = await saved(
        path, world, "DELETE FROM inbox WHERE id = 1", "DELETE FROM outbox WHERE position = 1"
    )

    assert [item.event.body for item in await new.claim_events(9)] == [b"b"]
    assert [
        item.part.outbox_id for item in await new.claim_sends(9, lease=MINUTE, now=START, sync=True)
    ] == ["s2"]
    await new.close()


async def test_half_a_send_is_given_up(desk, path, world):
    """It is not sent by itself; people see why."""
    store = await desk.open()
    await store.apply(plan(sends=(send("s1", body=b"x" * 500),)))
    await store.close()

    _, new = await saved(path, world, "UPDATE outbox_bytes SET bytes = x'00'")

    assert [row.id for row in await new.list_outbox(frozenset({OutboxState.DEAD}), 9)] == ["s1"]
    await new.close()


async def test_no_number_is_given_twice(desk, path, world):
    """The counter was lost: it goes on behind all that is known."""
    store = await desk.open()
    await store.apply(plan(**opened(1042)))
    await store.close()

    _, new = await saved(path, world, "DELETE FROM counters")

    assert await new.reserve_numbers(1) == range(1043, 1044)
    await new.close()


async def test_what_was_offered_once_is_not_taken_again(desk, path, world):
    """The keys were lost: the events tell them."""
    store = await desk.open()
    await store.accept([offer("a")], None, claim=False)
    await store.close()

    _, new = await saved(path, world, "DELETE FROM inbox_keys")

    await new.accept([offer("a")], None, claim=False)
    assert (await new.audit())["accepted"] == 1
    await new.close()


async def test_new_rows_get_along_with_what_is_left(desk, path, world):
    """Bytes whose event is lost do not stand where the next event's bytes go."""
    store = await desk.open()
    await store.accept([offer("a"), offer("b")], None, claim=False)
    await store.apply(plan(sends=(send("s1"),)))
    await store.close()

    found, new = await saved(
        path,
        world,
        "DELETE FROM inbox WHERE id = 2",
        "DELETE FROM outbox",
        "DELETE FROM inbox_keys",
    )
    await new.accept([offer("c")], None, claim=False)
    await new.apply(plan(sends=(send("s2"),)))

    assert [item.event.body for item in await new.claim_events(9)] == [b"a", b"c"]
    assert found.mended["bytes left out, whose events are lost"] == 1
    await new.close()


async def test_a_file_that_is_not_what_it_was_is_left_out(desk, path, world):
    """Files are named after their bytes."""
    store = await desk.open()
    item = Attachment(name="a", media_type="t", digest="not its digest", content=b"c")
    await store.apply(plan(files=(item,)))
    await store.close()

    _, new = await saved(path, world)

    assert await new.file("not its digest") is None
    await new.close()


async def test_what_is_lost_is_in_the_audit(desk, path, world):
    """A ticket was lost, and what was accepted for it is there: the sum does not hold."""
    store = await desk.open()
    [item] = await store.accept([offer("a")], None, claim=True)
    ended = done(item.claim, Outcome.ROUTED, ticket=1001)
    await store.apply(plan(**opened(1001), done=ended))
    await store.close()

    found, new = await saved(path, world, "DELETE FROM tickets")

    assert (found.audit["accepted"], found.audit["problems"]) == (1, 1)
    await new.close()


@pytest.mark.parametrize("version", [step.version for step in migrations()])
async def test_a_desk_of_any_version_is_salvaged(path, world, version):
    """And brought up to date; also when the list of versions is what was lost."""
    for statement in ("SELECT 1", "DELETE FROM migrations"):
        with closing(sqlite3.connect(path, isolation_level=None)) as older:
            build(older, version)
            older.execute("INSERT INTO cursors (key, value) VALUES ('mailbox', '7')")

        _, new = await saved(path, world, statement)

        assert (await new.cursor("mailbox")).value == 7
        await new.close()
        for file in path.parent.glob("*.db*"):
            file.unlink()


async def test_a_newer_desk_and_a_foreign_file_are_refused(desk, path, world):
    """An older program does not guess at it; and there is no desk in somebody's songs."""
    await (await desk.open()).close()
    with pytest.raises(StoreUnusable, match="newer Ventanilla"):
        await saved(path, world, "INSERT INTO migrations VALUES (99, 0)")
    path.unlink()
    with pytest.raises(StoreUnusable, match="no desk in it"):
        await saved(path, world, "CREATE TABLE songs (name)")


async def test_tables_whose_names_were_lost_are_found_by_their_rows(desk, path, world):
    """The list of tables is damaged, all but its head: what fits one table only is its."""
    store = await desk.open()
    await store.apply(plan(**opened(1001)))
    await store.close()

    found, new = await saved(
        path,
        world,
        "PRAGMA writable_schema = ON",
        "DELETE FROM sqlite_schema WHERE name = 'ticket_events'",
    )

    assert found.tables["ticket_events"].rows == 1
    assert len(await new.events(1001)) == 1
    await new.close()
