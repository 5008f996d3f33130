"""An older desk is brought up to date whole, or not at all, on both databases."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gateway.store.migrations import migrations
from tests.store.conftest import Desk

NEWEST = migrations()[-1].version
# Brings a desk up to a version, and dies where that is asked for: after the last statement of the
# last step, before it is written down.
UPDATE = """
import asyncio, os, signal, sys
from gateway.store import open_store
from gateway.store.postgres import opening as postgres
from gateway.store.sqlite import opening as sqlite
from gateway.store.migrations import migrations
from gateway.world import RealWorld

url, version, dies = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "dies"

class Deadly(tuple):
    def __iter__(self):
        yield from tuple.__iter__(self)
        os.kill(os.getpid(), signal.SIGKILL)

def steps():
    found = [step for step in migrations() if step.version <= version]
    last = found[-1]
    return [*found[:-1], last._replace(statements=Deadly(last.statements)) if dies else last]

sqlite.migrations = postgres.migrations = steps
opening = open_store(url, world=RealWorld(), node="one", sole_writer=True)

async def update():
    await (await opening).close()

asyncio.run(update())
"""


@pytest.fixture(params=["sqlite", "postgres"])
async def desk(request, tmp_path, world):
    """Return a desk in a database that nothing was ever in."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'desk.db'}"
    else:
        postgres = request.getfixturevalue("postgres")
        url = postgres.url(postgres.database())
    desk = Desk(url, world)
    yield desk
    await desk.close()


def update(desk, version, how=""):
    """Bring a desk up to a version in a process of its own; return how that ended."""
    command = [sys.executable, "-c", UPDATE, desk.url, str(version), how]
    return subprocess.run(command, check=False, timeout=60).returncode


@pytest.mark.parametrize("died_at", [1, 2, 3, 9, NEWEST])
async def test_an_update_that_is_killed_is_done_again_from_where_it_began(desk, died_at):
    """Steps that were done in the same start are undone with the one that it died in."""
    before = max(died_at - 2, 0)
    if before:
        assert update(desk, before) == 0
        await desk.put_a_hand_in("INSERT INTO cursors (key, value) VALUES ('mailbox', '7')")

    assert update(desk, died_at, "dies") == -9

    assert update(desk, max(before, 1)) == 0
    store = await desk.open(sole_writer=True)
    assert not before or (await store.cursor("mailbox")).value == 7
    await desk.open(read_only=True)


async def test_an_older_program_is_refused_once_a_desk_is_up_to_date(desk, capfd):
    """And told which one it needs; nothing is changed."""
    assert update(desk, NEWEST) == 0

    assert update(desk, NEWEST - 1) == 1

    complaint = capfd.readouterr().err
    assert f"newer Ventanilla (schema {NEWEST}; this one knows {NEWEST - 1})" in complaint
    await desk.open(read_only=True)


async def test_the_log_says_that_an_older_desk_was_brought_up_to_date(desk, caplog):
    """Once, from which schema to which; of a desk that is new or up to date there is nothing."""
    caplog.set_level("INFO", "gateway.store.migrations")
    assert update(desk, NEWEST - 2) == 0

    await desk.open(sole_writer=True)
    await desk.open(read_only=True)

    [line] = caplog.records
    assert (line.from_schema, line.to_schema) == (NEWEST - 2, NEWEST)
