"""Telegram from a phone to the agents' group and back: a whole desk, the Bot API imitated."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from channels.telegram.channel import TelegramChannel
from gateway.model.inbox import InboxState, Outcome
from gateway.model.outbox import OutboxState
from gateway.model.question import TicketFilter
from gateway.model.ticket import EventKind, TicketState
from tests.fakes.telegram_api import Refused
from tests.fakes.telegram_people import (
    command,
    document,
    group,
    mention,
    message,
    photo,
    pressed,
    private,
    user,
)
from tests.fakes.telegram_server import TOKEN, Fault, TelegramServer
from tests.journeys.bench import CONFIG, RULES, open_bench

RITA, ANA, EVE = 501, 77, 666
TEAM, LOBBY = -100123, -100777
TELEGRAM = """
[channels.telegram]
kind = "telegram"
api_url = "{url}"
"""
TELEGRAM_RULES = RULES.replace(
    'tell: ["email:desk@acme.example"]', f'tell: ["telegram:{TEAM}"]'
).replace("email: ana@acme.example", f'email: ana@acme.example, telegram: "{ANA}"')
PASSWORD, LIFT = "I forgot my password", "The lift is broken"


class Phones:
    """People with phones, and the desk that they write to."""

    def __init__(self, desk, server):
        self.desk = desk
        self.server = server
        self._channels = [desk.desk.channels["telegram"]]
        self._receiving = asyncio.create_task(self._channels[0].receive(desk.intake))

    def another_channel(self):
        """Return the same channel as another node would have it."""
        ours = self._channels[0]
        other = TelegramChannel(ours.name, ours._bot.settings, ours._bot.setup)
        self._channels.append(other)
        return other

    async def hang_up(self):
        """Stop receiving."""
        self._receiving.cancel()
        await asyncio.gather(self._receiving, return_exceptions=True)

    async def close(self):
        """Stop receiving, and let go of what the channels hold."""
        await self.hang_up()
        for channel in self._channels:
            await channel.close()

    async def happens(self, kind, *bodies):
        """Let updates come in, be handled, and what is said to them go out; return the last row."""
        last = max(self.server.push(kind, body) for body in bodies)
        await self.server.until(lambda: self.server.confirmed >= last)
        await self.desk.settle()
        await self.out()
        return (await self.desk.store.list_inbox(frozenset(InboxState), 1))[0]

    async def writes(self, text, **fields):
        """Let somebody write; Rita, in private, unless the fields say otherwise."""
        return await self.happens("message", message(text, **fields))

    async def out(self):
        """Let everything go out, each at its turn."""
        waiting = frozenset({OutboxState.QUEUED, OutboxState.RETRY, OutboxState.UNCERTAIN})
        for _ in range(8):
            await self.desk.deliver()
            if not await self.desk.store.list_outbox(waiting, 1):
                return
            self.desk.pass_time(seconds=70)

    def seen_by(self, chat):
        """Return what a chat shows of the desk."""
        return self.server.in_chat(chat)

    async def presses(self, label, chat=RITA, by=None, on=-1):
        """Let somebody press a button that the chat shows."""
        shown = self.seen_by(chat)[on]
        (data,) = [b["callback_data"] for row in shown.keyboard for b in row if b["text"] == label]
        on_message = {
            "message_id": shown.id,
            "date": 1,
            "chat": private() if chat > 0 else group(chat),
        }
        return await self.happens("callback_query", pressed(data, on_message, by=by or user(RITA)))

    async def agent_answers(self, text, *, by=ANA, to=0):
        """Let somebody answer a notice in the team's group."""
        notice = self.seen_by(TEAM)[to]
        above = message(
            notice.text, message_id=notice.id, chat=group(TEAM), sender={**user(1), "is_bot": True}
        )
        above["from"] = {"id": 4711, "is_bot": True, "first_name": "Acme Help"}
        fields = {"chat": group(TEAM), "sender": user(by, "Ana"), "reply_to_message": above}
        return await self.writes(text, **fields)


@asynccontextmanager
async def phones(folder, rules=TELEGRAM_RULES, **server):
    """Give a desk on Telegram, receiving."""
    async with TelegramServer(**server).running() as telegram:
        telegram.chats |= {TEAM: group(TEAM), LOBBY: group(LOBBY)}
        config = CONFIG + TELEGRAM.format(url=telegram.url)
        environ = {"TELEGRAM_BOT_TOKEN": TOKEN}
        async with open_bench(folder, config=config, rules=rules, environ=environ) as desk:
            people = Phones(desk, telegram)
            try:
                yield people
            finally:
                await people.close()


