"""``db salvage``: what can still be read of a damaged desk."""

import sqlite3
from contextlib import closing

import pytest

from gateway.store import DeskLock


@pytest.fixture
def desk(shell):
    """Return the file of the shell's desk, which has one ticket."""
    shell.opened("Our VPN is down again")
    return shell.config.parent / "desk.db"


def overwrite(path, *trees):
    """Make the first page of each of some tables or indexes unreadable."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        found = dict(connection.execute("SELECT name, rootpage FROM sqlite_schema"))
    with path.open("r+b") as file:
        for tree in trees:
            file.seek((found[tree] - 1) * 4096)
            file.write(b"\xff" * 4096)


def test_what_is_found_is_told_and_gone_on_with(shell, desk, tmp_path):
    """Table by table; then ``db restore`` makes it the desk."""
    overwrite(desk, "people", "tickets_open", "leases")
    new = tmp_path / "new.db"

    ran = shell("db", "salvage", str(desk), str(new))

    assert (ran.code, ran.err) == (0, "")
    assert ["people", "0", "0", "1"] in [line.split() for line in ran.out.splitlines()]
    assert ["tickets", "1", "0", "0"] in [line.split() for line in ran.out.splitlines()]
    assert f"ventanilla db restore {new}" in ran.out
    assert new.stat().st_mode & 0o777 == 0o600
    assert shell("db", "restore", str(new)).code == 0
    assert len(shell("tickets", "list", "--json").json) == 1
    assert shell("audit").code == 0
    assert [path.name for path in tmp_path.iterdir() if "new" in path.name] == ["new.db"]


def test_an_audit_that_does_not_add_up_is_told(shell, desk, tmp_path):
    """The ticket is there, and what was asked in it is lost: nothing is invented."""
    overwrite(desk, "ticket_events")

    ran = shell("db", "salvage", str(desk), str(tmp_path / "new.db"), "--json")

    assert ran.code == 1
    assert "does not add up" in ran.err
    assert ran.json["tables"]["ticket_events"] == {
        "rows": 0,
        "damaged_rows": 0,
        "damaged_pages": 1,
    }
    assert ran.json["audit"]["problems"] == 1


def test_lost_keys_of_addresses_are_told(shell, desk, tmp_path):
    """Replies to what was sent before will not be known by their address."""
    overwrite(desk, "secrets")

    assert "new tickets" in shell("db", "salvage", str(desk), str(tmp_path / "new.db")).out


def test_a_file_whose_tables_cannot_be_found_leads_to_a_backup(shell, desk, tmp_path):
    """Its first page is gone: nothing is made."""
    with desk.open("r+b") as file:
        file.write(bytes(4096))
    new = tmp_path / "new.db"

    ran = shell("db", "salvage", str(desk), str(new))

    assert (ran.code, new.exists()) == (1, False)
    assert str(desk) in ran.err
    assert "ventanilla db restore" in ran.err


def test_no_file_is_written_over(shell, desk, tmp_path):
    """Neither what has the new name, nor the desk's own place, nor what a desk works on."""
    other = tmp_path / "other.db"
    other.write_text("my notes")
    lock = DeskLock(desk)
    assert lock.acquire()

    taken = shell("db", "salvage", str(desk), str(other))
    running = shell("db", "salvage", str(desk), str(tmp_path / "new.db"))
    own = shell("db", "salvage", str(other), str(desk))
    lock.release()

    assert (taken.code, running.code, own.code) == (1, 1, 2)
    assert "is at work" in running.err
    assert other.read_text() == "my notes"


def test_what_stands_in_the_log_alone_is_found(shell, desk, tmp_path):
    """A killed desk had not copied it into its file yet; the damaged file is only read."""
    with closing(sqlite3.connect(desk)) as keeper:
        keeper.execute("PRAGMA wal_autocheckpoint = 0")
        keeper.execute("UPDATE tickets SET body = json_set(body, '$.subject', 'changed')")
        keeper.commit()
        before = desk.read_bytes()
        aside = tmp_path / "aside.db"
        aside.write_bytes(before)
        (tmp_path / "aside.db-wal").write_bytes((desk.parent / "desk.db-wal").read_bytes())

    shell("db", "salvage", str(aside), str(tmp_path / "new.db"))

    assert aside.read_bytes() == before
    shell("db", "restore", str(tmp_path / "new.db"))
    assert shell("tickets", "list", "--json").json[0]["subject"] == "changed"
