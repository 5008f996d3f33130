"""One person on two channels: a code is mailed, and comes back on chat."""

from __future__ import annotations

import re

import pytest

from gateway.journey.wishes.linking import LETTERS
from gateway.model.inbox import Outcome
from gateway.model.question import Question
from tests.journeys.bench import CONFIG, open_bench, text_of
from tests.journeys.test_talk import ALICE, BOB, CHAT_RULES, ROOMS, Chat

MAIL, OTHER = "alice@customer.example", "bob@customer.example"
AT_ALICE, AT_BOB = "DALICE", "DBOB"
CODE = re.compile(rf"\b([{LETTERS}]{{4}})-([{LETTERS}]{{4}})\b")
MOST_WRONG = 5


@pytest.fixture
async def chat(tmp_path):
    """A desk with mail and chat."""
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=CHAT_RULES) as bench:
        yield Chat(bench)


async def code_for(chat, mail=MAIL):
    """Return the newest code that was mailed to an address, None where none was."""
    mails = [text_of(each) for each in await chat.desk.sent(mail)]
    found = [CODE.search(text) for text in mails]
    return next((one[0] for one in reversed(found) if one), None)


async def link(chat, user=ALICE, room=AT_ALICE, mail=MAIL):
    """Have somebody link their account with an address that they read."""
    await chat.say(user, room, f"link {mail}")
    return await chat.say(user, room, await code_for(chat, mail))


async def linked_with(chat, kind, address):
    """Return who else somebody is."""
    asked = Question(now=chat.desk.world.now(), kind=kind, address=address)
    return (await chat.store.know(asked)).linked


def last(chat, room=AT_ALICE):
    """Return what was said last in a room."""
    return chat.platform.texts(room)[-1]


def wrong(code):
    """Return a code that is not this one."""
    return code[:-1] + (LETTERS[0] if code[-1] != LETTERS[0] else LETTERS[1])


async def test_a_code_comes_back_and_links_them(chat):
    """The address gets a code and nothing that its asker chose; written back, both are told."""
    row = await chat.say(ALICE, AT_ALICE, f"link {MAIL.upper()}", name="BUY http://evil.example")
    [mail] = await chat.desk.sent(MAIL)
    await chat.say(ALICE, AT_ALICE, await code_for(chat))

    assert row.outcome is Outcome.ACTED
    assert "http" not in mail.as_string().replace(str(mail["Date"]), "")
    assert "BUY" not in mail.as_string()
    assert mail["Auto-Submitted"] == "auto-replied"
    assert MAIL in last(chat)
    assert await linked_with(chat, "rooms", ALICE) == (("email", MAIL),)
    assert await linked_with(chat, "email", MAIL) == (("rooms", ALICE),)
    assert "linked" in text_of((await chat.desk.sent(MAIL))[-1])


@pytest.mark.parametrize("written", ["{}", " {} ", "{lower}", "{bare}"])
async def test_a_code_may_be_written_as_people_write(chat, written):
    """Case, a dash or blanks around it do not matter."""
    await chat.say(ALICE, AT_ALICE, f"link {MAIL}")
    code = await code_for(chat)
    await chat.say(
        ALICE, AT_ALICE, written.format(code, lower=code.lower(), bare=code.replace("-", ""))
    )

    assert await linked_with(chat, "rooms", ALICE)


async def test_whoever_has_the_address_or_not_the_asker_reads_the_same(chat):
    """Known, unknown, already written to within the hour: nobody learns which it is."""
    await chat.desk.mail(MAIL, "Lift", "The lift is broken")
    for user, mail in ((ALICE, MAIL), (BOB, OTHER), ("UEVE", "nobody@nowhere.example")):
        await chat.say(user, f"D{user}", f"link {mail}")

    said = {chat.platform.texts(f"D{user}")[-1] for user in (ALICE, BOB, "UEVE")}
    assert len(said) == 1
    assert await code_for(chat, MAIL) is None  # an acknowledgement has just gone there
    assert await code_for(chat, OTHER)


async def test_an_address_is_written_to_once_an_hour_whoever_asks(chat):
    """Ten accounts that name one address send it one mail, exempt from limits or not."""
    for number in range(10):
        await chat.say(f"U{number}", f"D{number}", f"link {MAIL}")

    assert len(await chat.desk.sent(MAIL)) == 1


async def test_an_account_asks_so_many_strangers_and_no_more(chat):
    """After five addresses in a day it is told to wait, and nobody else is written to."""
    for number in range(7):
        await chat.say(ALICE, AT_ALICE, f"link u{number}@customer.example")

    mailed = [m for n in range(7) if (m := await code_for(chat, f"u{n}@customer.example"))]
    assert len(mailed) == 5
    assert "later" in last(chat)