@pytest.fixture
async def people(tmp_path):
    """Return people with phones."""
    async with phones(tmp_path / "desk") as some:
        yield some


def labels(shown):
    """Return the buttons of a message."""
    return [button["text"] for row in shown.keyboard for button in row]


async def test_a_question_gets_its_answer_with_buttons(people):
    """On the phone: the entry, what may be pressed, the reference with its state."""
    row = await people.writes(PASSWORD)

    (shown,) = people.seen_by(RITA)
    assert "Open Settings > Security and choose Reset password." in shown.text
    assert {"That helped", "I need a person"} <= set(labels(shown))
    ticket = await people.desk.ticket(row)
    assert ticket.state is TicketState.ANSWERED
    assert shown.text.endswith(f"{ticket.reference} · answered")
    assert people.seen_by(TEAM) == []


async def test_i_need_a_person_makes_a_ticket_and_the_buttons_go(people):
    """The press is answered at once, the team is told, the message says how it stands."""
    await people.writes(PASSWORD)
    row = await people.presses("I need a person")

    ticket = await people.desk.ticket(row)
    assert ticket.state is TicketState.OPEN
    assert len(people.server.called("answerCallbackQuery")) == 1
    answer = people.seen_by(RITA)[0]
    assert labels(answer) == []
    assert answer.text.endswith(f"{ticket.reference} · open")
    assert PASSWORD in people.seen_by(TEAM)[0].text


async def test_somebody_else_cannot_press(people):
    """A button is whom it was shown to; the press has no effect."""
    await people.writes(PASSWORD)
    row = await people.presses("I need a person", by=user(EVE))

    assert row.outcome is Outcome.IGNORED
    assert people.seen_by(TEAM) == []


async def test_who_presses_a_button_of_somebody_else_in_a_group_reads_whose_it_is(people):
    """Shown to them alone, in the language of their app."""
    await people.happens("message", mention(f"@acme_help_bot {PASSWORD}", chat=group(LOBBY)))
    eve = user(EVE, "Eve", language_code="it")
    await people.presses("I need a person", chat=LOBBY, by=eve)

    assert any("Per farne una sua, mi menzioni" in text for text in people.server.answered.values())
    assert all(len(text) <= 200 for text in people.server.answered.values())


async def test_an_agents_answer_quotes_the_question(people):
    """By the command line: it arrives as a reply to what was asked."""
    question = message(LIFT, message_id=42)
    row = await people.happens("message", question)
    ticket = await people.desk.ticket(row)

    await people.desk.order("reply", ticket=ticket.reference, text="Somebody is on the way.")
    await people.out()

    answer = people.seen_by(RITA)[-1]
    assert "Somebody is on the way." in answer.text
    assert answer.reply_to == 42


async def test_an_agent_answers_from_the_group(people):
    """A reply to the notice: a word goes out, everything else is a note."""
    row = await people.writes(LIFT)
    await people.agent_answers("he sounds upset")
    before = len(people.seen_by(RITA))

    await people.agent_answers("!reply Somebody is *on* the way.")

    assert len(people.seen_by(RITA)) == before + 1
    answer = people.seen_by(RITA)[-1]
    assert "Somebody is *on* the way." in answer.text
    assert all("upset" not in shown.text for shown in people.seen_by(RITA))
    assert [sign for _, _, sign in people.server.signs] == [
        "\N{WRITING HAND}",
        "\N{THUMBS UP SIGN}",
    ]
    kinds = [said.kind for said in await people.desk.said(row)]
    assert EventKind.NOTE in kinds
    assert EventKind.REPLY in kinds


async def test_an_agent_answers_by_a_button(people):
    """Reply asks for the text; whoever answers that message answers the requester."""
    await people.writes(LIFT)
    agent = user(ANA, "Ana")
    await people.presses("Reply", chat=TEAM, by=agent)
    asking = people.seen_by(TEAM)[-1]
    assert "Your text goes to the requester" in asking.text

    await people.agent_answers("Somebody is *on* the way.", to=-1)
    assert "Somebody is *on* the way." in people.seen_by(RITA)[-1].text
    await people.presses("Take", chat=TEAM, by=agent, on=0)
    assert "taken by Ana" in people.seen_by(TEAM)[0].text
    assert "Take" in labels(people.seen_by(TEAM)[0])


