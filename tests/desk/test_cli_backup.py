"""``db backup``, ``db restore`` and ``db resume``: an earlier state, kept and gone back to."""

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from gateway.cli import run
from gateway.model.ticket_id import parse_reference
from gateway.model.units import counted
from gateway.store.migrations import migrations
from gateway.store.sqlite.opening import build
from tests.desk.cli import environment
from tests.fakes.postgres import program


@pytest.fixture
def desk(shell):
    """Return the file of the shell's desk, which has one ticket, with a reply that waits."""
    answered(shell)
    return shell.config.parent / "desk.db"


def answered(shell):
    """Open a ticket and answer it; return its reference."""
    ticket = shell.opened("Our VPN is down again")
    assert shell("tickets", "reply", ticket, "We are looking into it.").code == 0
    return ticket


def waiting(desk, state="queued"):
    """Return how many replies stand in a state, in the file itself."""
    with sqlite3.connect(desk) as connection:
        query = "SELECT count(*) FROM outbox WHERE state = ?"
        return connection.execute(query, (state,)).fetchone()[0]


def numbers(shell):
    """Return the numbers of all tickets, newest first."""
    listed = shell("tickets", "list", "--all", "--json").json
    return [parse_reference("VT", one["id"]) for one in listed]


def test_a_backup_brings_a_desk_back(shell, desk, tmp_path):
    """What was there then is there again; what came later is in the file that was set aside."""
    saved = tmp_path / "saved.db"
    made = shell("db", "backup", str(saved))
    assert made.code == 0, made.err
    assert "complete" in made.out
    later = shell.opened("The printer is broken")

    restored = shell("db", "restore", str(saved), "--json")

    assert restored.code == 0, restored.err
    assert [one["text"] for one in request_events(shell)] == ["Our VPN is down again"]
    aside = Path(restored.json["set_aside"])
    with sqlite3.connect(aside) as connection:
        assert connection.execute("SELECT count(*) FROM tickets").fetchone()[0] == 2
    assert shell("audit").code == 0
    assert later


def request_events(shell):
    """Return what was asked in all tickets."""
    listed = shell("tickets", "list", "--all", "--json").json
    shown = [shell("tickets", "show", one["id"], "--json").json for one in listed]
    return [event for one in shown for event in one["events"] if event["kind"] == "request"]


def test_no_ticket_number_is_given_twice(shell, desk, tmp_path):
    """Somebody was told the number of a ticket that is not in the backup."""
    saved = tmp_path / "saved.db"
    shell("db", "backup", str(saved))
    lost = parse_reference("VT", shell.opened("The printer is broken"))

    told = shell("db", "restore", str(saved), "--skip", "500", "--json").json["next"]

    again = shell.opened("The scanner is broken")
    assert again == told
    assert parse_reference("VT", again) > lost + 400


def test_what_may_have_gone_out_since_is_held(shell, desk, tmp_path):
    """A reply that waited at the time of the backup is not sent again by itself."""
    saved = tmp_path / "saved.db"
    count = waiting(desk)
    assert count
    shell("db", "backup", str(saved))

    restored = shell("db", "restore", str(saved))

    assert f"{counted(count, 'message')} that had not gone out" in restored.out
    assert (waiting(desk), waiting(desk, "held")) == (0, count)
    held = shell("outbox", "list", "--json").json
    assert shell("outbox", "retry", held[0]["id"]).code == 0
    assert waiting(desk) == 1


def test_a_backup_is_one_file_for_our_eyes_only(shell, desk, tmp_path):
    """The keys are in it, and it is carried away."""
    saved = tmp_path / "saved.db"

    made = shell("db", "backup", str(saved), "--json").json

    assert saved.stat().st_mode & 0o777 == 0o600
    assert made["bytes"] == saved.stat().st_size
    assert made["audit"]["accepted"] == 2
    assert [path.name for path in tmp_path.glob("*saved*")] == ["saved.db"]


def test_an_empty_place_gets_the_desk(shell, desk, tmp_path):
    """A new machine: there is nothing to set aside."""
    saved = tmp_path / "saved.db"
    shell("db", "backup", str(saved))
    for path in desk.parent.glob("desk.db*"):
        path.unlink()

    assert shell("db", "restore", str(saved), "--json").json["set_aside"] is None
    assert len(numbers(shell)) == 1


def test_a_log_that_was_left_is_not_taken_for_the_backups(shell, desk, tmp_path):
    """What a killed desk had not copied into its file is set aside with the file."""
    saved = tmp_path / "saved.db"
    shell("db", "backup", str(saved))
    keeper = sqlite3.connect(desk)
    keeper.execute("PRAGMA wal_autocheckpoint = 0")
    keeper.execute("UPDATE tickets SET body = json_set(body, '$.subject', 'changed')")
    keeper.commit()
    assert Path(f"{desk}-wal").stat().st_size

    aside = shell("db", "restore", str(saved), "--json").json["set_aside"]
    keeper.close()

    assert shell("tickets", "list", "--json").json[0]["subject"] != "changed"
    with sqlite3.connect(aside) as connection:
        assert (
            connection.execute("SELECT json_extract(body, '$.subject') FROM tickets").fetchone()[0]
            == "changed"
        )


