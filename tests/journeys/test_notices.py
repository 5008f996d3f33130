"""What a team is told, where, and how it stays true: notices, signs, files, dead places."""

import pytest

from gateway.errors import AddressRefused
from gateway.model.ticket import EventKind, TicketState, Visibility
from tests.fakes.rooms import external_id
from tests.journeys.bench import CONFIG, open_bench
from tests.journeys.test_talk import (
    ALICE,
    EVE,
    GUS,
    PASSWORD,
    ROOMS,
    VPN,
    Chat,
    in_network,
    labels,
)
from tests.journeys.test_words import TWO_PLACES

SILENT = CONFIG.replace('alerts = ["support-mail:ops@acme.example"]', "")
BY_THREAD = TWO_PLACES.replace("network: {level: 2,", "network: {level: 2, replies: thread,")


@pytest.fixture
async def chat(tmp_path):
    """A desk whose network team is told in two rooms, and has two agents."""
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=TWO_PLACES) as bench:
        yield Chat(bench)


@pytest.fixture
async def plain(tmp_path):
    """The same desk, where plain words of the network team go out."""
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=BY_THREAD) as bench:
        yield Chat(bench)


# --- what stays true -----------------------------------------------------------------------------


async def test_the_notice_follows_the_ticket_in_every_room(chat):
    """Who has it, how urgent it is, where it lies: one line, changed in place."""
    row, notice = await in_network(chat)
    night = next(p for p in chat.platform.posts if p.where == "NIGHT")
    reference = (await chat.ticket(row)).reference
    assert notice.state == night.state == f"{reference} · open · high · network, level 2"

    await chat.say(GUS, "NETWORK", "!take", thread=notice.id)
    assert notice.state == night.state
    assert notice.state.endswith("network, level 2 · taken by Gus Lima")
    await chat.say(GUS, "NETWORK", "!priority urgent", thread=notice.id)
    assert "urgent" in night.state
    await chat.say(GUS, "NETWORK", "!escalate service-desk not ours", thread=notice.id)
    assert "service-desk, level 1" in notice.state


async def test_the_requester_sees_a_state_and_nothing_of_the_desk(chat):
    """Neither priority nor names of agents stand in the requester's thread."""
    await in_network(chat)
    notice = next(p for p in chat.platform.posts if p.where == "NETWORK")
    await chat.say(GUS, "NETWORK", "!take", thread=notice.id)
    await chat.say(GUS, "NETWORK", "!priority urgent", thread=notice.id)

    [receipt] = [p for p in chat.platform.posts if p.where.startswith("HELP")]
    assert receipt.edits == 0
    assert not any(word in receipt.state for word in ("Gus", "urgent", "network"))


@pytest.mark.parametrize(
    "said", [VPN, f"{VPN}\nSince this morning", f"{VPN} for all of us {'and nobody works ' * 9}"]
)
async def test_what_was_said_stands_in_a_notice_once(chat, said):
    """On chat the subject is made of the text: it does not stand above it once more."""
    await chat.say(ALICE, "HELP", said)

    notice = next(p for p in chat.platform.posts if p.where == "NETWORK")
    assert notice.text.count(VPN) == 1
    assert "Subject" not in notice.text


async def test_defence_off_a_subject_of_its_own_stands_in_the_notice(chat):
    """Twin: a mail's subject says what its text does not."""
    await chat.desk.mail("alice@customer.example", VPN, "Since this morning")
    await chat.desk.deliver()

    notice = next(p for p in chat.platform.posts if p.where == "NETWORK")
    assert f"**Subject:** {VPN}" in notice.text


# --- signs ---------------------------------------------------------------------------------------


async def test_a_sign_says_what_became_of_it(chat):
    """A note is noted, a word is done; what was refused is noted, and told in words."""
    _, notice = await in_network(chat)
    said = ["he sounds upset", "!note very", "!take", "!reply Soon", "!merge VT-9"]
    for text in said:
        await chat.say(GUS, "NETWORK", text, thread=notice.id)

    assert [mark for _, mark in chat.platform.marks] == ["noted", "noted", "done", "done", "noted"]
    assert chat.platform.marks[0][0] == external_id("NETWORK", 2)
    assert "merge needs another ticket" in chat.platform.texts("NETWORK")[-1]


async def test_requesters_get_no_signs(chat):
    """They are answered in words."""
    await chat.say(ALICE, "HELP", PASSWORD)
    await chat.say(ALICE, "HELP", "thanks", thread=1)

    assert chat.platform.marks == []


