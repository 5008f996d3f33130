"""What a rule has people asked for: asked once, read from any reply, and routed in the end."""

from __future__ import annotations

import pytest

from gateway.model.inbox import Outcome
from gateway.model.ticket import TicketState
from tests.journeys.bench import CONFIG, RULES, open_bench, text_of
from tests.journeys.test_talk import CHAT_RULES, ROOMS, Chat

ALICE, NETWORK = "alice@customer.example", "network@acme.example"
VPN = "Our VPN is down again"
FORMS = """
forms:
  site: {type: choice, choices: [Lisbon, Porto], ask: {en: "Which office are you in?",
         pt: "Em que escritório está?"}}
  since: {type: date, ask: {en: "Since when?", pt: "Desde quando?"}}
  asset: {type: pattern, pattern: "PC-[0-9]{3}", ask: {en: "Which computer?"}, required: false}
"""


def with_forms(rules, *names):
    """Return rules whose VPN route asks for fields."""
    asked = f"then: {{team: network, level: 2, priority: high, ask: [{', '.join(names)}]}}"
    changed = rules.replace("then: {team: network, level: 2, priority: high}", asked)
    assert changed != rules
    return changed + FORMS


@pytest.fixture
async def desk(tmp_path):
    """A desk that asks for all three."""
    rules = with_forms(RULES, "site", "since", "asset")
    async with open_bench(tmp_path / "desk", rules=rules) as bench:
        yield bench


async def answer(desk, text):
    """Have Alice answer the newest mail that she got."""
    asked = (await desk.sent(ALICE))[-1]
    return await desk.mail(ALICE, f"Re: {asked['Subject']}", text, in_reply_to=asked["Message-ID"])


async def test_questions_come_before_the_team_hears_of_it(desk):
    """The requester is asked in one mail; nobody else is troubled yet."""
    row = await desk.mail(ALICE, "VPN", VPN)

    ticket = await desk.ticket(row)
    [asked] = await desk.sent(ALICE)
    assert row.outcome is Outcome.ASKED
    assert (ticket.state, ticket.team, ticket.level) == (TicketState.ASKING, "network", 2)
    assert "Which office are you in? (Lisbon, Porto)" in text_of(asked)
    assert f"Since when? (for example {ticket.created_at.year}-12-31)" in text_of(asked)
    assert await desk.sent(NETWORK) == []


@pytest.mark.parametrize(
    "reply",
    [
        "Porto\n2.3.2026\nPC-123",
        "1. Porto\n2. 2.3.2026\n3. PC-123",
        "3) PC-123\n1) porto\n2) 2026-03-02",
        "since: 2.3.2026\nsite: 2\nasset: PC-123",
        "Which office are you in: Porto\nSince when: 2.3.2026\nWhich computer: PC-123",
        "\n\n  Porto \n\n2.3.2026\n\nPC-123\n\n",
    ],
)
async def test_all_at_once_in_any_form(desk, reply):
    """By order, by number, by name, by the question itself."""
    row = await desk.mail(ALICE, "VPN", VPN)
    await answer(desk, reply)

    ticket = await desk.ticket(row)
    assert dict(ticket.fields) == {"site": "Porto", "since": "2026-03-02", "asset": "PC-123"}
    assert (ticket.state, ticket.team, ticket.level) == (TicketState.OPEN, "network", 2)
    [notice] = await desk.sent(NETWORK)
    assert "site: Porto" in text_of(notice)
    assert VPN in text_of(notice)


async def test_what_need_not_be_answered_says_how_it_is_left_out(desk):
    """In the requester's language; a dash is no answer, and keeps the order of the others."""
    row = await desk.mail(ALICE, "VPN", VPN)
    asked = " ".join(text_of((await desk.sent(ALICE))[-1]).split())
    assert "Which computer? (optional: a dash leaves it out)" in asked

    await answer(desk, "Porto\n2.3.2026\n\N{EN DASH}")

    ticket = await desk.ticket(row)
    assert dict(ticket.fields) == {"site": "Porto", "since": "2026-03-02"}
    assert ticket.state is TicketState.OPEN


async def test_a_dash_leaves_out_a_text_too(tmp_path):
    """Which would be a text like any other, were it asked for without fail."""
    more = '  notes: {type: text, ask: {en: "More?"}, required: false}\n'
    rules = with_forms(RULES, "notes", "site") + more
    async with open_bench(tmp_path / "desk", rules=rules) as desk:
        row = await desk.mail(ALICE, "VPN", VPN)
        await answer(desk, "-\nPorto")

        assert dict((await desk.ticket(row)).fields) == {"site": "Porto"}


async def test_the_team_reads_answers_once(desk):
    """As fields; the history has the words, and whatever else was said is no field."""
    row = await desk.mail(ALICE, "VPN", VPN)
    await answer(desk, "Porto\n2.3.2026\nPC-123")

    notice = text_of((await desk.sent(NETWORK))[-1])
    assert notice.count("Porto") == 1
    assert notice.count("PC-123") == 1
    assert any("PC-123" in event.text for event in await desk.said(row))


async def test_what_is_said_beside_an_answer_reaches_the_team(desk):
    """Nothing is held back for being near a form."""
    await desk.mail(ALICE, "VPN", VPN)
    await answer(desk, "1. Porto\n2. 2.3.2026\nPlease call me first.\nThe door is locked.")

    notice = text_of((await desk.sent(NETWORK))[-1])
    assert "Please call me first." in notice


