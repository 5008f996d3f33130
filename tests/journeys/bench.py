"""A whole desk without its network: real store, rules, words and parser; a clock that is moved.

Mails go in through `Accepting`, as a receiver would hand them over; what goes out is read from the
outbox, frozen as it would leave.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path

from gateway import app
from gateway.journey.accept import Accepting
from gateway.journey.deliver import Delivery
from gateway.journey.orders import commands
from gateway.journey.pipeline import Pipeline
from gateway.journey.reading.parsing import ParserPool
from gateway.model.inbox import InboxState
from gateway.model.message import RawEvent
from gateway.model.outbox import OutboxState
from gateway.settings import load_settings
from gateway.store import open_store
from tests.fakes import databases
from tests.fakes.world import FakeWorld

SUPPORT = "support@acme.example"
SQLITE = "sqlite:///desk.db"
DELIVERED_SECONDS = 60.0
BLOCKING = frozenset(
    {OutboxState.QUEUED, OutboxState.WIRE, OutboxState.RETRY, OutboxState.UNCERTAIN}
)
CONFIG = f"""
[desk]
name = "Acme Support"
prefix = "VT"
languages = ["en", "pt", "es", "it", "pl"]
rules = "rules"
timezone = "Europe/Lisbon"
alerts = ["support-mail:ops@acme.example"]
[store]
url = "{SQLITE}"
[channels.support-mail]
kind = "email"
address = "support@acme.example"
aliases = ["help@acme.example"]
listen = "127.0.0.1:0"
smtp = "smtp://127.0.0.1:1"
authserv_id = "mx.acme.example"
"""
RULES = """
teams:
  service-desk: {level: 1, tell: ["email:desk@acme.example"], agents: [ana]}
  network: {level: 2, tell: ["email:network@acme.example"], agents: [gus]}
agents:
  ana: {name: Ana Reis, email: ana@acme.example}
  gus: {name: Gus Lima, email: gus@acme.example}
faq:
  - id: reset-password
    ask:
      en: ["How do I reset my password?", "I forgot my password", "My password is lost",
           "I need a new password"]
      pl: ["Jak zresetować hasło?", "Nie pamiętam hasła", "Zapomniałem hasła",
           "Potrzebuję nowego hasła"]
    answer:
      en: Open **Settings > Security** and choose *Reset password*.
      pl: Otwórz **Ustawienia > Bezpieczeństwo** i wybierz *Zresetuj hasło*.
    examples: {match: ["I forgot my password"], no_match: ["The lift is broken"]}
  - id: opening-hours
    ask:
      en: ["What are your opening hours?", "When are you open?", "Are you open on Saturday?",
           "At what time do you close?"]
      pl: ["Jakie są godziny otwarcia?", "Kiedy jest otwarte?", "Czy jest otwarte w sobotę?",
           "O której zamykacie?"]
    answer:
      en: We are open from Monday to Friday, 9:00 to 17:00.
      pl: Jesteśmy otwarci od poniedziałku do piątku, od 9:00 do 17:00.
    examples: {match: ["When are you open?"], no_match: ["The lift is broken"]}
routes:
  - id: monitoring
    when: {from: "monitor@acme.example", automatic: true}
    then: {team: network, priority: urgent}
    before_faq: true
    examples: {match: [{text: "disk full", from: "monitor@acme.example"}],
               no_match: [{text: "disk full", from: "a@b.example"}]}
  - id: vpn-outage
    when: {words: ["vpn"], any_words: ["down", "outage"]}
    then: {team: network, level: 2, priority: high}
    examples: {match: ["Our VPN is down again"], no_match: ["How do I get a VPN account?"]}
