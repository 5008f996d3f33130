"""One request from beginning to end: mail, Slack, Telegram, the clock, and what was learned of it.

Real store, rules, words, parsers and both chat channels; Slack and the Bot API are imitated, and
the wall's clock is moved.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from channels.slack.parser import SlackParser
from channels.slack.sockets import WANTED
from gateway import approving, loading
from gateway.journey import due
from gateway.journey.learning.drafting import drafted
from gateway.model.inbox import InboxState, Outcome
from gateway.model.knowledge import DraftState
from gateway.model.ticket import EventKind, TicketState, Visibility
from gateway.settings import load_settings
from gateway.world import RealWorld
from tests.fakes.slack import APP_TOKEN, BOT_TOKEN, SlackServer
from tests.fakes.telegram_people import BOT, group, message, private, user
from tests.fakes.telegram_server import TOKEN, TelegramServer
from tests.journeys.bench import CONFIG, open_bench, text_of
from tests.journeys.test_slack import GUS, NETWORK, Office

CARLA, RUI, ANA, TEAM = "carla@cliente.example", 601, 77, -100123
CHANNELS = """
[channels.slack]
kind = "slack"
api_url = "{slack}"
bot_token_file = "{folder}/bot"
app_token_file = "{folder}/app"
[channels.telegram]
kind = "telegram"
api_url = "{telegram}"
"""
RULES = f"""
teams:
  service-desk: {{level: 1, tell: ["email:desk@acme.example"]}}
  network: {{level: 2, tell: ["slack:#network"], agents: [gus], next: experts}}
  experts: {{level: 3, tell: ["telegram:{TEAM}"], agents: [ana]}}
agents:
  gus: {{name: Gus Lima, slack: {GUS}}}
  ana: {{name: Ana Reis, telegram: "{ANA}"}}
faq:
  - id: opening-hours
    ask: {{pt: ["Qual é o horário?", "A que horas abrem?", "Estão abertos ao sábado?"]}}
    answer: {{pt: Das 9 às 17.}}
    examples: {{match: ["A que horas abrem?"], no_match: ["A impressora não imprime"]}}
routes:
  - id: printers
    when: {{any_words: [impressora]}}
    then: {{team: network}}
    examples: {{match: ["A impressora não imprime"], no_match: ["A que horas abrem?"]}}
fallback: {{team: service-desk}}
calendar:
  hours: {{mon-fri: ["09:00-17:00"]}}
  holidays: [2026-12-08]
levels:
  2: {{first: 4h, next: 4h}}
"""
ASKED = "Como limpo o cilindro da impressora quando as folhas saem todas manchadas?"
INSIDE = "acho que o Zé partiu outra vez o tambor"
SOLVED = "Abra a tampa lateral e puxe três vezes a patilha azul do cilindro."


class MovedWorld(RealWorld):
    """The wall's clock runs on from a given instant, and can be moved; nothing else is changed."""

    def __init__(self, start):
        super().__init__()
        self._ahead = start - super().now()

    def now(self):
        """See `gateway.world.World.now`."""
        return super().now() + self._ahead

    def advance(self, by):
        """Let time pass."""
        self._ahead += by


class Whole(Office):
    """A desk with a mailbox, a workspace and a bot, and its people."""

    def __init__(self, desk, slack, telegram):
        super().__init__(desk, slack)
        self.telegram = telegram

    @property
    def team_thread(self):
        """Return what stands in the team's room in Slack, oldest first."""
        return list(self.workspace.rooms[NETWORK].messages.values())

    async def mailbox(self, count):
        """Wait until so many mails are on their way to Carla; return the newest.

        What waits is looked at meanwhile: an agent's reply can beat the record of the notice.
        """
        async with asyncio.timeout(60):
            while len(found := await self.desk.sent(CARLA)) < count:
                await self.desk.pipeline.claim_waiting()
                await asyncio.sleep(0.05)
        return found[-1]

    async def in_telegram(self, chat, count):
        """Wait until a chat shows so much of the desk; return it."""
        await self.telegram.until(lambda: len(self.telegram.in_chat(chat)) >= count)
        return self.telegram.in_chat(chat)

    async def go_to(self, instant):
        """Move the clock to an instant in Lisbon's winter, and have the desk look at its own."""
        self.desk.world.advance(at(instant) - self.desk.world.now())
        await due.sweep(self.desk.desk)
        await self.desk.pipeline.idle()


