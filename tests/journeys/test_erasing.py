"""Forgetting: what is old is emptied, and whoever asks for it is erased to the last byte."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.contracts.channel import Profile
from gateway.model.inbox import Outcome
from gateway.model.outbox import OutboxState
from gateway.model.question import TicketFilter
from gateway.model.ticket import EventKind, TicketState
from gateway.model.upkeep import Keep
from tests.fakes.rooms import external_id
from tests.journeys.bench import CONFIG, letter, open_bench, text_of
from tests.journeys.test_talk import CHAT_RULES, ROOMS, VPN, Chat

ALICE, BOB, JOALICE = "alice@customer.example", "bob@customer.example", "joalice@customer.example"
SECRET = "rhubarb"
WITH_FILE = f"""From: Alice <Alice@Customer.Example>
To: support@acme.example
Subject: The lift is broken
Message-ID: <1@client.test>
Date: Mon, 16 Nov 2026 10:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/plain

It smells of {SECRET}
--x
Content-Type: text/plain; name=note.txt
Content-Disposition: attachment; filename=note.txt

{SECRET} in a file
--x--
""".replace("\n", "\r\n").encode()


@pytest.fixture
def left_of(database, request, tmp_path):
    """Return what tells which of some words still stand in the files of the database."""

    def files(desk):
        if database == "sqlite":
            return (tmp_path / "desk").glob("desk.db*")
        server = request.getfixturevalue("postgres")
        name = desk.url.rpartition("/")[2]
        oid = server.sql("CHECKPOINT", f"SELECT oid FROM pg_database WHERE datname = '{name}'")
        return (server.folder / "data" / "base" / oid).iterdir()

    def left(desk, *words):
        whole = b"".join(path.read_bytes() for path in files(desk)).lower()
        return [word for word in words if word.lower().encode() in whole]

    return left


@pytest.fixture
async def desk(tmp_path):
    """A desk on a real file."""
    async with open_bench(tmp_path / "desk") as bench:
        yield bench


async def erase(desk, address=ALICE, kind="email", *, scrub=True):
    """Erase somebody as the command does; return what was said of it."""
    row = await desk.order("erase", arguments={"kind": kind, "id": address})
    if scrub:
        await desk.order("scrub")
    return row.reason


async def live(desk):
    """Alice's ticket with a file and an answer, and one of Bob's that names her."""
    asked = await desk.raw(WITH_FILE, mail_from=ALICE)
    await desk.order("reply", ticket=(await desk.ticket(asked)).reference, text="Which floor?")
    copied = letter(BOB, "Stairs", f"Ask {ALICE} about them, not {JOALICE}.", cc=ALICE)
    bobs = await desk.raw(copied, mail_from=BOB)
    return asked, bobs


async def test_nothing_of_an_erased_person_is_left_in_the_files(desk, left_of):
    """Not in the database, not in its log; others' tickets go on without the address."""
    _, bobs = await live(desk)
    for row in await desk.store.list_outbox(frozenset(OutboxState), 100):
        await desk.store.drop_send(row.id)
    said = await erase(desk)

    assert left_of(desk, f" {ALICE}", f"<{ALICE}", f'"{ALICE}', f":{ALICE}", SECRET) == []
    assert left_of(desk, BOB, JOALICE) == [BOB, JOALICE]
    assert said.startswith("erase: 1 ticket, ")
    request = (await desk.said(bobs))[0]
    assert request.text == f"Ask [erased] about them, not {JOALICE}."
    audit = await desk.store.audit()
    assert audit["problems"] == 0


async def test_defence_off_bytes_stay_where_the_files_are_not_written_anew(desk, left_of):
    """Twin: emptied rows alone leave their old bytes in the database's files."""
    await live(desk)
    await erase(desk, scrub=False)

    assert left_of(desk, SECRET) == [SECRET]


async def test_what_was_erased_does_not_come_back(desk):
    """The same mail offered again has no effect; a new one is a new person's."""
    asked, _ = await live(desk)
    reply_to = (await desk.sent(ALICE))[0]["Reply-To"]
    await erase(desk)
    again = await desk.raw(WITH_FILE + b"\r\n", mail_from=ALICE)
    fresh = await desk.mail(ALICE, "Re: Lift", "Any news?", to=reply_to)

    assert again.outcome is Outcome.DUPLICATE or again.id == asked.id
    assert fresh.outcome is Outcome.ROUTED
    assert fresh.ticket != asked.ticket
    assert await desk.store.ticket(asked.ticket) is None


async def test_nothing_more_goes_out_to_an_erased_person(desk):
    """What waited is dropped, with its words."""
    await live(desk)
    await erase(desk)

    assert await desk.sent(ALICE) == []
    states = {row.state for row in await desk.store.list_outbox(frozenset(OutboxState), 100)}
    assert states == {OutboxState.QUEUED, OutboxState.DROPPED}


async def test_what_is_on_its_way_to_others_still_arrives(desk):
    """A notice to Bob's team that names her is theirs; once it is out, erasing takes it along."""
    await live(desk)
    await erase(desk)
    waiting = await desk.sent("desk@acme.example")
    for row in await desk.store.list_outbox(frozenset({OutboxState.QUEUED}), 100):
        await desk.store.drop_send(row.id)
    await erase(desk)

    assert sum(ALICE in text_of(mail) for mail in waiting if mail["From"]) == 1
    assert not any(mail["From"] for mail in await desk.sent("desk@acme.example"))


