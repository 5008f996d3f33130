"""Who may say what to whom: each known way to borrow an identity, and its twin.

Every row comes twice: as the attack, which must reach nobody, and with the one thing that the
attacker does not have (the *defence off* twin), which must work. A row whose twin fails proves
nothing.
"""

import pytest

from gateway.journey.handover.naming import shown
from gateway.journey.plan import limits
from gateway.model.inbox import Outcome
from gateway.model.ticket import EventKind, TicketState
from tests.journeys.bench import CONFIG, open_bench, text_of
from tests.journeys.test_linking import CODE
from tests.journeys.test_talk import ALICE as CHATTER
from tests.journeys.test_talk import CHAT_RULES, LIFT, ROOMS, Chat

ALICE, EVIL, ANA, GUS = (
    "alice@customer.example", "evil@x.example", "ana@acme.example", "gus@acme.example",
)  # fmt: skip
TEAM = "desk@acme.example"
OURS, DMARC = "mx.acme.example", "dmarc=pass header.from=acme.example"
WORDS = "Please pay here"


@pytest.fixture
async def lift(desk):
    """Alice's open ticket about the lift."""
    return await desk.mail(ALICE, "Lift", "The lift is broken", message_id="<lift@client.test>")


async def team_token(desk):
    """Return the reply address in the team's notice."""
    return (await desk.sent(TEAM))[0]["Reply-To"]


async def alices_token(desk):
    """Return the reply address in Alice's receipt."""
    return (await desk.sent(ALICE))[0]["Reply-To"]


async def reached(desk):
    """Return whether Alice was told the words."""
    return any(WORDS in text_of(mail) for mail in await desk.sent(ALICE))


async def write(desk, writer, to, results=(), subject="Re: Lift", **headers):
    """Have a mail come in, with any number of results, the topmost first."""
    lines = [f"Authentication-Results: {result}" for result in results]
    lines += [f"{name.replace('_', '-').title()}: {value}" for name, value in headers.items()]
    lines += [f"From: {writer}", f"To: {to}", f"Subject: {subject}", "Message-ID: <x@client.test>"]
    body = "\r\n".join([*lines, "Content-Type: text/plain; charset=utf-8", "", WORDS, ""])
    return await desk.raw(body.encode(), rcpt=to.strip("<>"))


# --- rows 1, 2, 4, 6, 8, 15, 16: somebody wants to speak as an agent ------------------------------


@pytest.mark.parametrize(
    ("sender", "results", "headers"),
    [
        pytest.param(ANA, (), {}, id="1 without results"),
        pytest.param(f"{ANA} <{EVIL}>", (f"{OURS}; {DMARC}",), {}, id="2 two addresses"),
        pytest.param(EVIL, (f"{OURS}; {DMARC}",), {"reply_to": ANA}, id="4 Reply-To"),
        pytest.param(EVIL, (f"{OURS}; {DMARC}",), {"sender": ANA}, id="4 Sender"),
        pytest.param(
            ANA,
            (f"{OURS}; dmarc=fail header.from=acme.example", f"{OURS}; {DMARC}"),
            {},
            id="6 a pass below ours",
        ),
        pytest.param(ANA, (f"mx.evil.example; {DMARC}",), {}, id="6 another server"),
        pytest.param(ANA, (), {"x_gateway_agent": "ana"}, id="8 our own headers"),
        pytest.param(GUS, (f"{OURS}; {DMARC}",), {}, id="15 an agent no more"),
        pytest.param(
            ANA, (f"{OURS}; {DMARC}",), {"subject": "Fwd: Lift"}, id="16 a forwarded notice"
        ),
        pytest.param(
            ANA, (f"{OURS}; {DMARC}",), {"cc": "boss@acme.example"}, id="16 other recipients"
        ),
    ],
)
async def test_nobody_borrows_an_agents_voice(desk, lift, sender, results, headers):
    """It is kept inside, whoever it claims to be from; nothing of it reaches the requester."""
    await write(desk, sender, await team_token(desk), results, **headers)

    assert not await reached(desk)
    assert any(WORDS in e.text for e in await desk.said(lift) if e.kind is EventKind.NOTE)


async def test_defence_off_the_agent_with_every_proof_is_heard(desk, lift):
    """Twin of all of them: the listed agent, the team's token, our own server's pass."""
    await write(desk, ANA, await team_token(desk), (f"{OURS}; {DMARC}",))

    assert await reached(desk)


async def test_1_an_agents_name_at_the_requesters_address(desk, lift):
    """A mail in an agent's name to Alice's reply address is a note, and the alerts hear of it."""
    await write(desk, ANA, await alices_token(desk))

    assert not await reached(desk)
    assert any("kept back" in str(mail["Subject"]) for mail in await desk.sent("ops@acme.example"))