async def test_five_wrong_codes_make_the_right_one_void(chat):
    """The fifth is told that it was the last; the right one opens nothing after that."""
    await chat.say(ALICE, AT_ALICE, f"link {MAIL}")
    code = await code_for(chat)
    said = []
    for _ in range(MOST_WRONG):
        await chat.say(ALICE, AT_ALICE, wrong(code))
        said.append(last(chat))
    await chat.say(ALICE, AT_ALICE, code)

    assert "4" in said[0]
    assert "1" in said[3]
    assert "not valid any more" in said[4]
    assert await linked_with(chat, "rooms", ALICE) == ()


async def test_the_limit_of_wrong_codes_holds_over_new_ones(chat):
    """Whoever guessed five times waits half an hour for another code."""
    await chat.say(ALICE, AT_ALICE, f"link {MAIL}")
    code = await code_for(chat)
    for _ in range(MOST_WRONG):
        await chat.say(ALICE, AT_ALICE, wrong(code))
    await chat.say(ALICE, AT_ALICE, f"link {OTHER}")
    soon = await code_for(chat, OTHER)
    chat.desk.pass_time(minutes=40)
    await chat.say(ALICE, AT_ALICE, f"link {OTHER}")

    assert soon is None
    assert await code_for(chat, OTHER)


async def test_a_code_is_good_for_half_an_hour(chat):
    """Later it is a message like any other."""
    await chat.say(ALICE, AT_ALICE, f"link {MAIL}")
    chat.desk.pass_time(minutes=31)
    row = await chat.say(ALICE, AT_ALICE, await code_for(chat))

    assert row.outcome is Outcome.ROUTED
    assert await linked_with(chat, "rooms", ALICE) == ()


async def test_a_code_is_used_once_and_only_by_who_asked(chat):
    """In somebody else's hands, or a second time, it is nothing."""
    await chat.say(ALICE, AT_ALICE, f"link {MAIL}")
    code = await code_for(chat)
    await chat.say(BOB, AT_BOB, f"link {OTHER}")
    await chat.say(BOB, AT_BOB, code)
    stolen = await linked_with(chat, "rooms", BOB)
    await chat.say(ALICE, AT_ALICE, code)
    again = await chat.say(ALICE, AT_ALICE, code)

    assert stolen == ()
    assert "Tries left: 4" in last(chat, AT_BOB)
    assert await linked_with(chat, "rooms", ALICE) == (("email", MAIL),)
    assert again.outcome is not Outcome.ACTED


async def test_a_keyed_hash_is_all_that_the_store_keeps_of_a_code(chat):
    """Whoever reads the table cannot write the code."""
    await chat.say(ALICE, AT_ALICE, f"link {MAIL}")
    code = await code_for(chat)
    asked = Question(now=chat.desk.world.now(), kind="rooms", address=ALICE, code=True)
    waiting = (await chat.store.know(asked)).code

    assert waiting.mail == MAIL
    assert code.replace("-", "") not in repr(waiting).upper()


async def test_nothing_is_linked_where_others_read(chat):
    """In a room the words are a request like any other."""
    row = await chat.say(ALICE, "HELP", f"link {MAIL}")

    assert row.outcome is Outcome.ROUTED
    assert await code_for(chat) is None


async def test_unlinking_is_one_word_and_both_sides_hear_of_it(chat):
    """Afterwards they are two persons again, and another link may be made."""
    await link(chat)
    await chat.say(ALICE, AT_ALICE, "unlink")
    told = text_of((await chat.desk.sent(MAIL))[-1])
    await chat.say(ALICE, AT_ALICE, "Unlink")

    assert await linked_with(chat, "rooms", ALICE) == ()
    assert await linked_with(chat, "email", MAIL) == ()
    assert "not linked" in told
    assert "not linked" in last(chat)


async def test_a_linked_account_is_not_linked_with_another_address(chat):
    """It says with which it is; nothing is mailed."""
    await link(chat)
    await chat.say(ALICE, AT_ALICE, f"link {OTHER}")

    assert MAIL in last(chat)
    assert await code_for(chat, OTHER) is None


async def test_a_desk_without_a_way_out_for_mail_says_so(tmp_path):
    """Nothing is promised that cannot come."""
    config = (CONFIG + ROOMS).replace('smtp = "smtp://127.0.0.1:1"\n', "")
    async with open_bench(tmp_path / "d", config=config, rules=CHAT_RULES) as bench:
        chat = Chat(bench)
        await chat.say(ALICE, AT_ALICE, f"link {MAIL}")

        assert "sends no mail" in last(chat)


