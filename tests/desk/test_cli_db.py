"""``db copy``: from the file that a desk began with to PostgreSQL."""

import pytest

from gateway.store.migrations import migrations

NEWEST = migrations()[-1].version


@pytest.fixture
def target(postgres):
    """Return the URL of an empty database."""
    return postgres.url(postgres.database())


def moved(shell, url):
    """Let the desk's configuration name another database."""
    before = shell.config.read_text()
    after = before.replace('"sqlite:///desk.db"', f'"{url}"')
    assert before != after
    shell.config.write_text(after)


def test_a_desk_is_moved(shell, target):
    """The tickets are there, and the audit holds; what to do next is said."""
    ticket = shell.opened("Our VPN is down again")

    ran = shell("db", "copy", "sqlite:///desk.db", target)

    assert ran.code == 0
    assert f'url = "{target}"' in ran.out
    assert "the same on both sides" in ran.out
    moved(shell, target)
    assert shell("tickets", "list", "--json").json[0]["id"] == ticket
    assert shell("audit").code == 0


def test_what_was_moved_can_be_read_by_programs(shell, target):
    """One JSON value: rows by table, and the audit."""
    shell.opened("Our VPN is down again")

    ran = shell("db", "copy", "sqlite:///desk.db", target, "--json")

    assert (ran.json["rows"]["tickets"], ran.json["audit"]["accepted"]) == (1, 1)


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        ("postgresql://u:hush@127.0.0.1/x", 2, "PGPASSWORD"),
        ("mysql://u@h/x", 2, "expected"),
        ("sqlite:///other.db", 1, "in this order"),
        ("postgresql://u@127.0.0.1:1/x", 1, "cannot be reached"),
    ],
)
def test_what_cannot_be_done_is_told(shell, target, code, said):
    """Wrong usage or a problem; no password is shown."""
    shell.opened("Our VPN is down again")

    ran = shell("db", "copy", "sqlite:///desk.db", target)

    assert ran.code == code
    assert said in ran.err
    assert "hush" not in ran.out + ran.err


def test_an_order_leaves_an_older_desk_as_it_is(shell, postgres):
    """Nodes of that version may be at work on it: only a `serve` brings it up to date."""
    name = postgres.database()
    moved(shell, postgres.url(name))
    ticket = shell.opened("Our VPN is down again")
    postgres.sql(f"DELETE FROM migrations WHERE version = {NEWEST}", database=name)

    ran = shell("tickets", "note", ticket, "Seen")

    assert ran.code == 1
    assert f"older Ventanilla (schema {NEWEST - 1}; this one has {NEWEST})" in ran.err
    newest = postgres.sql("SELECT max(version) FROM migrations", database=name)
    assert newest == str(NEWEST - 1)