def at(text):
    """Return an instant of Lisbon's winter, which is that of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@asynccontextmanager
async def opened(folder):
    """Give everything, at work."""
    (folder / "bot").write_text(BOT_TOKEN)
    (folder / "app").write_text(APP_TOKEN)
    slack = SlackServer(RealWorld(), seconds=3.0)
    slack.workspace.add_member(GUS, "Gus Lima", email="gus@acme.example")
    slack.workspace.add_room(NETWORK, "network")
    async with slack.running(), TelegramServer().running() as telegram:
        telegram.chats[TEAM] = group(TEAM)
        table = CHANNELS.format(slack=slack.api_url, telegram=telegram.url, folder=folder)
        loop = asyncio.get_running_loop()
        opening = open_bench(
            folder / "desk", config=CONFIG + table, rules=RULES,
            environ={"TELEGRAM_BOT_TOKEN": TOKEN}, world=MovedWorld(at("2026-12-07 15:00")),
            parsers={"slack": SlackParser(channel="slack", quiet=timedelta(seconds=0.05))},
            later=lambda _, call: loop.call_later(0.05, call),
        )  # fmt: skip
        async with opening as desk:
            channels = desk.desk.channels
            work = [asyncio.create_task(desk.delivery.run())]
            work += [
                asyncio.create_task(channels[name].receive(desk.intake))
                for name in ("slack", "telegram")
            ]
            try:
                await slack.sockets.until(lambda: len(slack.sockets.open) == WANTED)
                yield Whole(desk, slack, telegram)
            finally:
                for task in work:
                    task.cancel()
                await asyncio.gather(*work, return_exceptions=True)
                for name in ("slack", "telegram"):
                    await channels[name].close()


async def test_a_request_from_its_mail_to_the_next_ones_answer(tmp_path):
    """A mail in Portuguese; level 2 in Slack; level 3 in Telegram; an entry for the next one."""
    async with opened(tmp_path) as desk:
        row, thread = await comes_to_level_two(desk)
        answer = await is_answered_from_slack(desk, thread)
        await is_asked_on(desk, answer, thread)
        handed = await runs_out_of_time(desk, row)
        closing = await is_closed_from_telegram(desk, handed)
        ticket = await has_helped(desk, row, closing)
        entry = await becomes_an_entry(desk, ticket, tmp_path)
        await answers_the_next_one(desk, entry)
        await kept_inside_what_was_said_inside(desk, ticket)


async def comes_to_level_two(desk):
    """A mail that no entry answers is a thread in its team's channel; its writer has a number."""
    row = await desk.desk.mail(CARLA, "Impressora", ASKED, message_id="<c1@cliente.example>")
    await desk.until(lambda: len(desk.team_thread) == 1)
    [notice] = desk.team_thread
    reference = (await desk.desk.ticket(row)).reference

    assert row.outcome is Outcome.ROUTED
    assert reference in str(notice)
    assert ASKED in str(notice)
    assert reference in (await desk.mailbox(1))["Subject"]
    return row, {"channel": NETWORK, "thread": notice["ts"]}


async def is_answered_from_slack(desk, thread):
    """A note stays inside; a word goes out in the customer's own thread, with its file."""
    await desk.people.say(GUS, text=INSIDE, **thread)
    plan = desk.people.upload("esquema.txt", "text/plain", b"patilha azul")
    said = {"files": [plan], "subtype": "file_share", **thread}
    await desk.people.say(GUS, text="!reply Já viu este esquema?", **said)
    answer = await desk.mailbox(2)

    assert "Já viu este esquema?" in text_of(answer)
    assert "<c1@cliente.example>" in answer["References"]
    assert [part.get_filename() for part in answer.iter_attachments()] == ["esquema.txt"]
    return answer


