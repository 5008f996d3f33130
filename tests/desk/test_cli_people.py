"""``people``: what is linked with an address, and taking it apart."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from gateway.model.linking import CodeMade, CodeUsed, LinkCode
from gateway.model.plan import Plan
from gateway.store import open_store
from gateway.world import RealWorld

RITA = "rita@customer.example"


@pytest.fixture
def linked(shell):
    """A desk where an account on Telegram was linked with Rita's address."""

    async def _link():
        url = f"sqlite:///{shell.config.parent / 'desk.db'}"
        store = await open_store(url, world=RealWorld(), node="test", sole_writer=True)
        now = RealWorld().now()
        code = LinkCode(
            kind="telegram", address="5011234567", mail=RITA, digest="d",
            ends_at=now + timedelta(minutes=1),
        )  # fmt: skip
        await store.apply(Plan(at=now, links=(CodeMade(code), CodeUsed(code))))
        await store.close()

    asyncio.run(_link())
    return shell


def test_what_is_linked_is_shown_from_both_sides(linked):
    """Named by the mail address, or by the account."""
    assert linked("people", "show", RITA.upper()).out == "telegram:5011234567\n"
    ran = linked("people", "show", "telegram:5011234567", "--json")
    assert ran.json["linked"] == [f"email:{RITA}"]


def test_unlinking_is_done_once(linked):
    """The second time nobody is linked: that is told, with exit code 1."""
    first = linked("people", "unlink", RITA)
    second = linked("people", "unlink", RITA)

    assert (first.code, first.out) == (0, "1 link undone\n")
    assert second.code == 1
    assert "nobody else is linked" in second.err
    assert "nothing is linked" in linked("people", "show", RITA).out
