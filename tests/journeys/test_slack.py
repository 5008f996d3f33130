"""What an employee gets who asks in Slack: real store, rules, words and parser, imitated Slack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from channels.slack.parser import SlackParser
from channels.slack.sockets import WANTED
from gateway.model.inbox import InboxState, Outcome
from gateway.model.ticket import EventKind, TicketState, Visibility
from gateway.world import RealWorld
from tests.fakes.slack import APP_TOKEN, BOT_TOKEN, BOT_USER, TEAM, People, SlackServer, buttons
from tests.fakes.slack.workspace import BOT
from tests.journeys.bench import CONFIG, RULES, Bench, open_bench

ANA, BEN, GUS, EVE = "U0ANA0001", "U0BEN0001", "U0GUS0001", "U0EVE0001"
HELP, GENERAL, NETWORK = "C0HELP001", "C0GEN0001", "C0NET0001"
PASSWORD, VPN, LIFT = "I forgot my password", "Our VPN is down again", "The lift is broken"
TABLE = """
[channels.slack]
kind = "slack"
api_url = "{api_url}"
support_channels = [{rooms}]
bot_token_file = "{folder}/bot"
app_token_file = "{folder}/app"
"""
SLACK_RULES = RULES.replace('"email:network@acme.example"', '"slack:#network"').replace(
    "email: gus@acme.example", f"email: gus@acme.example, slack: {GUS}"
)
FORM = """
forms:
  site: {type: text, ask: {en: "Which office?"}}
  since: {type: date, ask: {en: "Since when?"}}
"""
MONITORING = """
  - id: builds
    when: {channel: slack, automatic: true}
    then: {team: network}
    before_faq: true
    examples: {match: ["red"], no_match: [{text: "red", channel: support-mail}]}
"""


class Office:
    """A desk with Slack, and the people who write there."""

    def __init__(self, desk: Bench, slack: SlackServer) -> None:
        self.desk = desk
        self.slack = slack
        self.people = People(slack)
        self.workspace = slack.workspace

    async def until(self, is_met: Any, seconds: float = 60.0) -> None:
        """Wait until something holds that the desk brings about."""
        async with asyncio.timeout(seconds):
            while not is_met():  # noqa: ASYNC110 - the workspace is the only witness
                await asyncio.sleep(0.01)

    def thread(self, event: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what the desk has said below a message."""
        room = self.workspace.rooms[event["channel"]]
        return [m for m in room.thread(event["ts"]) if m.get("bot_id") == BOT]

    async def answered(self, event: dict[str, Any], times: int = 1) -> dict[str, Any]:
        """Wait until the desk has said so much below a message; return the last of it."""
        await self.until(lambda: len(self.thread(event)) >= times)
        return self.thread(event)[-1]

    async def rows(self) -> list[Any]:
        """Return the inbox, oldest first, when nothing in it waits any more."""
        await self.desk.pipeline.idle()
        return list(reversed(await self.desk.store.list_inbox(frozenset(InboxState), 1000)))

    async def ticket(self) -> Any:
        """Return the newest ticket."""
        rows = [row for row in await self.rows() if row.ticket is not None]
        return await self.desk.store.ticket(max(row.ticket for row in rows))

    async def history(self, kind: EventKind) -> list[Any]:
        """Return what of one kind was said on the newest ticket."""
        events = await self.desk.store.events((await self.ticket()).number)
        return [event for event in events if event.kind is kind]


@asynccontextmanager
async def open_office(
    folder: Path, *, rooms: tuple[str, ...] = (HELP,), rules: str = SLACK_RULES, quiet: float = 0.05
) -> AsyncIterator[Office]:
    """Give a desk that is connected to a workspace."""
    (folder / "bot").write_text(BOT_TOKEN)
    (folder / "app").write_text(APP_TOKEN)
    slack = SlackServer(RealWorld(), seconds=3.0)
    for user in (ANA, BEN, GUS, EVE):
        name = user[2:5].title()
        slack.workspace.add_member(user, f"{name} Reis", email=f"{name}@acme.example")
    for room, name in ((GENERAL, "general"), (NETWORK, "network"), *((r, r[2:]) for r in rooms)):
        slack.workspace.add_room(room, name.lower())
    parser = SlackParser(channel="slack", quiet=timedelta(seconds=quiet))
    async with slack.running():
        names = ", ".join(f'"{room}"' for room in rooms)
        table = TABLE.format(api_url=slack.api_url, rooms=names, folder=folder)
        opening = open_bench(
            folder / "desk", config=CONFIG + table, rules=rules, parsers={"slack": parser},
            world=RealWorld(), later=asyncio.get_running_loop().call_later,
        )  # fmt: skip
        async with opening as desk, _at_work(desk):
            await slack.sockets.until(lambda: len(slack.sockets.open) == WANTED)
            yield Office(desk, slack)
        assert slack.methods.mistakes == []


