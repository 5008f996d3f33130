"""Who may say what to whom on Telegram itself, the Bot API imitated: rows 19, 20 and 21.

Each attack has its *defence off* twin: the same with the one thing that the attacker does not have.
"""

import re

import pytest

from gateway.journey.wishes.linking import LETTERS
from gateway.model.ticket import EventKind
from tests.fakes.telegram_people import BOT, command, group, user
from tests.journeys.bench import text_of
from tests.journeys.test_telegram import ANA, EVE, LIFT, RITA, TEAM, phones

MAIL = "ceo@corp.example"
CODE = re.compile(rf"\b[{LETTERS}]{{4}}-[{LETTERS}]{{4}}\b")
ANSWER = "The lift will stay broken."
ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
FORWARDER = {"id": 777000, "is_bot": False, "first_name": "Telegram"}


@pytest.fixture
async def people(tmp_path):
    """People with phones, and a team in a group."""
    async with phones(tmp_path / "desk") as some:
        yield some


async def answer(people, sender, **fields):
    """Have somebody say an agent's word under the notice; return whether Rita reads it."""
    notice = people.seen_by(TEAM)[0]
    above = {"message_id": notice.id, "date": 1, "chat": group(TEAM), "from": BOT}
    await people.writes(
        f"!reply {ANSWER}", chat=group(TEAM), sender=sender, reply_to_message=above, **fields
    )
    return any(ANSWER in shown.text for shown in people.seen_by(RITA))


@pytest.mark.parametrize(
    ("sender", "fields"),
    [
        pytest.param(ANONYMOUS, {"sender_chat": group(TEAM)}, id="an anonymous admin"),
        pytest.param(
            FORWARDER,
            {"sender_chat": {"id": -1005, "type": "channel", "title": "News"},
             "is_automatic_forward": True},
            id="a channel's forward",
        ),
        pytest.param({**user(4), "is_bot": True}, {"via_bot": {**user(4), "is_bot": True}},
                     id="another bot"),
        pytest.param(user(EVE, "Ana"), {}, id="an unlisted member"),
    ],
)  # fmt: skip
async def test_19_nobody_but_a_listed_agent_is_passed_on(people, sender, fields):
    """Whatever the group shows as its writer: what was said stays inside."""
    await people.writes(LIFT)

    assert not await answer(people, sender, **fields)


async def test_defence_off_the_same_word_of_a_listed_agent_goes_out(people):
    """Twin: in that group, under that notice, her number is all that was missing."""
    await people.writes(LIFT)

    assert await answer(people, user(ANA, "Ana"))


@pytest.mark.parametrize("name", ["Gus (Support)\u202e", "\u2067Gus (Support)", "Gus\u202d Lima"])
async def test_20_a_name_turns_nothing_around_and_never_stands_alone(people, name):
    """Agents read the name without what turns text around, and the number behind it."""
    await people.writes(LIFT, sender=user(RITA, name))

    notice = people.seen_by(TEAM)[0].text
    assert f"({RITA})" in notice
    assert not set("\u202d\u202e\u2066\u2067") & set(notice)


async def test_20_what_was_forwarded_says_so(people):
    """A forwarded answer of our own bot is no answer of ours: it is marked as forwarded."""
    origin = {"type": "user", "date": 1, "sender_user": BOT}
    row = await people.writes("Your refund is approved", forward_origin=origin)

    (request,) = [e for e in await people.desk.said(row) if e.kind is EventKind.REQUEST]
    assert any("forwarded" in flag for flag in request.details["flags"])


async def test_defence_off_what_one_wrote_oneself_is_not_marked(people):
    """Twin: the same words without an origin are the writer's own."""
    row = await people.writes("Your refund is approved")

    (request,) = [e for e in await people.desk.said(row) if e.kind is EventKind.REQUEST]
    assert "flags" not in request.details


async def claim(people, codes):
    """Have Rita claim the CEO's address and write codes; return what her status shows then."""
    await people.happens("message", command(f"/link {MAIL}"))
    for code in codes:
        await people.writes(code)
    await people.happens("message", command("/status"))
    return people.seen_by(RITA)[-1].text


@pytest.fixture
async def reference(people):
    """The CEO's own ticket, by mail."""
    row = await people.desk.mail(MAIL, "Merger", "The lift is broken")
    people.desk.pass_time(hours=2)
    return (await people.desk.ticket(row)).reference


async def test_21_a_command_links_nothing_without_the_code(people, reference):
    """Six guesses, and a look: nothing of the CEO's shows."""
    assert reference not in await claim(people, [f"2222-222{letter}" for letter in "234567"])


async def test_defence_off_the_code_from_the_mailbox_links(people, reference):
    """Twin: with the mail in hand the same command shows how the CEO's ticket stands."""
    await people.happens("message", command(f"/link {MAIL}"))
    mails = [CODE.search(text_of(mail)) for mail in await people.desk.sent(MAIL)]
    code = next(found[0] for found in mails if found)

    assert reference in await claim(people, [code])


async def test_linking_is_refused_in_a_group(people):
    """Others read there: nobody is mailed, and it says where to write it."""
    await people.happens("message", command(f"/link {MAIL}", chat=group(-100777), sender=user()))

    assert await people.desk.sent(MAIL) == []
    assert "with me alone" in people.seen_by(-100777)[-1].text