async def test_6_without_a_server_of_our_own_nobody_passes(tmp_path):
    """``authserv_id`` unset: whatever a header says, an agent's mail is a note."""
    config = CONFIG.replace('authserv_id = "mx.acme.example"', "")
    async with open_bench(tmp_path / "desk", config=config) as desk:
        await desk.mail(ALICE, "Lift", "The lift is broken")
        await write(desk, ANA, await team_token(desk), (f"{OURS}; {DMARC}",))

        assert not await reached(desk)


async def test_15_the_removed_agent_is_told(desk, lift):
    """Whose address is proven hears that nothing was sent."""
    await write(desk, GUS, await team_token(desk), (f"{OURS}; {DMARC}",))

    [told] = await desk.sent(GUS)
    assert "Nothing was sent" in text_of(told)


# --- rows 9 to 12: somebody wants into a ticket that is not theirs --------------------------------


async def ways_in(desk, lift, sender, way):
    """Have somebody write with what they know of the ticket."""
    reference = (await desk.ticket(lift)).reference
    our_id = (await desk.sent(ALICE))[0]["Message-ID"]
    to, headers = "support@acme.example", {}
    match way:
        case "9 the number":
            headers = {"subject": f"Re: Lift [{reference}]"}
        case "10 our message id":
            headers = {"in_reply_to": our_id}
        case "10 her message id":
            headers = {"references": "<lift@client.test>"}
        case "12 her reply address":
            to = await alices_token(desk)
    return await write(desk, sender, to, **headers)


WAYS = ["9 the number", "10 our message id", "10 her message id", "12 her reply address"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_stranger_gets_a_ticket_of_their_own(desk, lift, way):
    """Linked, with a note on the old one; nothing of the old one is told to them, ever."""
    row = await ways_in(desk, lift, EVIL, way)
    await desk.order("reply", ticket=(await desk.ticket(lift)).reference, text="The key is 4711")

    assert row.ticket != lift.ticket
    assert (await desk.ticket(row)).follows == lift.ticket
    assert not await reached(desk)
    told = [text_of(mail) for mail in await desk.sent(EVIL)]
    assert not any("lift" in text.lower() or "4711" in text for text in told)
    assert (await desk.said(lift))[-1].kind is not EventKind.FOLLOWUP


@pytest.mark.parametrize("way", WAYS)
async def test_defence_off_the_requester_comes_in_that_way(desk, lift, way):
    """Twin: the same by Alice is appended."""
    row = await ways_in(desk, lift, ALICE, way)

    assert row.ticket == lift.ticket


async def test_11_who_is_copied_gets_nothing(desk, lift):
    """A spoofed Alice copies evil: recorded, and no more than that."""
    await write(desk, ALICE, "support@acme.example", references="<lift@client.test>", cc=EVIL)
    await desk.order("reply", ticket=(await desk.ticket(lift)).reference, text="The key is 4711")

    assert await desk.sent(EVIL) == []


async def test_defence_off_who_is_invited_is_told(desk, lift):
    """Twin: an agent's word makes the same person a party."""
    reference = (await desk.ticket(lift)).reference
    await desk.order("invite", ticket=reference, arguments={"address": EVIL})
    await desk.order("reply", ticket=reference, text="The key is 4711")

    assert "4711" in text_of((await desk.sent(EVIL))[-1])


async def test_12_a_verification_mail_is_never_passed_on(desk, lift):
    """A service mails a link to Alice's reply address: it stays a note that she never sees."""
    before = len(await desk.sent(ALICE))
    row = await write(
        desk, "verify@slack.example", await alices_token(desk), auto_submitted="auto-generated"
    )

    assert (row.ticket, row.outcome) == (lift.ticket, Outcome.APPENDED)
    assert len(await desk.sent(ALICE)) == before
    assert (await desk.said(lift))[-1].kind is EventKind.NOTE


# --- row 14: reply addresses that are guessed -----------------------------------------------------


async def guess(desk, count):
    """Have somebody mail to that many reply addresses that nobody was given."""
    for number in range(count):
        wrong = f"{number:032x}".translate(str.maketrans("01", "ab"))
        await desk.mail(EVIL, f"Hi {number}", "Let me in", to=f"support+{wrong}@acme.example")


async def test_14_who_guesses_reply_addresses_is_told_of_once(desk):
    """Twenty wrong ones within an hour are an alert, and each is a request like any other."""
    await guess(desk, 25)

    alerts = [m for m in await desk.sent("ops@acme.example") if "guess" in str(m["Subject"])]
    assert len(alerts) == 1


async def test_defence_off_a_few_wrong_ones_are_nothing(desk, lift):
    """Twin: a mistyped address now and then, and right ones however many, are no alarm."""
    await guess(desk, 5)
    for number in range(20):
        await desk.mail(ALICE, "Re: Lift", f"More {number}", to=await alices_token(desk))

    assert not any("guess" in str(m["Subject"]) for m in await desk.sent("ops@acme.example"))


# --- rows 20 and 21: on chat ----------------------------------------------------------------------


@pytest.fixture
async def chat(tmp_path):
    """A desk with a chat channel."""
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=CHAT_RULES) as bench:
        yield Chat(bench)


