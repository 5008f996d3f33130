"""Nothing internal reaches a requester through Slack or Telegram, by words or by buttons.

The same talk as in `test_inside`, with each platform's API imitated at the network's edge: what is
looked at is what the requester's own screen shows. ``make faults`` says more of it.
"""

import asyncio
import os
import random  # noqa: TID251 - seeded: the same talk every time

import pytest

from channels.slack.channel import SlackChannel
from gateway.model.outbox import OutboxState
from tests.abuse.test_inside import INSIDE, PUBLIC, SECRET, SEED
from tests.fakes.telegram_people import BOT, group, message, pressed, user
from tests.journeys import test_slack as slack
from tests.journeys import test_telegram as telegram

MESSAGES = int(os.environ.get("VENTANILLA_PLATFORM_MESSAGES", "40"))
ON_ITS_WAY = frozenset({OutboxState.QUEUED, OutboxState.WIRE, OutboxState.RETRY})
AT_ONCE = 10


def words(rng, number, *, is_agent):
    """Return what somebody says: an agent one time in four what the requester shall read."""
    if is_agent and rng.random() < 0.25:
        return f"!reply {PUBLIC}{number}"
    forms = INSIDE if is_agent else ("!reply {s}", "!close {s}", "{s}")
    # A ticket that was closed, merged or set aside would end the talk.
    return rng.choice([f for f in forms if "!spam" not in f and "!merge" not in f]).format(
        s=f"{SECRET}{number}"
    )


# --- Telegram -------------------------------------------------------------------------------------


def on_telegram(rng, number, notice):
    """Return an update: something said under the notice, or a button of it that was pressed."""
    who = rng.choice((telegram.ANA, telegram.ANA, telegram.EVE, telegram.RITA))
    above = {"message_id": notice.id, "date": 1, "chat": group(telegram.TEAM), "from": BOT}
    buttons = [button for row in notice.keyboard for button in row]
    if buttons and rng.random() < 0.2:
        data = rng.choice(buttons)["callback_data"]
        return "callback_query", pressed(data, above, by=user(who, "Ana"))
    text = words(rng, number, is_agent=who == telegram.ANA)
    return "message", message(
        text, chat=group(telegram.TEAM), sender=user(who, "Ana"), reply_to_message=above
    )


async def talk_on_telegram(people, seed, count):
    """Have so much said in the group about Rita's tickets; return what Rita read."""
    rng = random.Random(seed)
    for number in range(count):
        if number % AT_ONCE == 0:
            await people.writes(f"{telegram.LIFT}, number {number}")
            people.desk.pass_time(hours=9)
        notices = [one for one in people.seen_by(telegram.TEAM) if one.keyboard]
        asking = [one for one in people.seen_by(telegram.TEAM) if "Your text goes" in one.text]
        if asking and rng.random() < 0.2:
            above = {"message_id": asking[-1].id, "date": 1, "from": BOT}
            above["chat"] = group(telegram.TEAM)
            body = message(
                f"{SECRET}{number}",
                chat=group(telegram.TEAM),
                sender=user(telegram.EVE),
                reply_to_message=above,
            )
            await people.happens("message", body)
            continue
        kind, body = on_telegram(rng, number, rng.choice(notices[-3:]))
        await people.happens(kind, body)
    return [shown.text for shown in people.seen_by(telegram.RITA)]


async def test_nothing_internal_is_read_on_telegram(tmp_path):
    """Whatever is said or pressed in the team's group; what was meant for her arrives."""
    async with telegram.phones(tmp_path / "desk") as people:
        read = await talk_on_telegram(people, SEED, MESSAGES)

    assert [text for text in read if SECRET in text] == [], f"seed {SEED}"
    assert any(PUBLIC in text for text in read)


async def test_defence_off_on_telegram_plain_words_of_such_a_team_go_out(tmp_path):
    """Twin: where the team's plain words are answers, Rita reads some of these secrets."""
    rules = telegram.TELEGRAM_RULES.replace("service-desk: {", "service-desk: {replies: thread, ")
    async with telegram.phones(tmp_path / "desk", rules=rules) as people:
        read = await talk_on_telegram(people, SEED, MESSAGES)

    assert any(SECRET in text for text in read)


# --- Slack ----------------------------------------------------------------------------------------


async def talk_on_slack(office, seed, count):
    """Have so much said and pressed in the team's room; return what stands below Ana's message."""
    rng = random.Random(seed)
    event = await office.people.say(slack.ANA, slack.HELP, slack.VPN)
    await office.answered(event)
    room = office.workspace.rooms[slack.NETWORK]
    await office.until(lambda: bool(room.messages))
    (notice,) = room.messages.values()
    inside = {"channel": slack.NETWORK, "thread": notice["ts"]}
    for number in range(count):
        who = rng.choice((slack.GUS, slack.GUS, slack.EVE, slack.ANA))
        if rng.random() < 0.2:
            await press(office, rng, who, notice, number)
            continue
        text = words(rng, number, is_agent=who == slack.GUS)
        said = await office.people.say(who, text=text, **inside)
        if PUBLIC not in text and rng.random() < 0.1:
            await office.people.edit(said, f"!reply {SECRET}{number}")
    await office.rows()
    while await posts_left(office):  # noqa: ASYNC110 - the store is the only witness
        await asyncio.sleep(0.05)
    return [str(said) for said in office.thread(event)]


async def posts_left(office):
    """Return whether anything is still to be said in Slack; whoever was invited gets mail."""
    rows = await office.desk.store.list_outbox(ON_ITS_WAY, MESSAGES * 2)
    return any(row.place.startswith("slack:") for row in rows)


async def press(office, rng, who, notice, number):
    """Press a button under the notice, and send the form if one opens."""
    # An escalated ticket is another team's, and a closed one ends the talk.
    label = rng.choice(("Reply", "Take"))
    shown = len(office.slack.methods.views)
    await office.people.press(who, notice, label)
    await office.rows()
    if len(office.slack.methods.views) > shown:
        text = f"{PUBLIC if who == slack.GUS else SECRET}{number}"
        filled = {"text": {"answer": {"value": text}}}
        await office.people.submit(who, office.slack.methods.views[-1], filled)


@pytest.fixture
def in_haste(monkeypatch):
    """Keep no pace: what leaks does not depend on it, and Slack's is a post a second."""
    monkeypatch.setattr(SlackChannel, "rates", ())


async def test_nothing_internal_is_read_in_slack(tmp_path, in_haste):
    """Whatever is said, changed, pressed or filled in; what was meant for Ana arrives."""
    async with slack.open_office(tmp_path) as office:
        read = await talk_on_slack(office, SEED, MESSAGES)

    assert [text for text in read if SECRET in text] == [], f"seed {SEED}"
    assert any(PUBLIC in text for text in read)


async def test_defence_off_in_slack_plain_words_of_such_a_team_go_out(tmp_path, in_haste):
    """Twin: where the team's plain words are answers, Ana reads some of these secrets."""
    rules = slack.SLACK_RULES.replace("network: {level: 2,", "network: {level: 2, replies: thread,")
    async with slack.open_office(tmp_path, rules=rules) as office:
        read = await talk_on_slack(office, SEED, MESSAGES)

    assert any(SECRET in text for text in read)
