"""Many mails at once, and what became of them."""

from __future__ import annotations

import asyncio
from collections import Counter

from gateway.model.inbox import InboxState
from gateway.model.message import RawEvent
from tests.journeys.bench import SUPPORT, letter

OFF = dict.fromkeys(
    ("automatic_per_hour", "automatic_per_day", "acknowledgements_per_hour", "reactions_per_day",
     "same_text_per_day", "tickets_per_hour", "acknowledgements_per_minute"), 10**6,
)  # fmt: skip
"""Every limit taken away: what the twins run with."""


def event(desk, sender, subject, text, **more):
    """Return a mail as a receiver hands it over."""
    to = more.get("to", SUPPORT)
    body = letter(sender, subject, text, **more)
    facts = {"via": "smtp", "rcpt": [to], "mail_from": "envelope@x.example"}
    return RawEvent(channel="support-mail", body=body, facts=facts, received_at=desk.world.now())


async def at_once(desk, events):
    """Hand all of them over side by side; return when nothing is left to do."""
    await asyncio.gather(*(desk.intake.accept([one]) for one in events))
    await desk.pipeline.idle()
    while await desk.pipeline.claim_waiting():
        await desk.pipeline.idle()


async def outcomes(desk):
    """Return how many inbox rows ended in which way."""
    rows = await desk.store.list_inbox(frozenset(InboxState), 100_000)
    return Counter(str(row.outcome or row.state) for row in rows)