async def test_others_press_in_vain(people):
    """A member of the group who is not listed is told so."""
    row = await people.writes(LIFT)
    await people.presses("Take", chat=TEAM, by=user(EVE, "Eve"), on=0)

    assert "nothing was done" in people.seen_by(TEAM)[-1].text
    assert (await people.desk.ticket(row)).assignee is None


async def test_nobody_but_a_listed_agent_speaks_for_the_desk(people):
    """An unlisted member, an anonymous admin: their words stay inside."""
    await people.writes(LIFT)
    before = len(people.seen_by(RITA))
    await people.agent_answers("!reply The lift will stay broken.", by=EVE)
    notice = people.seen_by(TEAM)[0]
    above = {"message_id": notice.id, "date": 1, "chat": group(TEAM), "from": {"id": 4711}}
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
    await people.writes(
        "!reply The lift will stay broken.",
        chat=group(TEAM),
        sender=anonymous,
        sender_chat=group(TEAM),
        reply_to_message=above,
    )

    assert len(people.seen_by(RITA)) == before


async def test_a_six_photo_album_is_one_request_with_six_attachments(people):
    """Six updates, the words on one of them: one ticket."""
    refs = [people.server.add_file(bytes([n]) * 100, name=f"{n}.jpg") for n in range(6)]
    items = [message(None, photo=photo(ref), media_group_id="A") for ref in refs]
    items[2]["caption"] = "The lift looks like this"

    row = await people.happens("message", *items)

    events = await people.desk.said(row)
    (request,) = [said for said in events if said.kind is EventKind.REQUEST]
    assert request.text == "The lift looks like this"
    assert len(request.attachments) == 6
    (album,) = people.server.called("sendMediaGroup")
    assert len(album.files) == 6


async def test_an_album_in_a_group_keeps_the_pictures_without_words(people):
    """The mention stands on the last of them; those before it are the same request."""
    refs = [people.server.add_file(b"x" * 9, name=f"{n}.jpg") for n in range(3)]
    fields = {"chat": group(LOBBY), "media_group_id": "B"}
    items = [message(None, photo=photo(ref), **fields) for ref in refs]
    caption = mention("@acme_help_bot the lift", chat=group(LOBBY))
    items[2] |= {"caption": caption["text"], "caption_entities": caption["entities"]}

    row = await people.happens("message", *items)

    (request,) = [s for s in await people.desk.said(row) if s.kind is EventKind.REQUEST]
    assert len(request.attachments) == 3


async def test_lines_written_in_a_row_are_one_request(people):
    """As people type on phones."""
    row = await people.happens("message", message("Hello"), message(LIFT), message("please help"))

    (request,) = [s for s in await people.desk.said(row) if s.kind is EventKind.REQUEST]
    assert request.text == f"Hello\n{LIFT}\nplease help"


async def test_a_file_over_20_mb_is_explained_on_the_ticket(people):
    """The text is a request all the same."""
    big = document("d", "lift.mov", 30_000_000, "video/quicktime")
    row = await people.writes(None, caption=LIFT, document=big)

    (request,) = [s for s in await people.desk.said(row) if s.kind is EventKind.REQUEST]
    assert "lift.mov" in str(request.details)
    assert "20 MB" in str(request.details)


async def test_silence_begins_a_new_ticket(people):
    """Within it, what follows goes on with the old one."""
    first = await people.writes(LIFT)
    same = await people.writes("It is the one in the hall")
    people.desk.pass_time(hours=9)
    other = await people.writes("The printer hums")

    assert first.ticket == same.ticket != other.ticket


async def test_new_begins_a_new_ticket(people):
    """At once, with words or before them."""
    first = await people.writes(LIFT)
    with_words = await people.happens("message", command("/new The printer hums"))
    await people.happens("message", command("/new"))
    after = await people.writes("The tap drips")

    assert len({first.ticket, with_words.ticket, after.ticket}) == 3
    assert "How can I help?" in people.seen_by(RITA)[-2].text


async def test_an_edit_is_shown_on_the_ticket(people):
    """Agents see what it said, and what it says."""
    first = message(LIFT)
    row = await people.happens("message", first)

    await people.happens("edited_message", {**first, "text": "The door is broken", "edit_date": 9})

    assert "The door is broken" in [s.text for s in await people.desk.said(row)][-1]


