"""Mail that a group of ours passed on in its own name: who wrote it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.model.message import Author, Trust
from tests.channels.email.readings import PARSER, TOKEN, event, message

VIA = "From: 'Carla Reis' via Team <team@acme.example>\nList-Id: Team <team.acme.example>\n"
OWN = "From: 'Carla Reis' via Support <support@acme.example>\nList-Id: <team.acme.example>\n"
CARLA = "Carla Reis <carla@cliente.example>"
END = "Subject: Lift\n\nhello\n"
PASS = "Authentication-Results: mx.acme.example; dmarc=pass header.from=acme.example\n"


@pytest.mark.parametrize("rewritten", [VIA, OWN], ids=["the group's address", "our own address"])
@pytest.mark.parametrize(
    ("original", "name"),
    [
        (f"X-Original-From: {CARLA}\nReply-To: team@acme.example\n", "Carla Reis"),
        ("X-Original-Sender: carla@cliente.example\n", ""),
        (f"Reply-To: {CARLA}\n", "Carla Reis"),
        (f"Reply-To: {CARLA}, Team <team@acme.example>, help@acme.example\n", "Carla Reis"),
        (f"X-Original-From: {CARLA}\nX-Original-Sender: other@x.example\n", "Carla Reis"),
        (f"X-Original-From: {CARLA}\nReply-To: other@x.example\n", "Carla Reis"),
    ],
)
def test_the_writer_is_who_the_group_says(rewritten: str, original: str, name: str) -> None:
    """Whichever header the group left, and however its own name got into From."""
    read = message(rewritten + original + END)

    assert read.author == Author(address="carla@cliente.example", name=name, trust=Trust.CLAIMED)
    assert (read.own, read.automatic, read.flags) == (None, None, ())


def test_list_post_says_which_address_is_the_groups() -> None:
    """A List-Id need not spell the group's address."""
    post = "List-Post: <https://g.example/post>, <mailto:All@g.example>\n"
    lists = f"List-Id: <team.acme.example>\n{post}"

    read = message(f"From: all@g.example\n{lists}X-Original-From: {CARLA}\n{END}")

    assert read.author.address == "carla@cliente.example"


def test_our_servers_finding_speaks_for_the_group_only() -> None:
    """DMARC of the group's domain says nothing about who wrote to the group."""
    forged = "Authentication-Results: mx.acme.example; dmarc=pass header.from=cliente.example\n"
    original = f"X-Original-From: {CARLA}\n"

    assert message(PASS + VIA + original + END).author.trust is Trust.CLAIMED
    assert message(forged + VIA + original + END).author.trust is Trust.CLAIMED
    assert message(PASS + VIA.replace("team@", "ana@") + END).author.trust is Trust.AUTHENTICATED


@pytest.mark.parametrize(
    "original",
    [
        "",
        "Reply-To: team@acme.example\n",
        f"X-Original-From: {CARLA}\nX-Original-From: eve@x.example\n",
        "X-Original-From: gus@corp.example <eve@x.example>\nX-Original-Sender: eve@x.example\n",
        f"Reply-To: {CARLA}, eve@x.example\n",
        f"Reply-To: {CARLA}, gus@corp.example <eve@x.example>\n",
        "X-Original-Sender: team@acme.example\n",
    ],
)
def test_a_group_that_hides_its_writers_makes_nobody_the_writer(original: str) -> None:
    """Answers to the group would go to all its members, and come back to us."""
    read = message(VIA + original + END)

    expected = Author(address="", name="'Carla Reis' via Team", trust=Trust.NONE)
    assert read.author == expected
    assert read.flags == ("the group that it came through hides who wrote it",)
    assert (read.own, read.text) == (None, "hello")


@pytest.mark.parametrize(
    "headers",
    [
        f"{OWN}X-Original-From: Support <support@acme.example>\n",
        f"{VIA}X-Original-Sender: help@acme.example\n",
        f"{VIA}X-Original-From: support+{TOKEN}@acme.example\n",
        f"{VIA}X-Original-From: {CARLA}\nX-Ventanilla-Desk: Acme-Support.acme.example\n",
        OWN,
        f"{OWN}Reply-To: support+{TOKEN}@acme.example\n",
        f"From: support@acme.example\nX-Original-From: {CARLA}\n",
        f"From: support@acme.example\nList-Id: <news.example>\nX-Original-From: {CARLA}\n",
        f"{OWN}List-Id: <news.example>\nX-Original-From: {CARLA}\n",
    ],
)
def test_our_own_mail_is_known_behind_a_group(headers: str) -> None:
    """By whom the group names, by our mark, or by our address where no group of ours stands in."""
    assert message(headers + END).own


@pytest.mark.parametrize(
    "headers",
    [
        f"From: eve@x.example\nList-Id: <team.acme.example>\nX-Original-From: {CARLA}\n",
        f"From: team@x.example\nX-Original-From: {CARLA}\n",
        f"From: eve@x.example\nReply-To: {CARLA}\n",
    ],
)
def test_elsewhere_from_is_who_writes(headers: str) -> None:
    """Where no group of ours put itself into From, the other headers say nothing."""
    assert message(headers + END).author.address.endswith("@x.example")


def test_a_machine_behind_a_group_is_a_machine() -> None:
    """Its name and its marks are those of the original mail."""
    original = "X-Original-From: no-reply@shop.example\n"

    assert message(VIA + original + END).automatic == "sender: no-reply"
    assert message(f"Auto-Submitted: auto-replied\n{VIA}X-Original-From: {CARLA}\n{END}").automatic


def test_each_writer_behind_a_group_has_a_lane() -> None:
    """One customer's mail waits for no other customer's, though all come from one address."""
    lanes = {
        PARSER.keys(event(f"{VIA}X-Original-From: {writer}\n{END}")).lane
        for writer in (CARLA, "Bob <bob@cliente.example>")
    }

    assert len(lanes) == 2


def test_defence_off_a_group_that_is_not_named_is_a_list() -> None:
    """Twin: nobody speaks for a group that the desk does not know."""
    parser = replace(PARSER, own_lists=())

    read = parser.parse(event(f"{VIA}X-Original-From: {CARLA}\n{END}"))

    assert getattr(read, "author").address == "team@acme.example"  # noqa: B009 - any kind of reading
    assert getattr(read, "automatic") == "mailing list: list-id"  # noqa: B009 - as above
