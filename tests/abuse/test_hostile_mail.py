"""Mails made to break a reader, handed over as any other: each ends, and neighbours get answers.

What the usual ways of reading do with them stands with the parser's own tests.
"""

import pytest

from gateway.model.inbox import InboxState, Outcome
from gateway.model.message import RawEvent
from tests.abuse.crowd import at_once, event
from tests.channels.email.test_hostile_mail import HOSTILE
from tests.journeys.bench import letter

ALICE = "alice@customer.example"
ODD = {
    "a NUL in the subject": letter(ALICE, "a\0b", "The lift is broken"),
    "a lone surrogate": letter(ALICE, "Lift", "x").replace(b"x\r\n", b"\xed\xa0\x80 broken\r\n"),
    "the year 0": letter(ALICE, "Lift", "broken").replace(b"Nov 2026", b"Nov 0000"),
    "the year 9999": letter(ALICE, "Lift", "broken").replace(b"Nov 2026", b"Nov 9999"),
    "a date of nonsense": letter(ALICE, "Lift", "broken").replace(b"Mon, 16", b"Zzz, 99"),
    "no body": letter(ALICE, "Lift", ""),
    "no header": b"\r\nThe lift is broken\r\n",
    "nothing": b"",
    "only a file": b"From: alice@customer.example\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7",
    "a part elsewhere": b"From: alice@customer.example\r\nContent-Type: message/external-body;"
    b' access-type=URL; URL="http://127.0.0.1:9/x"\r\n\r\nContent-Type: text/plain\r\n\r\n',
}


async def test_hostile_mails_end_and_neighbours_are_answered(desk):
    """Not one of them is lost or set aside, and Alice behind them all gets her answer."""
    now = desk.world.now()
    events = [
        RawEvent(channel="support-mail", body=raw, facts={"via": "smtp"}, received_at=now)
        for raw in HOSTILE.values()
    ]

    await at_once(desk, [*events, event(desk, ALICE, "Password", "I forgot my password")])

    rows = await desk.store.list_inbox(frozenset(InboxState), 1000)
    assert {row.state for row in rows} == {InboxState.DONE}
    assert len(rows) == len(HOSTILE) + 1
    assert len(await desk.sent(ALICE)) == 1


@pytest.mark.parametrize("raw", ODD.values(), ids=ODD.keys())
async def test_odd_mails_become_tickets(desk, raw):
    """Whatever is missing or wrong in it, a person may have written it."""
    row = await desk.raw(raw)

    assert row.outcome is Outcome.ROUTED
    assert (await desk.ticket(row)).created_at == desk.world.now()