async def test_one_by_one(desk):
    """What is missing is asked for again, without what is known and what may be left out."""
    row = await desk.mail(ALICE, "VPN", VPN)
    await answer(desk, "I am in Porto... Porto")
    asked = text_of((await desk.sent(ALICE))[-1])
    assert "Which office" in asked
    await answer(desk, "Porto")
    assert "Which office" not in text_of((await desk.sent(ALICE))[-1])
    await answer(desk, "2.3.2026")

    ticket = await desk.ticket(row)
    assert dict(ticket.fields) == {"site": "Porto", "since": "2026-03-02"}
    assert ticket.state is TicketState.OPEN


@pytest.mark.parametrize("words", ["I don't know", "no idea", "nie wiem"])
async def test_not_knowing_is_an_answer(desk, words):
    """It is written down, and the ticket goes on."""
    row = await desk.mail(ALICE, "VPN", VPN)
    await answer(desk, words)

    ticket = await desk.ticket(row)
    assert set(ticket.fields.values()) == {"not known"}
    assert ticket.state is TicketState.OPEN


async def test_who_cannot_be_understood_is_routed_after_three_rounds(desk):
    """Nobody is asked for ever."""
    row = await desk.mail(ALICE, "VPN", VPN)
    for number in range(3):
        await answer(desk, f"it is all broken, number {number}")

    ticket = await desk.ticket(row)
    asked = [m for m in await desk.sent(ALICE) if "Which office" in text_of(m)]
    assert ticket.state is TicketState.OPEN
    assert len(asked) == 3
    assert len(await desk.sent(NETWORK)) == 1


async def test_who_asks_for_a_person_gets_one(desk):
    """Without answering anything."""
    row = await desk.mail(ALICE, "VPN", VPN)
    await answer(desk, "I need a person")

    assert (await desk.ticket(row)).team == "network"
    assert len(await desk.sent(NETWORK)) == 1


async def test_silence_is_routed_when_the_time_is_up(desk):
    """After ``ask_timeout`` the team gets what there is, on the rule's own level."""
    from gateway.journey import due  # noqa: PLC0415 - only here

    row = await desk.mail(ALICE, "VPN", VPN)
    desk.pass_time(days=2, seconds=1)
    await due.sweep(desk.desk)

    ticket = await desk.ticket(row)
    assert (ticket.state, ticket.team, ticket.level) == (TicketState.OPEN, "network", 2)
    assert len(await desk.sent(NETWORK)) == 1


async def test_a_machine_is_not_asked(desk):
    """An automatic message gets no questions either."""
    await desk.mail(ALICE, "VPN", VPN, auto_submitted="auto-generated")

    assert await desk.sent(ALICE) == []


async def test_what_a_pattern_found_is_not_asked_for(tmp_path):
    """A named group of the rule fills the field."""
    rules = with_forms(RULES, "asset").replace(
        'when: {words: ["vpn"], any_words: ["down", "outage"]}',
        'when: {words: ["vpn"], pattern: "(?P<asset>PC-[0-9]{3})"}',
    )
    rules = rules.replace('["Our VPN is down again"]', '["VPN broken on PC-123"]')
    async with open_bench(tmp_path / "desk", rules=rules) as desk:
        row = await desk.mail(ALICE, "VPN", "The VPN is down on PC-777")

        assert row.outcome is Outcome.ROUTED
        assert (await desk.ticket(row)).fields == {"asset": "PC-777"}


# --- on chat ------------------------------------------------------------------------------------


async def test_a_single_choice_is_asked_with_buttons(tmp_path):
    """Pressing one answers it."""
    rules = with_forms(CHAT_RULES, "site")
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=rules) as bench:
        chat = Chat(bench)
        row = await chat.say("UALICE", "HELP", VPN)
        assert [label for label, _ in chat.platform.posts[0].buttons] == [
            "Lisbon",
            "Porto",
            "I need a person",
        ]
        pressed = await chat.press("UALICE", "HELP", "Porto")

        assert pressed.outcome is Outcome.ACTED
        assert (await chat.ticket(row)).fields == {"site": "Porto"}
        assert "site: Porto" in chat.platform.texts("NETWORK")[0]


async def test_answers_in_the_thread_are_read_as_by_mail(tmp_path):
    """Two lines, said one after the other in one breath."""
    rules = with_forms(CHAT_RULES, "site", "since")
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=rules) as bench:
        chat = Chat(bench)
        row = await chat.say("UALICE", "HELP", VPN)
        answers = [chat.event("UALICE", "HELP", t, thread=1) for t in ("Porto", "2.3.2026")]
        await chat.happen(*answers)

        assert (await chat.ticket(row)).fields == {"site": "Porto", "since": "2026-03-02"}


async def test_a_form_that_the_channel_opens_brings_its_values(tmp_path):
    """One button opens the questions; what was filled in comes with the press."""
    rules = with_forms(CHAT_RULES, "site", "since")
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=rules) as bench:
        chat = Chat(bench)
        chat.channel.can_open_forms()
        row = await chat.say("UALICE", "HELP", VPN)
        where = (await chat.ticket(row)).requester.where
        button = dict(chat.platform.posts[0].buttons)["Answer here"]
        opened = await chat.happen(chat.event("UALICE", "HELP", kind="press", button=button))
        assert opened.outcome is Outcome.IGNORED
        values = {"site": "Porto", "since": "2026-03-02"}
        sent = chat.event("UALICE", "HELP", kind="press", button=button, values=values)
        await chat.happen(sent)

        assert (await chat.ticket(row)).fields == values
        assert chat.platform.posts[0].buttons == []
        # A form stands nowhere: the requester is answered where they wrote.
        assert (await chat.ticket(row)).requester.where == where