async def test_a_migrated_group_is_re_keyed(people):
    """The notice gets to the supergroup, and so does what comes later."""
    people.server.migrated[TEAM] = -100999
    people.server.chats[-100999] = group(-100999)

    await people.writes(LIFT)
    await people.writes("It is the one in the hall")

    assert people.seen_by(TEAM) == []
    assert LIFT in people.seen_by(-100999)[0].text
    assert len(people.seen_by(-100999)) >= 2
    dead = await people.desk.store.list_outbox(frozenset({OutboxState.DEAD}), 9)
    assert dead == []


async def test_a_blocked_bot_tells_the_agents(people):
    """The answer is dead, and nobody tries again."""
    await people.writes(LIFT)
    people.server.blocked.add(RITA)
    ticket = await people.desk.store.ticket(
        (await people.desk.store.list_inbox(frozenset(InboxState), 1))[0].ticket
    )

    await people.desk.order("reply", ticket=ticket.reference, text="Somebody is on the way.")
    await people.out()

    assert "blocked" in people.seen_by(TEAM)[-1].text
    asked = len(people.server.called("sendMessage"))
    await people.out()
    assert len(people.server.called("sendMessage")) == asked


async def test_flood_wait_delays_one_chat_only(people):
    """429 for one: what waits for them waits, everybody else is answered."""
    no = Refused(429, "Too Many Requests: retry after 40", retry_after=40)
    people.server.fail_next("sendMessage", Fault(refused=no))
    bodies = [message(PASSWORD, chat=private(n), sender=user(n)) for n in (RITA, 502)]
    last = max(people.server.push("message", body) for body in bodies)
    await people.server.until(lambda: people.server.confirmed >= last)
    await people.desk.settle()

    await people.desk.deliver()
    at_once = len(people.seen_by(RITA)) + len(people.seen_by(502))
    await people.out()

    assert at_once == 1
    assert [len(people.seen_by(chat)) for chat in (RITA, 502)] == [1, 1]


async def test_an_uncertain_answer_goes_once_more(people):
    """The default: a requester may see it twice, and never not at all."""
    people.server.fail_next("sendMessage", Fault(drop="after"))

    await people.writes(PASSWORD)

    assert len(people.seen_by(RITA)) == 2
    assert "repeat" not in people.seen_by(RITA)[1].text


async def test_help_status_and_language(people):
    """What people ask of the desk itself, in their language."""
    await people.writes(LIFT)
    await people.happens("message", command("/status"))
    await people.happens("message", command("/language pl"))
    await people.happens("message", command("/help"))

    status, language, text = people.seen_by(RITA)[-3:]
    assert LIFT in status.text
    assert "Your open requests" in status.text
    assert "po polsku" in language.text
    assert "Państwa otwarte zgłoszenia" in text.text


async def test_languages_are_offered_and_remembered(people):
    """An unknown one lists what there is; the answer that follows is in the chosen one."""
    await people.happens("message", command("/language klingon"))
    await people.happens("message", command("/language Polski"))
    await people.happens("message", command("/status"))

    offered, _, status = people.seen_by(RITA)
    assert "pl: Polski" in offered.text
    assert "Nie mają Państwo otwartych zgłoszeń" in status.text


async def test_how_things_stand_is_said_in_one_language(people):
    """The states of older requests are told in the language of the answer, not in their own."""
    await people.writes(LIFT)
    await people.happens("message", command("/language pl"))
    await people.happens("message", command("/status"))

    [line] = [each for each in people.seen_by(RITA)[-1].text.splitlines() if LIFT in each]
    assert "otwarte" in line


async def test_a_language_is_chosen_by_the_name_that_is_offered(people):
    """As a plain word too: the list shows "pl: Polski", and either may be copied."""
    await people.writes("language Polski")

    assert "po polsku" in people.seen_by(RITA)[-1].text


async def test_commands_in_the_agents_room_are_left_alone(people):
    """It is the desk's own room: nobody there is a requester."""
    await people.happens("message", command("/status@acme_help_bot", chat=group(TEAM)))

    assert people.seen_by(TEAM) == []


async def test_a_deep_link_chooses_the_language(people):
    """``t.me/bot?start=pt`` greets in Portuguese."""
    await people.happens("message", command("/start pt"))

    assert "Escreva aquilo de que precisa" in people.seen_by(RITA)[-1].text