@asynccontextmanager
async def _at_work(bench: Bench) -> AsyncIterator[None]:
    desk: Any = bench.desk
    desk.wake_delivery = bench.delivery.wake
    channel = desk.channels["slack"]
    work = [
        asyncio.create_task(channel.receive(bench.intake)),
        asyncio.create_task(bench.delivery.run()),
    ]
    try:
        yield
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        await channel.close()


@pytest_asyncio.fixture
async def office(tmp_path):
    """A desk with a support channel, and a team that works in #network."""
    async with open_office(tmp_path) as opened:
        yield opened


async def test_a_question_gets_its_answer_in_the_thread_with_buttons(office):
    """From the FAQ, with the reference and the state below it."""
    event = await office.people.say(ANA, HELP, PASSWORD)

    answer = await office.answered(event)
    assert "choose Reset password" in answer["text"]
    assert [b["text"]["text"] for b in buttons(answer)] == ["That helped", "I need a person"]
    assert (await office.ticket()).reference in str(answer["blocks"][-1])


async def test_i_need_a_person_makes_a_ticket_and_the_buttons_go(office):
    """The answer stays, its buttons do not, and its small line says the new state."""
    event = await office.people.say(ANA, HELP, PASSWORD)
    answer = await office.answered(event)
    before = str(answer["blocks"])

    await office.people.press(ANA, answer, "I need a person")
    await office.until(lambda: not buttons(office.thread(event)[0]))

    assert (await office.ticket()).state is TicketState.OPEN
    assert "choose" in str(office.thread(event)[0]["blocks"])
    assert str(office.thread(event)[0]["blocks"][-1]) not in before


async def test_only_the_requester_presses(office):
    """Somebody else's press changes nothing."""
    event = await office.people.say(ANA, HELP, PASSWORD)
    answer = await office.answered(event)

    await office.people.press(EVE, answer, "I need a person")
    rows = await office.rows()

    assert rows[-1].outcome is Outcome.IGNORED
    assert buttons(office.thread(event)[0])
    await office.until(lambda: office.slack.methods.ephemeral)
    [seen] = office.slack.methods.ephemeral
    assert (seen["user"], seen["channel"], seen["thread_ts"]) == (EVE, HELP, event["ts"])
    assert "This is the question of Ana Reis. To ask one of your own, mention me" in seen["text"]


async def test_an_agents_word_comes_back_in_the_thread(office):
    """By the command line; literal, however it looks, and notifying nobody."""
    event = await office.people.say(ANA, GENERAL, f"<@{BOT_USER}> {LIFT}")
    await office.answered(event)
    ticket = await office.ticket()

    await office.desk.order("reply", ticket=ticket.reference, text="On its way. <!channel> *ok*")

    answer = await office.answered(event, 2)
    assert "On its way. <!channel> *ok*" in str(answer["blocks"])
    assert "<" not in answer["text"]


async def noticed(office):
    """Have Ana ask what goes to a team; return her message, the team's room, the notice in it."""
    event = await office.people.say(ANA, HELP, VPN)
    await office.answered(event)
    room = office.workspace.rooms[NETWORK]
    await office.until(lambda: bool(room.messages))
    (notice,) = room.messages.values()
    return event, room, notice


async def test_an_agent_answers_from_the_teams_channel(office):
    """`!reply` goes to the requester; what is written right after it stays inside."""
    event, _, notice = await noticed(office)
    inside = {"channel": NETWORK, "thread": notice["ts"]}

    await office.people.say(GUS, text="!reply We have restarted it", **inside)
    await office.people.say(GUS, text="it is the old firewall again", **inside)
    answer = await office.answered(event, 2)

    assert "We have restarted it" in answer["text"]
    await office.until(lambda: len(office.slack.methods.marks) == 2)
    (note,) = await office.history(EventKind.NOTE)
    assert (note.text, note.visibility) == ("it is the old firewall again", Visibility.INTERNAL)
    assert "firewall" not in str(office.workspace.rooms[HELP].messages)
    signs = [name for _, name in office.slack.methods.marks]
    assert signs == ["white_check_mark", "memo"]