@pytest.mark.parametrize("what", ["backup", "restore"])
def test_nothing_is_written_over(shell, desk, tmp_path, what):
    """Neither a file that is there, nor the desk by something that is no backup."""
    other = tmp_path / "other.db"
    other.write_text("my notes")
    before = desk.read_bytes()

    ran = shell("db", what, str(other))

    assert ran.code == 1
    assert str(other) in ran.err
    assert other.read_text() == "my notes"
    assert desk.read_bytes() == before
    assert not list(desk.parent.glob(".*"))


def test_a_backup_in_no_folder_is_told(shell, desk, tmp_path):
    """By the name that was asked for, not by the one that it has while it is written."""
    ran = shell("db", "backup", str(tmp_path / "none" / "saved.db"))

    assert ran.code == 1
    assert f"there is no folder {tmp_path / 'none'}" in ran.err
    assert ".part" not in ran.err


def test_a_damaged_backup_is_refused(shell, desk, tmp_path):
    """A page of it was lost: the desk stays as it is."""
    saved = tmp_path / "saved.db"
    shell("db", "backup", str(saved))
    with saved.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 4)
    before = desk.read_bytes()

    ran = shell("db", "restore", str(saved))

    assert ran.code == 1
    assert "damaged" in ran.err
    assert desk.read_bytes() == before


def test_a_desk_in_postgresql_is_told_its_own_tools(shell, postgres):
    """No file of ours could hold it."""
    url = postgres.url(postgres.database())
    text = shell.config.read_text().replace('"sqlite:///desk.db"', f'"{url}"')
    shell.config.write_text(text)

    ran = shell("db", "backup", "x.db")

    assert ran.code == 1
    assert "pg_dump" in ran.err


def test_a_dump_of_postgresql_is_gone_on_with(shell, postgres, tmp_path):
    """As the guide says: pg_dump, pg_restore, and ``db resume``."""
    first, second = postgres.database(), postgres.database()
    original = shell.config.read_text()
    shell.config.write_text(original.replace("sqlite:///desk.db", postgres.url(first)))
    ticket = answered(shell)
    dump = tmp_path / "desk.dump"
    tool("pg_dump", "--format=custom", f"--file={dump}", postgres.url(first))
    lost = parse_reference("VT", shell.opened("The printer is broken"))

    tool("pg_restore", "--no-owner", f"--dbname={postgres.url(second)}", str(dump))
    shell.config.write_text(original.replace("sqlite:///desk.db", postgres.url(second)))
    resumed = shell("db", "resume", "--json")

    assert resumed.code == 0, resumed.err
    assert resumed.json["held"] > 0
    assert [one["id"] for one in shell("tickets", "list", "--json").json] == [ticket]
    again = shell.opened("The scanner is broken")
    assert again == resumed.json["next"]
    assert parse_reference("VT", again) > lost
    assert shell("audit").code == 0


def tool(name, *arguments):
    """Run one of PostgreSQL's programs."""
    subprocess.run([program(name), *arguments], check=True, timeout=60, env=environment())


def test_a_missing_desk_is_not_made(shell, tmp_path):
    """Neither by looking for what to back up, nor by going on with it."""
    for words in (("backup", str(tmp_path / "x.db")), ("resume",)):
        ran = shell("db", *words)
        assert (ran.code, "no database" in ran.err) == (1, True)
    assert not os.path.lexists(shell.config.parent / "desk.db")


def test_the_help_says_what_they_are_for(capsys):
    """Three commands, a line each."""
    assert run(["db", "--help"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("backup", "restore", "resume", "copy"))


def older(desk, version):
    """Put a desk of an older version in the place of a new one, with one event that waits."""
    for file in desk.parent.glob("desk.db*"):
        file.unlink()
    with closing(sqlite3.connect(desk, isolation_level=None)) as connection:
        build(connection, version)
        connection.execute(
            "INSERT INTO inbox (channel, lane, state, head, ready_at, fence, holder, attempts,"
            " received_at, size, reason, keys, facts)"
            " VALUES ('support-mail', 'a', 'new', 1, 0, 0, '', 0, 1, 0, '', '[]', '{}')"
        )


@pytest.mark.parametrize("version", [step.version for step in migrations()])
def test_a_desk_of_any_version_is_backed_up_as_it_is(shell, desk, tmp_path, version):
    """There is a way back from an update: the audit is made, and the version stays."""
    older(desk, version)
    saved = tmp_path / "saved.db"

    made = shell("db", "backup", str(saved), "--json")

    assert made.code == 0, made.err
    assert made.json["audit"]["pending"] == 1
    for file in (desk, saved):
        with closing(sqlite3.connect(file)) as connection:
            found = connection.execute("SELECT max(version) FROM migrations").fetchone()
        assert found == (version,)
