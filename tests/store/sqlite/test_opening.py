"""Files that will not do are told in plain words, and left as they are."""

from __future__ import annotations

import os
import resource
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing

import pytest

from gateway.errors import StoreMissing, StoreOutdated, StoreUnavailable, StoreUnusable
from gateway.store import DeskLock, open_store
from gateway.store.migrations import migrations
from gateway.store.queries import expand
from gateway.store.sqlite import faults
from gateway.store.sqlite.link import macro
from gateway.store.sqlite.opening import _WRITER_PRAGMAS, build
from tests.store.things import offer, opened, plan


@pytest.fixture
def path(tmp_path):
    """Return where the database is."""
    return tmp_path / "desk.db"


async def test_a_missing_database_is_not_made_by_looking(desk, path):
    """The message says what is missing; no file appears."""
    with pytest.raises(StoreUnusable, match="there is no database yet"):
        await desk.open(read_only=True)

    assert not path.exists()


async def test_a_missing_folder_is_told(world, tmp_path):
    """Nothing is made on the way."""
    with pytest.raises(StoreUnusable, match="cannot be made"):
        await open_store(f"sqlite:///{tmp_path}/none/desk.db", world=world, node="n")


async def test_a_folder_is_no_database(world, tmp_path):
    """Neither for writing nor for looking."""
    for read_only in (False, True):
        with pytest.raises(StoreUnusable):
            await open_store(f"sqlite:///{tmp_path}", world=world, node="n", read_only=read_only)


@pytest.mark.parametrize("url", ["mysql://u@h/db", "desk.db", "sqlite://desk.db"])
async def test_an_unknown_url_is_told(world, url):
    """With the forms that are known."""
    with pytest.raises(StoreUnusable, match="sqlite:///"):
        await open_store(url, world=world, node="n")


@pytest.mark.parametrize("read_only", [False, True])
async def test_a_file_that_is_no_database_stays_as_it_is(desk, path, read_only):
    """A text file in its place is not touched."""
    path.write_bytes(b"Dear sir or madam," * 300)

    with pytest.raises(StoreUnusable, match="not a database"):
        await desk.open(read_only=read_only)

    assert path.read_bytes() == b"Dear sir or madam," * 300


async def test_tickets_of_an_older_desk_come_along(desk, path):
    """What they are found by, and counted by, is filled in from what they are."""
    with closing(sqlite3.connect(path)) as older:
        for step in migrations()[:2]:
            for statement in step.statements:
                older.execute(expand(statement, macro))
        older.execute("CREATE TABLE migrations (version INTEGER, applied_at INTEGER)")
        older.execute("INSERT INTO migrations VALUES (1, 0), (2, 0)")
        for number, team, faq in ((1001, "'desk'", "null"), (1002, "null", '"lift"')):
            body = f'{{"channel": "mail", "faq": {faq}}}'
            older.execute(
                "INSERT INTO tickets VALUES"
                f" ({number}, 1, 'open', 1, {team}, 'email', 'a', 1, 2, 3, '{body}')"
            )
        older.commit()

    await desk.open(sole_writer=True)

    with closing(sqlite3.connect(path)) as newer:
        found = newer.execute("SELECT wake_at, channel, went_to, reopened FROM tickets").fetchall()
    assert found == [(3, "mail", "people", 0), (3, "mail", "faq", 0)]


def of_version(path, version, *statements):
    """Make a desk of an older program."""
    with closing(sqlite3.connect(path, isolation_level=None)) as older:
        build(older, version)
        for statement in statements:
            older.execute(statement)