@pytest.mark.parametrize("restarted", [False, True])
async def test_an_agent_answers_by_a_button(office, restarted):
    """Reply opens a modal at once, by whichever process; its text goes to the requester."""
    event, room, notice = await noticed(office)
    if restarted:
        office.desk.desk.channels["slack"].modals._views.clear()

    await office.people.press(GUS, notice, "Reply")
    await office.slack.until_called("views.open")
    (view,) = office.slack.methods.views
    (asked,) = view["blocks"]
    assert (await office.ticket()).reference in view["title"]["text"]
    filled = {"text": {"answer": {"value": "We have *restarted* it"}}}
    assert (asked["block_id"], asked["element"]["type"]) == ("text", "plain_text_input")
    await office.people.submit(GUS, view, filled)
    answer = await office.answered(event, 2)

    assert "We have *restarted* it" in str(answer["blocks"])
    await office.until(lambda: any("replied" in m["text"] for m in room.thread(notice["ts"])))


async def test_others_press_in_vain(office):
    """Whoever is not listed is told so under the notice, and nothing changes."""
    _, room, notice = await noticed(office)

    await office.people.press(EVE, notice, "Take")
    await office.until(lambda: any("nothing was done" in m["text"] for m in room.messages.values()))
    assert (await office.ticket()).assignee is None


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_form_opens_for_no_stranger(office, restarted):
    """Nobody fills in what would not be taken, whichever process showed the button."""
    _, room, notice = await noticed(office)
    if restarted:
        office.desk.desk.channels["slack"].modals._views.clear()

    await office.people.press(EVE, notice, "Reply")
    await office.until(lambda: any("nothing was done" in m["text"] for m in room.messages.values()))
    assert office.slack.methods.views == []


async def test_the_questions_of_a_form_open_for_the_requester_and_for_agents(tmp_path):
    """Others are shown the questions in the thread, and nothing to fill in."""
    rules = SLACK_RULES.replace(
        "then: {team: network, level", "then: {ask: [site, since], team: network, level"
    )
    async with open_office(tmp_path, rules=f"{rules}{FORM}") as office:
        event = await office.people.say(ANA, HELP, VPN)
        questions = await office.answered(event)
        views = office.slack.methods.views

        await office.people.press(EVE, questions, "Answer here")
        await office.people.press(ANA, questions, "Answer here")
        await office.until(lambda: len(views) == 1)
        await office.people.press(GUS, questions, "Answer here")
        await office.until(lambda: len(views) == 2)

        rows = [row for row in await office.rows() if row.outcome is Outcome.IGNORED]
        assert len(rows) == 3
        reference = (await office.ticket()).reference
        assert [view["title"]["text"] for view in views] == [f"Answer here {reference}"] * 2


async def test_a_word_behind_our_name_does_not_take_the_next_line_along(tmp_path):
    """`@desk !reply` is a word as well: only when it is read is our name left out."""
    async with open_office(tmp_path, quiet=0.6) as office:
        event, _, notice = await noticed(office)
        inside = {"channel": NETWORK, "thread": notice["ts"]}

        await office.people.say(GUS, text=f"<@{BOT_USER}> !reply Restarted", **inside)
        await office.people.say(GUS, text="it is the old firewall again", **inside)
        answer = await office.answered(event, 2)

        assert "Restarted" in answer["text"]
        assert "firewall" not in str(office.workspace.rooms[HELP].messages)


async def test_lines_of_one_breath_are_one_request(tmp_path):
    """Sent one after the other, they are read together."""
    async with open_office(tmp_path, quiet=0.6) as office:
        event = await office.people.say(ANA, HELP, "Hello")
        await office.people.say(ANA, HELP, VPN)
        await office.answered(event)
        ticket = await office.ticket()

    assert ticket.team == "network"