async def test_20_a_name_is_never_shown_alone(chat):
    """A requester who calls herself an agent is shown with what the platform knows her by."""
    await chat.say(CHATTER, "HELP", LIFT, name="Gus Lima (Support)")

    notice = chat.platform.texts("DESK")[0]
    assert f"({CHATTER})" in notice


def test_defence_off_the_name_alone_would_be_an_agents():
    """Twin: without an id nothing would tell the two apart."""
    assert shown("rooms", "Gus Lima", "") == "Gus Lima"


@pytest.mark.parametrize("said", ["I am alice@customer.example, attach me to {0}", "/link {1}"])
async def test_21_who_claims_a_mail_address_on_chat_is_not_that_person(chat, said):
    """A ticket of mail is not opened to somebody who names its owner."""
    row = await chat.desk.mail(ALICE, "Lift", "The lift is broken")
    reference = (await chat.ticket(row)).reference
    claim = await chat.say("UEVE", "DEVE", said.format(reference, ALICE))
    await chat.desk.order("reply", ticket=reference, text="The key is 4711")
    await chat.desk.deliver()

    assert claim.ticket != row.ticket
    assert not any("4711" in text for text in chat.platform.texts("DEVE"))
    assert (await chat.ticket(row)).state is TicketState.WAITING


STATUS, GUESSES = "status", 6


async def link_and_look(chat, guesses):
    """Have Eve name Alice's address, write codes, and ask how her requests stand."""
    await chat.say("UEVE", "DEVE", f"link {ALICE}")
    for guess in guesses:
        await chat.say("UEVE", "DEVE", guess)
    await chat.say("UEVE", "DEVE", STATUS)
    return chat.platform.texts("DEVE")[-1]


async def code_in_mail(chat):
    """Return the code that Alice was mailed."""
    mails = [CODE.search(text_of(mail)) for mail in await chat.desk.sent(ALICE)]
    return next(found[0] for found in mails if found)


@pytest.fixture
async def old_lift(chat):
    """The reference of Alice's ticket, of some hours ago."""
    row = await chat.desk.mail(ALICE, "Lift", "The lift is broken")
    chat.desk.pass_time(hours=2)
    return (await chat.ticket(row)).reference


async def test_21_an_address_is_not_linked_without_its_code(chat, old_lift):
    """Who names it and guesses, or writes no code, learns of no ticket of its owner."""
    wrong = [f"2222-222{letter}" for letter in "23456"]

    assert old_lift not in await link_and_look(chat, wrong)


async def test_defence_off_whoever_reads_the_mail_links_it(chat, old_lift):
    """Twin: with the code from the mailbox the same words do show that ticket."""
    await chat.say("UEVE", "DEVE", f"link {ALICE}")

    assert old_lift in await link_and_look(chat, [await code_in_mail(chat)])


async def guess_and_then_know(chat):
    """Have Eve guess six times and then write the right code; return what she is told."""
    await chat.say("UEVE", "DEVE", f"link {ALICE}")
    right = await code_in_mail(chat)
    for _ in range(GUESSES):
        await chat.say("UEVE", "DEVE", "2222-2222")
    await chat.say("UEVE", "DEVE", right)
    await chat.say("UEVE", "DEVE", STATUS)
    return chat.platform.texts("DEVE")[-1]


async def test_21_a_code_is_guessed_at_five_times(chat, old_lift):
    """After that not even the right one opens anything."""
    assert old_lift not in await guess_and_then_know(chat)


async def test_defence_off_without_a_limit_the_seventh_code_opens(chat, old_lift, monkeypatch):
    """Twin: only the limit stands between a guesser with time and the ticket."""
    monkeypatch.setattr(limits, "WRONG_CODES", 1_000)

    assert old_lift in await guess_and_then_know(chat)


async def bomb(chat):
    """Have twenty accounts name one address; return how many mails it gets."""
    for number in range(20):
        await chat.say(f"U{number}", f"D{number}", f"link {ALICE}")
    return len(await chat.desk.sent(ALICE))


async def test_21_codes_do_not_bomb_a_mailbox(chat):
    """An address gets one within the hour, whoever asks."""
    assert await bomb(chat) == 1


async def test_defence_off_without_budgets_each_account_sends_one(tmp_path):
    """Twin: where acknowledgements have no limit, every account sends a mail."""
    many = {"acknowledgements_per_hour": 99, "automatic_per_hour": 99, "automatic_per_day": 99}
    async with open_bench(
        tmp_path / "d", config=CONFIG + ROOMS, rules=CHAT_RULES, limits=many
    ) as bench:
        assert await bomb(Chat(bench)) == 20
