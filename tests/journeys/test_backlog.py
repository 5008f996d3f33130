"""What waits in the inbox is worked off as fast as it can be, also in one long lane."""

from __future__ import annotations

import asyncio

from gateway.model.inbox import InboxState
from gateway.model.message import RawEvent
from tests.journeys.bench import open_bench

COUNT = 12


def mail(number):
    """Return a mail of one and the same sender, as it was handed over."""
    body = (
        f"From: a@x.example\r\nMessage-ID: <{number}@x>\r\nSubject: {number}\r\n\r\nHelp {number}"
    )
    facts = {"mail_from": "a@x.example", "rcpt": ["support@acme.example"]}
    return body.encode(), facts


async def test_a_long_lane_is_claimed_as_fast_as_it_is_worked_off(tmp_path):
    """Each end says that the next can be claimed: nobody waits for the next look."""
    async with open_bench(tmp_path / "desk") as bench:
        channel = next(iter(bench.desk.channels.values()))
        for number in range(COUNT):
            body, facts = mail(number)
            event = RawEvent(
                channel=channel.name, body=body, facts=facts, received_at=bench.world.now()
            )
            await bench.store.accept([(event, channel.parser.keys(event))], None, claim=False)

        async with asyncio.timeout(60):
            while True:
                if await bench.pipeline.claim_waiting():
                    continue
                # Not before the claim: what ends between the two would not be heard of.
                if not (await bench.store.audit())["pending"]:
                    break
                await bench.pipeline.more()

        rows = await bench.store.list_inbox(frozenset({InboxState.DONE}), 100)
        assert len(rows) == COUNT
        assert [row.id for row in rows] == sorted((row.id for row in rows), reverse=True)
