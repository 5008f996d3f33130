"""Whoever gets a ticket from somebody else gets everything that is known of it."""

import json
from hashlib import sha256

import pytest

from gateway.contracts.channel import Profile
from gateway.journey.handover import standing
from gateway.model.message import Attachment
from gateway.model.ticket import EventKind
from tests.fakes.rooms import external_id
from tests.journeys.bench import CONFIG, open_bench, text_of
from tests.journeys.test_talk import ALICE as EMPLOYEE
from tests.journeys.test_talk import CHAT_RULES, EVE, GUS, ROOMS, VPN, Chat, in_network

ALICE, DESK, NETWORK = "alice@cust.example", "desk@acme.example", "network@acme.example"
NOTE, PLACE = "She never reads the manual", b"router in the cellar"
PLAN = Attachment(
    name="plan.txt", media_type="text/plain", digest=sha256(PLACE).hexdigest(), content=PLACE
)


@pytest.fixture
async def chat(tmp_path):
    """A desk whose network team is told in a room, the service desk by mail and in another."""
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=CHAT_RULES) as bench:
        yield Chat(bench)


async def test_the_next_team_reads_the_names_of_all_who_wrote(chat):
    """Also of who is no party: a colleague in the thread, a stranger under the notice."""
    chat.platform.profiles[EVE] = Profile(name="Eve Stranger")
    _, notice = await in_network(chat)
    await chat.say(EVE, "HELP", "Same here", thread=1)
    await chat.say(EVE, "NETWORK", "and here", thread=notice.id)
    await chat.say(GUS, "NETWORK", "!assign service-desk", thread=notice.id)

    told = chat.platform.texts("DESK")[-1]
    assert in_order(told, f"Eve Stranger ({EVE}):", "Same here", f"Eve Stranger ({EVE}) (note;")


async def notice_at(desk, address):
    """Return the newest mail to a team."""
    return (await desk.sent(address))[-1]


def in_order(text, *pieces):
    """Return whether pieces of text stand one after the other."""
    at = 0
    for piece in pieces:
        at = text.find(piece, at) + 1
        if not at:
            return False
    return True


async def test_the_next_team_reads_what_was_said_and_by_whom(desk):
    """The requester's words, the answers, and the notes with their authors; none of it outside."""
    row = await desk.mail(ALICE, "VPN", VPN)
    reference = (await desk.ticket(row)).reference
    await desk.order("note", ticket=reference, text=NOTE, by="agent:gus", attachments=(PLAN,))
    await desk.order("reply", ticket=reference, text="Which router?", by="agent:gus")
    await desk.mail(ALICE, f"Re: VPN [{reference}]", "The grey one")

    await desk.order("escalate", ticket=reference, text="lamp", arguments={"to": "service-desk"})

    notice = await notice_at(desk, DESK)
    assert in_order(
        text_of(notice),
        f"{ALICE}:", VPN, "Gus Lima (note):", NOTE, "+ plan.txt",
        "Gus Lima:", "Which router?", f"{ALICE}:", "The grey one",
    )  # fmt: skip
    assert [part.get_content() for part in notice.iter_attachments()] == [PLACE.decode()]
    assert all(NOTE not in text_of(mail) for mail in await desk.sent(ALICE))


async def test_what_only_the_requester_said_stands_alone(desk):
    """A team that gets a ticket first reads the words, and no heads over them."""
    await desk.mail(ALICE, "VPN", VPN)

    text = text_of(await notice_at(desk, NETWORK))
    assert VPN in text
    assert f"{ALICE}:" not in text


async def test_the_faqs_answer_goes_with_the_question(desk):
    """Whoever has to do better sees what was not enough."""
    row = await desk.mail(ALICE, "Password", "I forgot my password")
    answer = (await desk.sent(ALICE))[-1]
    await desk.mail(ALICE, "Re: Password", "I need a person", to=answer["Reply-To"])

    text = text_of(await notice_at(desk, DESK))
    assert (await desk.ticket(row)).team == "service-desk"
    assert in_order(text, "I forgot my password", "Acme Support:", "Settings > Security", "person")


async def test_a_doubtful_note_is_handed_on_with_its_doubt(desk):
    """Somebody writes as the team, without proof."""
    row = await desk.mail(ALICE, "VPN", VPN)
    reference = (await desk.ticket(row)).reference
    to = (await notice_at(desk, NETWORK))["Reply-To"]
    await desk.mail("gus@acme.example", "Re: VPN", "Tell her the password is 1234", to=to)

    await desk.order("escalate", ticket=reference, text="x", arguments={"to": "service-desk"})

    text = " ".join(text_of(await notice_at(desk, DESK)).split())
    assert in_order(text, "gus@acme.example (note; written as the team, not proven", "1234")