async def is_asked_on(desk, answer, thread):
    """What the customer answers appears in the team's thread."""
    await desk.desk.mail(
        CARLA, f"Re: {answer['Subject']}", "Vi, mas não encontro a patilha.",
        to=answer["Reply-To"], in_reply_to=answer["Message-ID"],
    )  # fmt: skip
    await desk.until(lambda: "não encontro a patilha" in str(desk.team_thread))

    assert all(m.get("thread_ts") == thread["thread"] for m in desk.team_thread[1:])


async def runs_out_of_time(desk, row):
    """Two hours are left on Monday, Tuesday is a holiday, on Wednesday at eleven it is over."""
    for early in ("2026-12-07 23:00", "2026-12-08 16:30", "2026-12-09 10:30"):
        await desk.go_to(early)
        assert (await desk.desk.ticket(row)).team == "network"
        assert desk.telegram.in_chat(TEAM) == []
    await desk.go_to("2026-12-09 11:30")
    ticket = await desk.desk.ticket(row)
    [handed, *_] = await desk.in_telegram(TEAM, 1)

    assert (ticket.team, ticket.level) == ("experts", 3)
    assert ticket.reference in handed.text
    assert ASKED in handed.text
    return handed


async def is_closed_from_telegram(desk, handed):
    """An expert closes it there, and says that it is worth an entry; the customer hears of it."""
    under = message(handed.text, message_id=handed.id, chat=group(TEAM), sender=BOT)
    word = message(
        f"!close {SOLVED}\n!faq", chat=group(TEAM), sender=user(ANA, "Ana"), reply_to_message=under
    )
    desk.telegram.push("message", word)
    closing = await desk.mailbox(3)

    assert SOLVED in text_of(closing)
    assert "!faq" not in text_of(closing)
    assert "Isso ajudou" in text_of(closing)
    return closing


async def has_helped(desk, row, closing):
    """She taps "helped": a mail without text, its label in the subject."""
    await desk.desk.mail(CARLA, "Isso ajudou", "", to=closing["Reply-To"])
    ticket = await desk.desk.ticket(row)

    assert (ticket.state, ticket.helped) == (TicketState.CLOSED, True)
    return ticket


async def becomes_an_entry(desk, ticket, folder):
    """The admin approves the draft, and the desk takes the new book; return the entry's id."""
    [found] = await desk.desk.store.faq_drafts(frozenset({DraftState.OPEN}), 10)
    history = await desk.desk.store.events(found.ticket)
    settings = load_settings(folder / "desk" / "config.toml", {"TELEGRAM_BOT_TOKEN": TOKEN})
    done = approving.approve(settings, drafted(found, ticket, history))
    desk.desk.desk.rules = loading.read(loading.order_of(settings)).book
    return done.entry


async def answers_the_next_one(desk, entry):
    """Somebody asks the same on Telegram, and level 1 knows."""
    rui = {"chat": private(RUI), "sender": user(RUI, "Rui", language_code="pt")}
    desk.telegram.push("message", message("como limpo o cilindro da impressora?", **rui))
    [answered] = await desk.in_telegram(RUI, 1)
    [newest] = await desk.desk.store.list_inbox(frozenset(InboxState), 1)
    ticket = await desk.desk.store.ticket(newest.ticket)

    assert SOLVED in answered.text
    assert (ticket.state, ticket.level, ticket.faq) == (TicketState.ANSWERED, 1, entry)


async def kept_inside_what_was_said_inside(desk, ticket):
    """The note stands in the history, and in no mail."""
    mails = "".join(text_of(mail) for mail in await desk.desk.sent(CARLA))
    notes = [e for e in await desk.desk.store.events(ticket.number) if e.text == INSIDE]

    assert INSIDE not in mails
    assert [(e.kind, e.visibility) for e in notes] == [(EventKind.NOTE, Visibility.INTERNAL)]
