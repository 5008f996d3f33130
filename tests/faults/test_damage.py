"""A desk's file loses pages, or its end: what can still be read is carried over, and goes on."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing, suppress

import pytest

from benchmarks.desk import COMMAND
from tests.faults.damage import PAGE, costs, judge_page, make_desk, rows_of, run, salvaged
from tests.faults.under_load import working


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Return the file of a sound desk."""
    path = tmp_path_factory.mktemp("sound") / "sound.db"
    make_desk(path)
    return path


def test_a_lost_page_costs_what_stood_on_it(tmp_path):
    """The short form: some of the pages, and some cuts."""
    assert run(tmp_path, every=16, seed=5) == []


def test_a_sound_desk_is_carried_over_whole(sound, tmp_path):
    """Row by row, in every table."""
    damaged = tmp_path / "damaged.db"
    shutil.copy(sound, damaged)

    assert salvaged(damaged, tmp_path) == rows_of(sound)


@pytest.mark.parametrize("table", ["inbox_bytes", "outbox", "inbox"])
def test_a_lost_inner_page_costs_no_row(sound, tmp_path, table):
    """Nothing leads to the pages below it any more; they are found all the same."""
    with closing(sqlite3.connect(sound)) as connection:
        query = "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'internal'"
        pages = [page for (page,) in connection.execute(query, (table,))]

    assert pages
    assert all(costs(sound)[page].rows == 0 for page in pages)
    assert [judge_page(sound, page, bytes(PAGE), tmp_path) for page in pages] == [[]] * len(pages)


def test_a_copy_that_stops_at_the_first_error_loses_more(sound, tmp_path):
    """The twin: row by row by SQLite itself, everything behind a bad page is lost."""
    page = next(p for p, cost in costs(sound).items() if cost.tree == "inbox" and cost.rows)
    damaged = tmp_path / "damaged.db"
    content = bytearray(sound.read_bytes())
    content[(page - 1) * PAGE : page * PAGE] = bytes(PAGE)
    damaged.write_bytes(content)
    plain = []
    with closing(sqlite3.connect(damaged)) as connection, suppress(sqlite3.DatabaseError):
        plain += connection.execute("SELECT * FROM inbox ORDER BY id DESC")

    saved = salvaged(damaged, tmp_path)["inbox"].total()

    assert saved >= rows_of(sound)["inbox"].total() - costs(sound)[page].rows
    assert len(plain) < saved


async def test_a_damaged_desk_goes_on_after_it_was_salvaged(tmp_path):
    """Killed and damaged: it says what to do; that is done; all who wrote are answered."""
    async with working(tmp_path / "desk") as work:
        await work.go_on(30)
        work.load.stop()
        await work.until(lambda: len(work.sink.replies) >= 10, 30.0)
        os.kill(work.desk.pid, signal.SIGKILL)
        await asyncio.to_thread(work.desk.wait, 60.0)
        await asyncio.to_thread(damage, work.database, "leases", "ticket_events")

        refused = await tell(work, "serve")
        new = tmp_path / "new.db"
        saved = await tell(work, "db", "salvage", str(work.database), str(new), "--json")
        restored = await tell(work, "db", "restore", str(new), "--json")
        held = json.loads((await tell(work, "outbox", "list", "--json")).stdout)
        for row in held:
            assert (await tell(work, "outbox", "retry", row["id"])).returncode == 0
        await work.start()
        await work.until(lambda: work.load.acknowledged <= set(work.sink.replies), 60.0)

        assert refused.returncode == 1
        assert "ventanilla db salvage" in refused.stderr
        tables = json.loads(saved.stdout)["tables"]
        assert {name for name, table in tables.items() if table["damaged_pages"]} == {
            "leases",
            "ticket_events",
        }
        assert json.loads(restored.stdout)["held"] == len(held)


def damage(path, *tables):
    """Overwrite one page of rows of each of some tables with zeros."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        query = "SELECT max(pageno) FROM dbstat WHERE name = ? AND pagetype = 'leaf'"
        pages = [connection.execute(query, (table,)).fetchone()[0] for table in tables]
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE)
            file.write(bytes(PAGE))


async def tell(work, *words):
    """Run a command on a desk."""
    command = [*COMMAND, *words, "-c", str(work.config)]
    run_it = asyncio.to_thread(
        subprocess.run, command, check=False, capture_output=True, text=True, timeout=60
    )
    return await run_it