# --- plain words that go out ---------------------------------------------------------------------


async def test_plain_words_go_out_where_a_team_says_so(plain):
    """Text of a listed agent in the team's room is an answer."""
    row, notice = await in_network(plain)
    assert "goes to the requester" in notice.text
    await plain.say(GUS, "NETWORK", "Back by four.", thread=notice.id)

    assert "Back by four." in plain.platform.texts("HELP")[-1]
    assert (await plain.ticket(row)).state is TicketState.WAITING


@pytest.mark.parametrize(("who", "text"), [(GUS, "!note she is difficult"), (EVE, "hello Alice"),
                                           (ALICE, "hello desk"), (GUS, "!note oops")])  # fmt: skip
async def test_what_stays_inside_all_the_same(plain, who, text):
    """Notes, mistyped words, and whatever others say in the room."""
    row, notice = await in_network(plain)
    before = len(plain.platform.texts("HELP"))
    await plain.say(who, "NETWORK", text, thread=notice.id)

    assert len(plain.platform.texts("HELP")) == before
    [note] = await plain.history(row, EventKind.NOTE)
    assert note.visibility is Visibility.INTERNAL


async def test_defence_off_the_same_words_of_an_agent_go_out(plain):
    """Twin: what Eve said goes out when Gus says it."""
    _, notice = await in_network(plain)
    before = len(plain.platform.texts("HELP"))
    await plain.say(GUS, "NETWORK", "hello Alice", thread=notice.id)

    assert len(plain.platform.texts("HELP")) == before + 1


# --- files ---------------------------------------------------------------------------------------


async def test_who_gets_a_ticket_later_gets_its_files(chat):
    """After a FAQ answer that did not help, and after an escalation."""
    chat.platform.files = {"a": [b"AAAA"]}
    files = [{"name": "screen.png", "media_type": "image/png", "ref": "a"}]
    row = await chat.say(ALICE, "HELP", PASSWORD, files=files)
    await chat.press(ALICE, "HELP", "I need a person")
    notices = await chat.desk.sent("desk@acme.example")
    assert [f.get_filename() for f in notices[-1].iter_attachments()] == ["screen.png"]

    reference = (await chat.ticket(row)).reference
    await chat.desk.order("escalate", ticket=reference, arguments={"to": "network"}, text="please")
    await chat.desk.deliver()
    assert "Files:** screen" in chat.platform.texts("NIGHT")[-1]


# --- places that cannot be reached ---------------------------------------------------------------


async def test_a_dead_place_is_told_of_at_the_others_once(tmp_path):
    """Without alerts the team's other places hear of it; when all are dead there is an end."""
    config = SILENT + ROOMS
    async with open_bench(tmp_path / "desk", config=config, rules=TWO_PLACES) as bench:
        chat = Chat(bench)
        gone = AddressRefused("kicked", public="kicked")
        chat.platform.closed = {"NETWORK": gone}
        await chat.say(ALICE, "HELP", VPN)
        told = chat.platform.texts("NIGHT")
        assert sum("given up sending" in text for text in told) == 1

        chat.platform.closed, chat.platform.refusals = {"NETWORK": gone, "NIGHT": gone}, 0
        await chat.say(ALICE, "HELP", "more", thread=1)
        assert 2 <= chat.platform.refusals <= 6


async def test_with_alerts_they_are_told(chat):
    """People who asked for it hear of it instead."""
    chat.platform.script = [None, AddressRefused("kicked", public="kicked")]
    await chat.say(ALICE, "HELP", VPN)

    assert any("could not be delivered" in str(m) for m in await chat.desk.sent("ops@acme.example"))


# --- what requesters see of it -------------------------------------------------------------------


async def test_a_requester_who_goes_elsewhere_is_not_shown_the_teams_line(chat):
    """They answer under our receipt, in a thread of its own: the receipt stays theirs."""
    row, _ = await in_network(chat)
    receipt = next(post for post in chat.platform.posts if post.where == "HELP/1")
    reference = (await chat.ticket(row)).reference
    await chat.desk.order("reply", ticket=reference, text="Where?")
    await chat.say(ALICE, "HELP", "In the cellar", thread=receipt.id)

    assert (await chat.ticket(row)).requester.where == f"HELP/{receipt.id}"
    assert (labels(receipt), receipt.state) == ([], f"{reference} · open")
    await chat.desk.order("close", ticket=reference, text="Extinguished")
    await chat.desk.deliver()
    assert (labels(receipt), receipt.state) == ([], f"{reference} · closed")