def schema(path):
    """Return the version of a desk."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT max(version) FROM migrations").fetchone()[0]


@pytest.mark.parametrize("version", [step.version for step in migrations()[:-1]])
async def test_an_older_desk_is_brought_up_to_date_by_serve_alone(desk, path, version):
    """Who looks, and who works beside a `serve` that is older itself, changes nothing."""
    of_version(path, version)
    before = path.read_bytes()

    with pytest.raises(StoreOutdated, match="`serve` brings it up to date"):
        await desk.open(read_only=True)
    with pytest.raises(StoreOutdated, match="restart that one first"):
        await desk.open()

    assert path.read_bytes()[100:] == before[100:]  # the header tells of its log by now
    await desk.open(sole_writer=True)
    assert schema(path) == migrations()[-1].version


async def test_an_update_that_finds_no_room_leaves_the_desk_as_it_was(desk, path):
    """It is said why, and with room it goes on."""
    of_version(path, 1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Room for the log's index, and no more of the log.
    resource.setrlimit(resource.RLIMIT_FSIZE, (32 * 1024, before[1]))
    try:
        with pytest.raises(StoreUnavailable, match="disk"):
            await desk.open(sole_writer=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert schema(path) == 1
    await desk.open(sole_writer=True)
    assert schema(path) == migrations()[-1].version


async def test_a_file_without_tables_is_a_desk_that_is_not_made_yet(desk, path):
    """What a start that was killed leaves: `serve` makes the desk, nobody else does."""
    path.touch()

    with pytest.raises(StoreMissing, match="no desk in it yet"):
        await desk.open(read_only=True)
    await desk.open()
    assert schema(path) == migrations()[-1].version


async def test_a_foreign_database_is_not_taken_over(desk, path):
    """Somebody else's tables are no desk's."""
    with sqlite3.connect(path) as foreign:
        foreign.execute("CREATE TABLE songs (name)")
    foreign.close()

    for read_only in (False, True):
        with pytest.raises(StoreUnusable, match="not a desk's"):
            await desk.open(read_only=read_only)


async def test_a_newer_schema_is_refused(desk, path):
    """An older program does not guess at it."""
    await (await desk.open()).close()
    with sqlite3.connect(path) as newer:
        newer.execute("INSERT INTO migrations VALUES (99, 0)")
    newer.close()

    for read_only in (False, True):
        with pytest.raises(StoreUnusable, match="newer Ventanilla"):
            await desk.open(read_only=read_only)


async def test_a_damaged_schema_is_told(desk, path):
    """A file whose first page was overwritten is not opened."""
    await (await desk.open()).close()
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\xff" * 3996
    path.write_bytes(content)

    with pytest.raises(StoreUnusable, match="damaged"):
        await desk.open()


def overwrite_page(path, table):
    """Make the first page of a table unreadable."""
    with sqlite3.connect(path) as raw:
        found = raw.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,))
        [page] = found.fetchone()
    raw.close()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(content)


async def test_damage_that_is_met_later_stops_writing(desk, path):
    """Once a bad page was met, nobody is told "got it" any more."""
    store = await desk.open()
    await store.apply(plan(**opened(1001)))
    await store.close()
    overwrite_page(path, "inbox")

    store = await desk.open()
    with pytest.raises(StoreUnavailable):
        await store.accept([offer("a")], None, claim=True)

    assert store.fatal
    with pytest.raises(StoreUnavailable):
        await store.ping()


async def test_a_disk_with_little_room_is_told(desk, monkeypatch):
    """A small commit may still find room in the log when a mail finds none on the disk."""
    store = await desk.open()
    await store.ping()
    monkeypatch.setattr("gateway.store.sqlite.files.ROOM_BYTES", 2**62)

    with pytest.raises(StoreUnavailable, match="full"):
        await store.ping()


async def fill(store):
    """Write until it fails: what the log has room for in itself is written all the same."""
    for _ in range(64):
        await store.ping()


async def test_a_full_disk_is_told_although_nobody_writes(desk, path):
    """A balancer that sends nothing any more must not hear that all is well; with room it does."""
    store = await desk.open()
    largest = max(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Python ignores SIGXFSZ, so that a file over the limit is an error of the write.
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))
    try:
        with pytest.raises(StoreUnavailable):
            await fill(store)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    await store.ping()


async def test_an_empty_file_becomes_a_desk(desk, path):
    """As one does that somebody made with the right owner beforehand."""
    path.touch()

    await (await desk.open()).ping()


async def test_the_files_are_for_their_owner_only(desk, path):
    """They hold people's mail."""
    store = await desk.open()
    await store.accept([offer("a")], None, claim=True)

    modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {0o600}


