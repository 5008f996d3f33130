"""The loop lab: two desks, a responder and a dead address, every mark stripped, for a day."""

import re
from contextlib import AsyncExitStack

from gateway.model.outbox import OutboxState
from tests.abuse.crowd import OFF
from tests.journeys.bench import CONFIG, RULES, letter, open_bench
from tests.journeys.test_delivery_report import bounce

HERE, THERE = "support@acme.example", "support@other.example"
ROBOT, GONE = "robot@x.example", "gone@x.example"
_MARKS = re.compile(
    rb"^(?:auto-submitted|x-[a-z-]+|message-id|in-reply-to|references|reply-to):.*\r\n"
    rb"(?:[ \t].*\r\n)*",
    re.IGNORECASE | re.MULTILINE,
)
STEPS, MINUTES = 96, 15


class Lab:
    """Carries what one says to whom it is for; nobody gives up by himself."""

    def __init__(self, desks):
        self.desks = desks
        self.carried = dict.fromkeys(desks, 0)
        self.said = 0

    async def carry(self):
        """Bring everything new to where it goes."""
        for address, desk in self.desks.items():
            rows = await desk.store.list_outbox(frozenset(OutboxState), 100_000)
            fresh = list(reversed(rows))[self.carried[address] :]
            self.carried[address] = len(rows)
            for row in fresh:
                _, body = await desk.store.outbox_row(row.id)
                await self.bring(desk, address, row, body)

    async def bring(self, desk, sender, row, body):
        """Hand one mail over: to the other desk, the responder, or the server that bounces it."""
        to = row.place.partition(":")[2]
        self.said += 1
        if to in self.desks:
            await self.desks[to].raw(_MARKS.sub(b"", body), rcpt=to)
        elif to == ROBOT:
            answer = letter(ROBOT, "Re: yours", f"We got your mail, number {self.said}", to=sender)
            await desk.raw(answer, rcpt=sender)
        elif to == GONE:
            local, _, domain = sender.partition("@")
            token = f"{local}+{desk.desk.keyring.for_delivery(row.id)}@{domain}"
            await desk.raw(bounce(token, "<x@y.example>", self.said), mail_from="", rcpt=token)


async def a_day(tmp_path, steps, limits=None):
    """Return how often each desk wrote to each correspondent."""
    async with AsyncExitStack() as stack:
        desks = {}
        for address in (HERE, THERE):
            domain, config = address.partition("@")[2], CONFIG
            if address is THERE:
                config = config.replace('"VT"', '"OT"')
            own = [text.replace("acme.example", domain) for text in (config, RULES)]
            bench = open_bench(tmp_path / address, config=own[0], rules=own[1], limits=limits)
            desks[address] = await stack.enter_async_context(bench)
        lab = Lab(desks)
        await desks[HERE].mail(THERE, "Hello", "Our lamp flickers")
        for desk in desks.values():
            for writer in (ROBOT, GONE):
                await desk.mail(writer, "Hi", "I forgot my password")
        for _ in range(steps):
            await lab.carry()
            for desk in desks.values():
                desk.pass_time(minutes=MINUTES)
        return {
            (address, to): len(await desk.sent(to))
            for address, desk in desks.items()
            for to in (HERE, THERE, ROBOT, GONE)
        }


async def test_a_day_of_machines_is_a_handful_of_mails(tmp_path):
    """Whatever their marks, each correspondent gets the first answer and a few reactions."""
    said = await a_day(tmp_path, STEPS)

    assert said[HERE, THERE] >= 1
    assert said[HERE, ROBOT] >= 1
    assert max(said.values()) <= 1 + 3
    assert said[HERE, GONE] == said[THERE, GONE] == 1


async def test_defence_off_machines_talk_at_every_step(tmp_path):
    """Twin: without limits it goes on as long as one looks."""
    said = await a_day(tmp_path, 12, limits=OFF)

    assert said[HERE, ROBOT] >= 12
    assert said[HERE, THERE] >= 6