async def test_a_thread_whose_notice_names_somebody_erased_goes_on(tmp_path):
    """What is said below it later still finds it, though its words are gone from the desk."""
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=CHAT_RULES) as bench:
        chat = Chat(bench)
        await chat.say("UBOB00001", "HELP", f"{VPN}, says {ALICE}")
        await erase(bench)
        await chat.say("UBOB00001", "HELP", "And now?", thread=1)

        notice, update = [post for post in chat.platform.posts if post.where == "NETWORK"]
        assert "And now?" in update.text
        assert update.under == external_id("NETWORK", notice.id)


async def test_a_person_on_chat_is_erased_by_kind_and_id(tmp_path, left_of):
    """Their tickets, and what they said that made none."""
    config = CONFIG + ROOMS
    async with open_bench(tmp_path / "desk", config=config, rules=CHAT_RULES) as bench:
        chat = Chat(bench)
        await chat.say("UALICE77", "D1", f"The lift smells of {SECRET}")
        await chat.say("UALICE77", "HELP", f"{SECRET} is only mentioned", addressed=False)
        await chat.say("UBOB", "D2", "The lift is broken")
        await erase(bench, "UALICE77", "rooms")

        assert left_of(bench, SECRET, "UALICE77") == []
        assert len(await bench.store.list_tickets(TicketFilter())) == 1


async def test_the_name_of_whom_others_mention_goes_with_them(tmp_path, left_of):
    """Names are looked up for the team: in what others wrote they stand beside the id."""
    config = CONFIG + ROOMS
    async with open_bench(tmp_path / "desk", config=config, rules=CHAT_RULES) as bench:
        chat = Chat(bench)
        chat.platform.profiles["UALICE77"] = Profile(name="Alice (the) Ferreira")
        row = await chat.say("UBOB", "HELP", f"{VPN}, ask @UALICE77 why", named=["UALICE77"])
        [asked] = await chat.history(row, EventKind.REQUEST)
        await chat.say("UALICE77", "HELP", "I know nothing", thread=1)
        assert asked.text == f"{VPN}, ask @Alice the Ferreira (UALICE77) why"
        await erase(bench, "UALICE77", "rooms")

        assert left_of(bench, "Ferreira", "UALICE77") == []
        [asked] = await chat.history(row, EventKind.REQUEST)
        assert asked.text == f"{VPN}, ask [erased] why"


async def test_a_file_that_somebody_else_sent_too_stays(desk):
    """It is stored once for all who sent it."""
    await desk.raw(WITH_FILE, mail_from=ALICE)
    of_bob = WITH_FILE.replace(b"Alice@Customer.Example", BOB.encode())
    bobs = await desk.raw(of_bob.replace(b"<1@client", b"<2@client"), mail_from=BOB)
    await erase(desk)

    [file] = (await desk.said(bobs))[0].attachments
    assert await desk.store.file(file.id) == f"{SECRET} in a file".encode()


# --- retention -------------------------------------------------------------------------------


def keep(desk, **spans):
    """Return what is kept: each kind of thing for so many days."""
    now = desk.world.now()
    return Keep(**{f"{what}_since": now - timedelta(days=days) for what, days in spans.items()})


async def test_what_is_open_is_kept_whatever_its_age(desk):
    """Bytes, files and words: all of it is there after years."""
    asked, bobs = await live(desk)
    desk.pass_time(days=2000)
    emptied = await desk.store.retain(keep(desk, raw=1, files=1, tickets=1))

    _, event = await desk.store.inbox_row(asked.id)
    [file] = (await desk.said(asked))[0].attachments
    assert event.body == WITH_FILE
    assert await desk.store.file(file.id) is not None
    assert (await desk.ticket(bobs)).state is TicketState.OPEN
    assert emptied.tickets == emptied.files == 0


async def test_each_kind_of_thing_has_its_own_time(desk):
    """The raw bytes go first, then files, then the words; the audit adds up all along."""
    asked, _ = await live(desk)
    reference = (await desk.ticket(asked)).reference
    await desk.deliver()
    await desk.order("close", ticket=reference, text="It was cleaned.")
    desk.pass_time(days=100)
    [file] = (await desk.said(asked))[0].attachments

    await desk.store.retain(keep(desk, raw=90, files=180, tickets=730))
    _, event = await desk.store.inbox_row(asked.id)
    assert (event.body, bool(await desk.store.file(file.id))) == (b"", True)
    assert SECRET in (await desk.said(asked))[0].text

    desk.pass_time(days=100)
    await desk.store.retain(keep(desk, raw=90, files=180, tickets=730))
    assert await desk.store.file(file.id) is None
    assert SECRET in (await desk.said(asked))[0].text

    desk.pass_time(days=600)
    emptied = await desk.store.retain(keep(desk, raw=90, files=180, tickets=730))
    assert emptied.tickets == 1
    assert await desk.ticket(asked) is None
    assert (await desk.store.audit())["problems"] == 0
    assert (await desk.store.retain(keep(desk, raw=90, files=180, tickets=730))).tickets == 0


async def test_a_file_that_is_sent_again_outlives_its_first_ticket(desk):
    """Stored once, it is kept for the younger one."""
    asked, _ = await live(desk)
    reference = (await desk.ticket(asked)).reference
    await desk.order("close", ticket=reference, text="It was cleaned.")
    desk.pass_time(days=300)
    again = WITH_FILE.replace(b"<1@client", b"<2@client").replace(b"Alice@", b"Carol@")
    second = await desk.raw(again, mail_from="carol@customer.example")
    await desk.store.retain(keep(desk, files=180, tickets=180))

    [file] = (await desk.said(second))[0].attachments
    assert await desk.ticket(asked) is None
    assert await desk.store.file(file.id) == f"{SECRET} in a file".encode()