async def test_twenty_threads_keep_their_order(tmp_path):
    """Twenty people at once, each in a thread: every word is in its ticket, in order."""
    rooms = tuple(f"C0SUP{number:03d}" for number in range(20))
    async with open_office(tmp_path, rooms=rooms, quiet=0.0) as office:
        for number, _ in enumerate(rooms):
            office.workspace.add_member(f"U0M{number:05d}", f"Member {number}")

        async def talk(number: int, room: str) -> None:
            user = f"U0M{number:05d}"
            root = await office.people.say(user, room, f"{LIFT} in house {number}")
            for part in range(4):
                text = f"part {part} of {number}"
                await office.people.say(user, room, text, thread=root["ts"])

        await asyncio.gather(*(talk(number, room) for number, room in enumerate(rooms)))
        rows = await office.rows()
        tickets = {row.ticket for row in rows}
        assert len(tickets) == 20
        for number in tickets:
            events = await office.desk.store.events(number)
            said = [e.text for e in events if e.kind in {EventKind.REQUEST, EventKind.FOLLOWUP}]
            house = said[0].rpartition(" ")[2]
            # What waits while something is worked on is read as one.
            parts = "\n".join(said[1:]).split("\n")
            assert parts == [f"part {part} of {house}" for part in range(4)]
        await office.until(lambda: len(list(office.workspace.replies_of_ours())) >= 20)


async def test_what_is_told_again_has_one_effect(office):
    """Four times the same event, copies with other ids, and the mention beside the message."""
    event = office.people.write(ANA, GENERAL, f"<@{BOT_USER}> {LIFT}")
    for retry in range(4):
        await office.people.told(event, event_id="Ev1", retry=retry)
    await office.people.told(event, event_id="Ev2")
    await office.people.told({**event, "type": "app_mention"})
    await office.answered(event)

    assert len(await office.rows()) == 1
    assert len(office.thread(event)) == 1


async def test_our_own_posts_are_nothing(office):
    """They come back as events, and are not even stored."""
    event = await office.people.say(ANA, HELP, LIFT)
    answer = await office.answered(event)

    assert await office.people.told(office.people.event_of(office.people.room(HELP), answer))
    assert len(await office.rows()) == 1


async def test_two_bots_do_not_talk_for_ever(tmp_path):
    """A bot that answers whatever is said gets tickets where a rule wants them, and no word."""
    rules = SLACK_RULES.replace("  - id: vpn-outage", f"{MONITORING[1:]}  - id: vpn-outage")
    async with open_office(tmp_path, rules=rules) as office:
        for turn in range(20):
            more = {"bot_id": "B0OTHER", "subtype": "bot_message"}
            await office.people.say("", HELP, f"Build {turn} is red", **more)
        rows = await office.rows()

        assert len(rows) == 20
        assert all(m["user"] != BOT_USER for m in office.workspace.rooms[HELP].messages.values())


async def test_edits_and_deletions_are_in_the_history(office):
    """As they were and as they became, for agents to see."""
    event = await office.people.say(ANA, HELP, LIFT)
    await office.answered(event)
    await office.people.edit(event, "The lift in house 2 is broken")
    await office.people.delete(event)
    await office.rows()

    (edit,) = await office.history(EventKind.EDIT)
    (deletion,) = await office.history(EventKind.DELETION)
    assert "house 2" in edit.text
    assert deletion.text == ""
    of = f"slack:{TEAM}/{HELP}/{event['ts']}"
    assert deletion.details["of"] == edit.details["of"] == of


async def test_a_reaction_opens_a_ticket_for_the_author(office):
    """Whoever reacts, the author of the message is answered, in its thread."""
    event = office.people.write(ANA, GENERAL, LIFT)
    await office.people.told(event)
    await office.people.react(BEN, event)

    await office.answered(event)
    ticket = await office.ticket()
    assert ticket.requester.address == ANA
    assert (await office.rows())[0].outcome is Outcome.IGNORED


async def test_files_are_in_the_ticket_or_say_why_not(office):
    """What may be fetched is copied; of the other there is a line with a link."""
    fine = office.people.upload("plan.pdf", "application/pdf", b"%PDF plan")
    outside = {**office.people.upload("big.iso", "x/y", b"x"), "mode": "external"}
    files = [fine, outside]
    event = await office.people.say(ANA, HELP, LIFT, files=files, subtype="file_share")
    await office.answered(event)

    (request,) = await office.history(EventKind.REQUEST)
    assert [file.name for file in request.attachments] == ["plan.pdf"]
    everything = str(await office.desk.store.events((await office.ticket()).number))
    assert "big.iso" in everything
    assert outside["permalink"] in everything


