"""Who may say what to whom in Slack itself, its API imitated: row 18.

The attack and its *defence off* twin differ in one thing: whether a person wrote it.
"""

import pytest

from gateway.model.ticket import EventKind
from tests.journeys.test_slack import ANA, GUS, NETWORK, VPN, open_office

ANSWER = "It will stay down"


@pytest.fixture
async def office(tmp_path):
    """A desk with a support channel, and a team that works in #network."""
    async with open_office(tmp_path) as opened:
        yield opened


async def asked(office):
    """Have Ana ask; return her message, and the notice under which the team talks."""
    event = await office.people.say(ANA, "C0HELP001", VPN)
    await office.answered(event)
    room = office.workspace.rooms[NETWORK]
    await office.until(lambda: bool(room.messages))
    (notice,) = room.messages.values()
    return event, {"channel": NETWORK, "thread": notice["ts"]}


async def reached(office, event):
    """Return whether Ana was told, when everything has been handled."""
    await office.rows()
    await office.until(lambda: len(office.thread(event)) >= 1)
    return any(ANSWER in str(said) for said in office.thread(event))


@pytest.mark.parametrize("subtype", ["bot_message", "channel_topic"])
async def test_18_what_no_person_wrote_is_not_passed_on(office, subtype):
    """A bot's post and the platform's own lines, in an agent's name."""
    event, inside = await asked(office)
    more = {"bot_id": "B0OTHER"} if subtype == "bot_message" else {}
    await office.people.say(GUS, text=f"!reply {ANSWER}", subtype=subtype, **more, **inside)

    assert not await reached(office, event)


async def test_18_an_edit_is_a_line_of_history_and_no_word(office):
    """A note that is changed into a reply stays inside; agents see both. So does its deletion."""
    event, inside = await asked(office)
    said = await office.people.say(GUS, text="a note", **inside)
    await office.rows()
    await office.people.edit(said, f"!reply {ANSWER}")
    await office.people.delete(said)

    assert not await reached(office, event)
    assert ANSWER in (await office.history(EventKind.EDIT))[0].text
    assert len(await office.history(EventKind.DELETION)) == 1


async def test_18_our_own_notice_is_no_word(office):
    """What the desk itself posts comes back as an event, and is nothing."""
    event, inside = await asked(office)
    room = office.workspace.rooms[NETWORK]
    notice = room.messages[inside["thread"]]
    own = {**notice, "text": f"!reply {ANSWER}"}
    assert await office.people.told(office.people.event_of(room, own))

    assert not await reached(office, event)


async def test_defence_off_the_agents_own_word_goes_out(office):
    """Twin: the same text, written by the agent under the same notice."""
    event, inside = await asked(office)
    await office.people.say(GUS, text=f"!reply {ANSWER}", **inside)
    await office.answered(event, 2)

    assert await reached(office, event)
