"""What is due, and what is late, from the command line."""

import json
import sqlite3
from contextlib import closing

TIMES = """\
calendar: {hours: {mon-sun: ["00:00-24:00"]}}
levels: {1: {first: 2h, resolve: 1d}, 2: {first: 4h}}
"""


def keep_waiting(shell, reference, hours):
    """Let a ticket have come in so long ago."""
    micros = hours * 3600 * 10**6
    with closing(sqlite3.connect(shell.config.parent / "desk.db")) as desk:
        desk.execute("UPDATE tickets SET due_at = due_at - ?", [micros])
        ((body,),) = desk.execute("SELECT body FROM tickets").fetchall()
        desk.execute("UPDATE tickets SET body = ?", [_earlier(body, micros)])
        desk.commit()
    assert reference in shell("tickets", "list").out


def _earlier(body, micros):
    told = json.loads(body)
    for timer in told["timing"][1:3]:
        timer[1] -= micros
    return json.dumps(told)


def with_times(shell):
    """Let levels 1 and 2 have clocks that run around the clock."""
    (shell.config.parent / "rules" / "times.yaml").write_text(TIMES)


def test_overdue_tickets_are_listed(shell):
    """Those whose clock ran out, of the level that was asked for; the list says by how much."""
    with_times(shell)
    late = shell.opened("The printer is broken")
    keep_waiting(shell, late, hours=3)
    shell.opened("Our VPN is down again")

    assert [t["id"] for t in shell("tickets", "list", "--overdue", "--json").json] == [late]
    assert shell("tickets", "list", "--overdue", "--level", "2", "--json").json == []
    assert shell("tickets", "list", "--overdue", "--team", "network", "--json").json == []
    line = next(row for row in shell("tickets", "list").out.splitlines() if late in row)
    assert "1 h late" in line


def test_show_tells_what_the_clocks_have_used(shell):
    """Used, of how much, until when; in seconds of business time for programs."""
    with_times(shell)
    late = shell.opened("The printer is broken")
    keep_waiting(shell, late, hours=3)

    shown = shell("tickets", "show", late)
    first, resolve = shell("tickets", "show", late, "--json").json["clocks"]

    assert "first answer: 3 h of 2 h, due " in shown.out
    assert (first["clock"], first["limit"], first["overdue"]) == ("first", 7200, True)
    assert 3 * 3600 <= first["used"] < 3 * 3600 + 60
    assert (resolve["limit"], resolve["runs"], resolve["overdue"]) == (86400, True, False)


def test_a_clock_that_stands_says_so(shell):
    """While the requester is waited for, nothing is due."""
    with_times(shell)
    ticket = shell.opened("The printer is broken")
    shell("tickets", "reply", ticket, "Which one?")

    shown = shell("tickets", "show", ticket, "--json").json

    assert shown["due_at"] is None
    assert [(c["clock"], c["runs"], c["due_at"]) for c in shown["clocks"]] == [
        ("resolve", False, None)
    ]
    assert "of 24 h, stands" in shell("tickets", "show", ticket).out