async def test_a_path_may_hold_any_character(world, tmp_path):
    """Blanks, percent and question marks are no part of the URL's syntax."""
    path = tmp_path / "a b%20?c#d.db"

    store = await open_store(f"sqlite:///{path}", world=world, node="n")
    await store.close()

    assert path.exists()


async def test_a_second_opening_changes_nothing(desk):
    """Migrations are applied once."""
    await (await desk.open()).apply(plan(**opened(1001)))

    assert await (await desk.open()).ticket(1001) is not None


async def test_a_locked_database_may_be_opened_later(desk, path):
    """Another process is busy with it: that passes."""
    await (await desk.open()).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    with pytest.raises(StoreUnavailable):
        await desk.open()
    other.close()

    await desk.open()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
async def test_a_write_protected_file_is_told(desk, path):
    """For writing it will not do; for looking it does."""
    await (await desk.open()).close()
    path.chmod(0o400)

    with pytest.raises(StoreUnusable, match="this user may not open it"):
        await desk.open()


@pytest.mark.parametrize(
    ("code", "lasting", "kind"),
    [
        ("SQLITE_BUSY", False, StoreUnavailable),
        ("SQLITE_FULL", False, StoreUnavailable),
        ("SQLITE_IOERR_WRITE", False, StoreUnavailable),
        ("SQLITE_IOERR_FSYNC", True, StoreUnavailable),
        ("SQLITE_IOERR_DIR_FSYNC", True, StoreUnavailable),
        ("SQLITE_READONLY_DBMOVED", True, StoreUnusable),
        ("SQLITE_READONLY", False, StoreUnusable),
        ("SQLITE_CORRUPT_INDEX", True, StoreUnusable),
        ("SQLITE_NOTADB", True, StoreUnusable),
        ("SQLITE_CANTOPEN_ISDIR", False, StoreUnusable),
        ("SQLITE_PERM", False, StoreUnusable),
    ],
)
def test_each_fault_is_lasting_or_passes(code, lasting, kind):
    """And at opening it is either told to people or tried again."""
    fault = sqlite3.OperationalError("x")
    fault.sqlite_errorname = code

    assert (faults.lasting(fault) is not None, type(faults.at_opening(fault, "p"))) == (
        lasting,
        kind,
    )


async def test_commits_are_durable_by_setting(desk):
    """Write-ahead log and full sync are what the connection really has."""
    store = await desk.open()

    def read(raw):
        return [raw.execute(f"PRAGMA {p}").fetchone()[0] for p in ("journal_mode", "synchronous")]

    assert await store._writer._link.call(read) == ["wal", 2]
    assert {"journal_mode = WAL", "synchronous = FULL"} <= set(_WRITER_PRAGMAS)


HOLD = """
import sys
from gateway.store import DeskLock
print(DeskLock(sys.argv[1]).acquire(), flush=True)
sys.stdin.read()
"""


def test_the_desks_lock_has_one_holder(path):
    """Another process gets it when the first one gives it back, or is killed."""
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        held = other.stdout.readline()
        lock = DeskLock(path)
        refused = lock.acquire()
        other.kill()
        other.wait()

        assert (held, refused) == (b"True\n", False)
        assert lock.acquire()
        assert lock.acquire()
        lock.release()
        lock.release()
        assert DeskLock(path).acquire()


def test_a_folder_that_is_not_there_is_named(path):
    """A mistyped path makes no second, empty desk; and it says more than the name of a lock."""
    folder = path.parent / "lib" / "ventanila"

    with pytest.raises(StoreUnusable, match=f"there is no folder {folder} for the database"):
        DeskLock(folder / "desk.db").acquire()
    assert not folder.exists()