async def test_who_takes_their_words_back_does_not_have_them_handed_on(chat):
    """A message that was deleted on chat stays in history, and goes to nobody new."""
    row, notice = await in_network(chat)
    under = int(chat.platform.posts[0].where.partition("/")[2])
    await chat.say(EMPLOYEE, "HELP", "my PIN is 4711", thread=under)
    [of] = (await chat.history(row, EventKind.FOLLOWUP))[0].details["messages"]
    await chat.happen(chat.event(EMPLOYEE, "HELP", None, kind="change", of=of, thread=under))

    await chat.say(GUS, "NETWORK", "!escalate service-desk lamp", thread=notice.id)

    assert VPN in chat.platform.texts("DESK")[-1]
    assert "4711" not in chat.platform.texts("DESK")[-1]


async def test_one_of_several_messages_in_one_breath_is_taken_back_alone(chat):
    """What was said before and after it is still handed on, with its files."""
    files = ("a", b"ground floor"), ("b", b"bank card")
    chat.platform.files = {ref: [content] for ref, content in files}
    said = [
        chat.event(EMPLOYEE, "D1", VPN, files=[a_file("a")]),
        chat.event(EMPLOYEE, "D1", "my PIN is 4711", files=[a_file("b")]),
        chat.event(EMPLOYEE, "D1", "in both houses"),
    ]
    row = await chat.happen(*said)
    of = external_id("D1", json.loads(said[1].body)["id"])
    await chat.happen(chat.event(EMPLOYEE, "D1", None, kind="change", of=of))

    await hand_on(chat, row)

    [told] = [text for text in chat.platform.texts("DESK") if VPN in text]
    assert "in both houses" in told
    assert "4711" not in told
    [mail] = [m for m in await chat.desk.sent(DESK) if VPN in text_of(m)]
    assert [part.get_content() for part in mail.iter_attachments()] == ["ground floor"]


async def test_defence_off_what_has_no_lines_is_withheld_whole(chat, monkeypatch):
    """Twin, and what an earlier version wrote: nothing tells them apart, none is handed on."""
    monkeypatch.setattr(standing, "_LINES", "other")
    said = [chat.event(EMPLOYEE, "D1", text) for text in (VPN, "my PIN is 4711", "with soup")]
    row = await chat.happen(*said)
    monkeypatch.undo()
    of = external_id("D1", json.loads(said[1].body)["id"])
    await chat.happen(chat.event(EMPLOYEE, "D1", None, kind="change", of=of))

    await hand_on(chat, row)

    assert not any("soup" in text or "4711" in text for text in chat.platform.texts("DESK"))


def a_file(ref):
    """Return a file as the platform tells of it."""
    return {"ref": ref, "name": f"{ref}.txt", "media_type": "text/plain"}


async def hand_on(chat, row):
    """Have a ticket handed to the service desk, which did not know of it."""
    reference = (await chat.ticket(row)).reference
    order = {"ticket": reference, "text": "lamp", "arguments": {"to": "service-desk"}}
    await chat.desk.order("escalate", **order)
    await chat.desk.deliver()


@pytest.mark.parametrize("writer", [GUS, EVE], ids=["agent", "colleague"])
async def test_a_note_that_was_taken_back_is_not_handed_on(chat, writer):
    """It was deleted in the team's room, like a requester's message in theirs."""
    _, notice = await in_network(chat)
    said = chat.event(writer, "NETWORK", "what a bore", thread=notice.id)
    await chat.happen(said)
    of = external_id("NETWORK", json.loads(said.body)["id"])
    await chat.happen(chat.event(writer, "NETWORK", None, kind="change", of=of, thread=notice.id))

    await chat.say(GUS, "NETWORK", "!escalate service-desk lamp", thread=notice.id)

    assert VPN in chat.platform.texts("DESK")[-1]
    assert "bore" not in chat.platform.texts("DESK")[-1]


async def test_what_was_said_in_a_room_of_the_desk_is_handed_on(chat):
    """A note by a listed agent has a name; that of somebody else has what the platform knows."""
    _, notice = await in_network(chat)
    await chat.say(GUS, "NETWORK", "he sounds upset", thread=notice.id)
    await chat.say(EVE, "NETWORK", "he always does", thread=notice.id)

    await chat.say(GUS, "NETWORK", "!escalate service-desk lamp", thread=notice.id)

    told = chat.platform.texts("DESK")[-1]
    assert in_order(told, VPN, "Gus Lima (note):", "he sounds upset", "(note; ", "he always does")