@pytest.mark.parametrize("text", ["link", "Link me@", "link a@b.example now"])
async def test_what_names_no_address_mails_nothing(chat, text):
    """The word alone is explained; a sentence is a request."""
    row = await chat.say(ALICE, AT_ALICE, text)

    assert (row.outcome is Outcome.ACTED) == (text == "link")
    assert all("code" not in text_of(m) for m in await chat.desk.sent())


# --- what a link does -----------------------------------------------------------------------------


async def test_status_shows_the_requests_of_both_sides(chat):
    """On chat and by mail; a subject is shown only where it was written."""
    by_mail = await chat.desk.mail(MAIL, "Secret lift", "The lift is broken")
    on_chat = await chat.say(ALICE, AT_ALICE, "The stairs are broken")
    chat.desk.pass_time(hours=2)
    await link(chat)
    await chat.say(ALICE, AT_ALICE, "status")
    chat.desk.pass_time(hours=2)
    await chat.desk.mail(MAIL, "status", "")

    numbers = [(await chat.ticket(row)).reference for row in (by_mail, on_chat)]
    shown, mailed = last(chat), text_of((await chat.desk.sent(MAIL))[-1])
    assert all(number in shown for number in numbers)
    assert all(number in mailed for number in numbers)
    assert "Secret" not in shown
    assert "stairs" not in mailed


async def test_agents_see_on_a_ticket_who_else_its_requester_is(chat):
    """In the notice, and as a note for later."""
    await link(chat)
    on_chat = await chat.say(ALICE, AT_ALICE, "The stairs are broken")
    chat.desk.pass_time(hours=2)
    by_mail = await chat.desk.mail(MAIL, "Lift", "The lift is broken")
    await chat.desk.deliver()

    first, second = chat.platform.texts("DESK")[-2:]
    assert MAIL in first
    assert f"rooms {ALICE}" in second
    assert any(MAIL in e.text for e in await chat.history(on_chat))
    assert any(ALICE in e.text for e in await chat.history(by_mail))


async def test_rules_know_what_is_open_on_the_other_side(tmp_path):
    """``known`` and ``open_tickets`` look at the person, not at the account."""
    rules = CHAT_RULES.replace(
        "routes:\n",
        """routes:
  - id: regulars
    when: {known: true, open_tickets: ">= 1", channel: [rooms]}
    then: {team: network}
""",
    )
    async with open_bench(tmp_path / "d", config=CONFIG + ROOMS, rules=rules) as bench:
        chat = Chat(bench)
        await chat.desk.mail(MAIL, "Lift", "The lift is broken")
        chat.desk.pass_time(hours=2)
        await link(chat)
        row = await chat.say(ALICE, AT_ALICE, "The stairs are broken")

        assert (await chat.ticket(row)).team == "network"


async def test_a_link_to_an_agents_address_gives_no_authority(chat):
    """Who is linked with an agent's address is a requester as before, and no colleague."""
    await link(chat, mail="ana@acme.example")
    asked = await chat.desk.mail(OTHER, "Lift", "The lift is broken")
    number = (await chat.ticket(asked)).reference
    row = await chat.say(ALICE, AT_ALICE, f"!close {number} done")

    assert row.outcome is Outcome.ROUTED
    assert len(await chat.desk.sent(OTHER)) == 1


async def test_the_desks_people_unlink_by_order(chat):
    """From either side; who is linked with nobody is refused."""
    await link(chat)
    row = await chat.desk.order("unlink", arguments={"kind": "email", "id": MAIL})
    again = await chat.desk.order("unlink", arguments={"kind": "email", "id": MAIL})

    assert row.reason == "unlink: 1 link undone"
    assert again.reason.startswith("refused: ")
    assert await linked_with(chat, "rooms", ALICE) == ()


async def test_erasing_somebody_erases_both_sides(chat):
    """They proved to be one person: all of their tickets are emptied, and the link is gone."""
    by_mail = await chat.desk.mail(MAIL, "Lift", "The lift is broken")
    on_chat = await chat.say(ALICE, AT_ALICE, "The stairs are broken")
    chat.desk.pass_time(hours=2)
    await link(chat)
    row = await chat.desk.order("erase", arguments={"kind": "rooms", "id": ALICE})

    assert row.reason.startswith("erase: 2 tickets")
    assert "1 linked" in row.reason
    assert await chat.store.ticket(by_mail.ticket) is None
    assert await chat.store.ticket(on_chat.ticket) is None
    assert await linked_with(chat, "email", MAIL) == ()