fallback: {team: service-desk}
"""


def letter(
    sender: str,
    subject: str,
    text: str,
    *,
    to: str = SUPPORT,
    message_id: str | None = None,
    **headers: str,
) -> bytes:
    """Return a mail as it comes in; ``in_reply_to="…"`` makes the header ``In-Reply-To``."""
    lines = [f"From: {sender}", f"To: {to}", f"Subject: {subject}"]
    made = f"<{sha256(f'{sender}{subject}{text}'.encode()).hexdigest()[:20]}@client.test>"
    lines.append(f"Message-ID: {message_id or made}")
    lines += [f"{name.replace('_', '-').title()}: {value}" for name, value in headers.items()]
    lines += ["Date: Mon, 16 Nov 2026 10:00:00 +0000", "MIME-Version: 1.0"]
    lines += ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", ""]
    return "\r\n".join([*lines, *text.splitlines(), ""]).encode()


class Timers:
    """Ends bursts when a test says that it has been quiet."""

    def __init__(self):
        self._calls = []

    def later(self, _seconds, call):
        """See `gateway.journey.reading.burst.Later`."""
        self._calls.append(call)

    def fire(self):
        """Let everything that waits for quiet go on."""
        calls, self._calls = self._calls, []
        for call in calls:
            call()


@dataclass(slots=True)
class Bench:
    """A desk at rest between two mails."""

    desk: object
    store: object
    world: FakeWorld
    intake: Accepting
    pipeline: Pipeline
    delivery: Delivery
    timers: Timers
    url: str

    async def mail(self, sender, subject="", text="", *, mail_from=None, **more):
        """Have a mail come in and be handled to its end; return its inbox row."""
        body = letter(sender, subject, text, **more)
        return await self.raw(body, mail_from=mail_from, rcpt=more.get("to", SUPPORT))

    async def raw(self, body, *, mail_from=None, rcpt=SUPPORT):
        """The same with the bytes of a mail."""
        facts = {"via": "smtp", "rcpt": [rcpt]}
        if mail_from is not None:
            facts["mail_from"] = mail_from
        event = RawEvent(
            channel="support-mail", body=body, facts=facts, received_at=self.world.now()
        )
        return await self.event(event)

    async def order(self, name, **given):
        """Have an order of the command line carried out; return its inbox row."""
        return await self.event(
            commands.order(self.world, name=name, **{"by": "agent:ana", **given})
        )

    async def event(self, event):
        """Hand over an event, wait until the journey is idle, return the newest inbox row."""
        return await self.events([event])

    async def events(self, events):
        """The same with several that come before it is quiet, one after the other."""
        for event in events:
            await self.intake.accept([event])
        await self.settle()
        return (await self.store.list_inbox(frozenset(InboxState), 1))[0]

    async def settle(self):
        """Let it be quiet until the journey is idle."""
        idle = asyncio.ensure_future(self.pipeline.idle())
        while not idle.done():
            self.timers.fire()
            await asyncio.wait([idle], timeout=0.01)

    async def deliver(self):
        """Send until nothing more goes out now."""
        task = asyncio.create_task(self.delivery.run())
        async with asyncio.timeout(DELIVERED_SECONDS):
            while await self._has_something_to_send():  # noqa: ASYNC110 - the store is asked
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await self.delivery.drain(DELIVERED_SECONDS)

    async def _has_something_to_send(self):
        """Tell whether something is on its way, or is due and has nothing before it in its lane."""
        rows = await self.store.list_outbox(BLOCKING, 10_000)
        heads = {row.lane: row for row in rows}  # the newest come first
        return any(row.state is OutboxState.WIRE for row in rows) or any(
            head.due_at is not None and head.due_at <= self.world.now() for head in heads.values()
        )

    async def sent(self, to=None) -> list[EmailMessage]:
        """Return every mail in the outbox, oldest first; only those to one address if given."""
        rows = await self.store.list_outbox(frozenset(OutboxState), 10_000)
        found = []
        for row in reversed(rows):
            if to is None or row.place.endswith(f":{to}"):
                _, body = await self.store.outbox_row(row.id)
                found.append(message_from_bytes(body, policy=policy.default))
        return found

    async def ticket(self, row):
        """Return the ticket that an inbox row was about."""
        return await self.store.ticket(row.ticket)

    async def said(self, row):
        """Return the history of the ticket that an inbox row was about."""
        return await self.store.events(row.ticket)

    def pass_time(self, **delta) -> None:
        """Move the clock."""
        self.world.advance(timedelta(**delta))


def text_of(mail: EmailMessage) -> str:
    """Return the plain text of a mail."""
    return mail.get_body(("plain",)).get_content()


def new_database(folder, world):
    """Return what gives the URL of an empty database; fixtures may put another one here."""
    return databases.empty("sqlite", None, folder, world)


@asynccontextmanager
async def open_bench(
    folder: Path,
    *,
    config=CONFIG,
    rules=RULES,
    limits=None,
    parsers=None,
    world=None,
    environ=None,
    later=None,
):
    """Give a desk in an empty folder; ``later`` ends bursts by itself, and not when told."""
    (folder / "rules").mkdir(parents=True)
    (folder / "rules" / "desk.yaml").write_text(rules)
    world = world or FakeWorld()
    given = ExitStack()
    url = given.enter_context(new_database(folder, world))
    (folder / "config.toml").write_text(config.replace(SQLITE, url))
    settings = load_settings(folder / "config.toml", environ or {})
    if limits:
        changed = replace(settings.policy.limits, **limits)
        settings = replace(settings, policy=replace(settings.policy, limits=changed))
    parts = app.load_parts(settings, world=world)
    store = await open_store(settings.store_url, world=world, node="bench", sole_writer=True)
    desk = await app.build_desk(parts, settings, store, world=world, meter=app.NoMeter())
    pool = ParserPool(app.parsers_of(parts.channels) | (parsers or {}), desk.foresight)
    timers = Timers()
    pipeline = Pipeline(lambda: desk, pool, world=world, later=later or timers.later)
    intake = Accepting(
        store,
        app.parsers_of(parts.channels) | (parsers or {}),
        app.NoMeter(),
        node="bench",
        has_room=pipeline.has_room,
        submit=pipeline.submit,
    )
    work = asyncio.create_task(pipeline.run())
    delivery = Delivery(lambda: desk)
    desk.wake_delivery = delivery.wake
    try:
        yield Bench(desk, store, world, intake, pipeline, delivery, timers, url)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await pool.close()
        await store.close()
        given.close()