async def test_a_direct_message_goes_on_with_its_ticket(office):
    """And is answered where it was written."""
    await office.people.say(ANA, ANA, LIFT)
    room = office.people.room(ANA)
    await office.until(lambda: any(m.get("bot_id") == BOT for m in room.messages.values()))
    await office.people.say(ANA, ANA, "It is the one in house 2")
    rows = await office.rows()

    assert rows[0].ticket == rows[1].ticket
    assert len(await office.history(EventKind.FOLLOWUP)) == 1


async def test_a_person_has_the_name_that_slack_tells(office):
    """Each time, also when it was looked up before; and their language."""
    for text in (LIFT, "The heating is broken"):
        event = await office.people.say(ANA, HELP, text)
        await office.answered(event)
        assert (await office.ticket()).requester.name == "Ana Reis"


async def test_people_whom_somebody_names_have_their_names(office):
    """Whoever opened it, and who is mentioned in it: the team reads names, and not ids alone."""
    asked = await office.people.say(ANA, GENERAL, f"{VPN}, <@{EVE}> knows, <@U0NOBODY1> too")
    await office.people.react(BEN, asked, "ticket")
    await office.answered(asked)
    room = office.workspace.rooms[NETWORK]
    await office.until(lambda: bool(room.messages))

    (notice,) = room.messages.values()
    assert f"opened by @Ben Reis ({BEN}) with a reaction" in str(notice["blocks"])
    assert f"@Eve Reis ({EVE}) knows, @U0NOBODY1 too" in str(notice["blocks"])


async def test_a_lost_answer_is_found_and_not_said_again(office, monkeypatch):
    """The desk looks in the thread, and finds that it had arrived."""
    monkeypatch.setattr("gateway.journey.sending.retry.FIRST_LOOK", timedelta(seconds=0.1))
    office.slack.fail_next("chat.postMessage", how="after")
    event = await office.people.say(ANA, HELP, LIFT)
    await office.slack.until_called("conversations.replies")
    await office.until(lambda: len(office.thread(event)) == 1)
    await office.desk.order("reply", ticket=(await office.ticket()).reference, text="Done")
    await office.answered(event, 2)

    texts = [message["text"] for message in office.thread(event)]
    assert len(texts) == 2
    assert texts[1].startswith("Ana Reis:\n\nDone")


@pytest.mark.parametrize("text", ["status", "help"])
async def test_a_slash_command_about_the_desk_is_answered_in_private(office, text):
    """Nobody else reads it."""
    await office.people.command(ANA, GENERAL, text)
    room = office.people.room(ANA)
    await office.until(lambda: any(m.get("bot_id") == BOT for m in room.messages.values()))

    assert office.workspace.rooms[GENERAL].messages == {}


async def test_a_slash_command_is_taken_in_the_language_of_whoever_typed_it(office):
    """That of their Slack; what they wished for on the desk comes before that."""
    office.workspace.members[BEN].locale = "it-IT"
    first = await office.people.command(BEN, GENERAL, "proxy")
    assert first["text"] == "Ricevuto: proxy\nLa risposta arriva come messaggio diretto."
    room = office.people.room(BEN)
    await office.until(lambda: any(m.get("bot_id") == BOT for m in room.messages.values()))
    assert any("la sua richiesta" in m["text"] for m in room.messages.values())

    await office.people.command(BEN, GENERAL, "language pl")
    await office.rows()
    then = await office.people.command(BEN, GENERAL, "switch")
    assert then["text"].startswith("Przyjęto: switch")


async def test_what_a_slash_command_began_goes_on_in_the_direct_message(office):
    """Slack gives a command no id, and still: what is said there next is about the same."""
    await office.people.command(ANA, GENERAL, LIFT)
    room = office.people.room(ANA)
    await office.until(lambda: any(m.get("bot_id") == BOT for m in room.messages.values()))
    opened = await office.ticket()
    await office.people.say(ANA, room.id, "It is the one in the east wing")

    said = await office.history(EventKind.FOLLOWUP)
    assert [event.text for event in said] == ["It is the one in the east wing"]
    assert (await office.ticket()).number == opened.number
