"""``erase``: one command, and nothing of the person is left in the desk's folder."""

from __future__ import annotations

import pytest


def test_erasing_takes_the_order_itself_along(shell):
    """Who asked to be forgotten stands nowhere, not even in the order to forget them."""
    shell("tickets", "open", "--by", "phone", "--from", "rita@customer.example", "The lift hangs")
    ran = shell("erase", "Rita@customer.example")

    assert ran.code == 0
    assert ran.out.startswith("erased: 1 ticket, ")
    whole = b"".join(path.read_bytes() for path in shell.config.parent.glob("desk.db*"))
    assert b"rita@" not in whole.lower()
    assert b"The lift hangs" not in whole
    assert shell("tickets", "list", "--all", "--json").json == []
    assert shell("audit").code == 0


def test_a_caller_is_erased_by_number(shell):
    """Whoever called has no address; what the desk wrote down is theirs all the same."""
    shell("tickets", "open", "--by", "phone", "--from", "+351211234567", "The lift hangs")

    assert shell("erase", "phone:+351211234567").code == 0
    assert shell("tickets", "list", "--all", "--json").json == []


@pytest.mark.parametrize("arguments", [("show",), ("note", "done")])
def test_a_ticket_that_was_emptied_is_said_to_be(shell, arguments):
    """Its reference is right: it stands in somebody's old mail."""
    reference = shell.opened("The lift hangs")
    shell("erase", "ana@corp.example")
    name, *words = arguments

    ran = shell("tickets", name, reference, *words)

    said = f"there is no ticket {reference}: it never was, or was emptied since"
    assert (ran.code, said in ran.err) == (1, True)


def test_whose_ticket_it_is_now_stands_there_with_the_number_that_they_know(shell):
    """Theirs was merged into one whose requester is erased."""
    into, gone = (
        shell(
            "tickets", "open", "--by", "phone", "--from", f"{name}@customer.example", "Lift",
            "--json",
        ).json["ticket"]
        for name in ("rita", "rui")
    )  # fmt: skip
    shell("tickets", "merge", gone, into)
    shell("erase", "rita@customer.example")

    out = shell("tickets", "show", into).out
    assert f"requester  rui@customer.example, by support-mail, in en, as {gone}" in out
    assert "rita" not in out


@pytest.mark.parametrize(
    "command",
    [("erase", "ana@corp.example"), ("tickets", "take", "VT-1042-F"), ("inbox", "retry", "1")],
)
def test_where_there_is_no_desk_nobody_is_erased(shell, command):
    """A mistyped store is no empty one: whoever is told "erased" believes it."""
    ran = shell(*command)

    assert ran.code == 1
    assert "there is no database yet" in ran.err
    assert not list(shell.config.parent.glob("desk.db"))


def test_erasing_nobody_is_no_error(shell):
    """Done is done, however often it is asked for."""
    shell.opened("The lift hangs")
    ran = shell("erase", "nobody@customer.example", "--json")

    assert (ran.code, ran.json["ok"]) == (0, True)
    assert ran.json["reason"].startswith("erase: 0 tickets, 0 other messages, ")


@pytest.mark.parametrize("address", ["", "rita", ":", "slack:", "U024BE7LH"])
def test_what_names_nobody_is_wrong_usage(shell, address):
    """It says how people are named."""
    ran = shell("erase", address)

    assert ran.code == 2
    assert "slack:U024BE7LH" in ran.err


def test_a_number_is_one_caller_however_it_is_written(shell):
    """Blanks, hyphens and brackets make nobody else of them."""
    for number in ("+351 21 123-45.67", "+351 (0)21/1234567"):
        shell("tickets", "open", "--by", "phone", "--from", number, "The lift hangs")

    assert shell("erase", "phone:+351 211 234 567").out.startswith("erased: 2 tickets, ")
    assert shell("tickets", "list", "--all", "--json").json == []