async def test_a_deep_link_shows_a_ticket_of_ones_own(people):
    """``t.me/bot?start=VT-…``: whoever else follows it is told what the desk can do."""
    row = await people.writes(LIFT)
    reference = (await people.desk.ticket(row)).reference
    eve = {"chat": private(EVE), "sender": user(EVE)}

    await people.happens("message", command(f"/start {reference}"))
    await people.happens("message", command(f"/start {reference}", **eve))

    assert f"{reference} · open: {LIFT}" in people.seen_by(RITA)[-1].text
    assert reference not in people.seen_by(EVE)[-1].text


PRINTER = """
  - id: printer
    when: {words: ["printer"], kind: telegram}
    then: {team: service-desk, priority: high, ask: [room]}
    examples: {match: ["the printer is jammed"], no_match: ["lift"]}
"""
ROOM = """
forms:
  room: {type: text, ask: {en: "Which room is it in?", pt: "Em que sala está?"}}
"""


@pytest.fixture
async def printer(tmp_path):
    """People with phones, and a rule that asks those whose printer is broken."""
    rules = TELEGRAM_RULES.replace("\nroutes:\n", f"\nroutes:{PRINTER}") + ROOM
    async with phones(tmp_path / "desk", rules=rules) as some:
        yield some


async def test_a_deep_link_opens_a_form(printer):
    """``t.me/bot?start=printer-broken``: the rule's question, and then its team hears of it."""
    asked = await printer.happens("message", command("/start printer-broken"))
    question = printer.seen_by(RITA)[-1].text
    assert printer.seen_by(TEAM) == []
    await printer.writes("Room 12")

    ticket = await printer.desk.ticket(asked)
    assert asked.outcome is Outcome.ASKED
    assert "Which room is it in?" in question
    assert (ticket.state, ticket.rule, ticket.fields["room"]) == ("open", "printer", "Room 12")
    assert "room: Room 12" in printer.seen_by(TEAM)[-1].text


async def test_a_form_speaks_the_language_of_the_app(printer):
    """Who never wrote is asked in what their phone speaks."""
    rita = {"sender": user(RITA, language_code="pt-BR")}
    await printer.happens("message", command("/start printer", **rita))

    assert "Em que sala está?" in printer.seen_by(RITA)[-1].text


async def test_a_link_followed_twice_is_one_form(printer):
    """The second time they are told where their request stands."""
    first = await printer.happens("message", command("/start printer-broken"))
    second = await printer.happens("message", command("/start printer-broken"))

    reference = (await printer.desk.ticket(first)).reference
    assert second.outcome is Outcome.ACTED
    assert reference in printer.seen_by(RITA)[-1].text
    assert len(await printer.desk.store.list_tickets(TicketFilter())) == 1


@pytest.mark.parametrize("payload", ["campaign_7", "lift", "vpn", "VT-1042-F", "_", "-" * 64])
async def test_a_link_that_means_nothing_here_is_told_what_the_desk_can_do(printer, payload):
    """Only a rule that asks is a form: no link opens a ticket by the fallback."""
    row = await printer.happens("message", command(f"/start {payload}"))

    assert row.outcome is Outcome.ACTED
    assert "Write what you need" in printer.seen_by(RITA)[-1].text
    assert await printer.desk.store.list_tickets(TicketFilter()) == []


async def test_status_in_a_group_shows_no_words_of_elsewhere(people):
    """Others read along: what was said in private stays there."""
    await people.writes(LIFT)
    await people.happens("message", command("/status@acme_help_bot", chat=group(LOBBY)))

    (shown,) = people.seen_by(LOBBY)
    assert LIFT not in shown.text
    assert "VT-" in shown.text


async def test_person_asks_for_a_person(people):
    """The command means what the button means."""
    await people.writes(PASSWORD)
    row = await people.happens("message", command("/person"))

    assert (await people.desk.ticket(row)).state is TicketState.OPEN
    assert people.seen_by(TEAM)


async def test_a_notice_says_what_an_answer_to_it_becomes(people):
    """On chat it is a note: nobody shall believe that it went out."""
    row = await people.writes(LIFT)

    (notice,) = people.seen_by(TEAM)
    assert "What you write is an internal note, unless it begins with !reply" in notice.text
    assert "mail is authenticated" not in notice.text
    assert notice.text.count(LIFT) == 1
    assert (await people.desk.ticket(row)).subject == LIFT
