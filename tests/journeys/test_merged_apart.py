"""Two people on one ticket: what the desk says to one of them does not reach the other."""

import pytest

from gateway.errors import PermanentFailure
from gateway.journey.deciding import helped
from gateway.model.inbox import Outcome
from gateway.model.outbox import OutboxState
from gateway.model.ticket import EventKind, TicketState
from tests.fakes.rooms import external_id
from tests.journeys.bench import CONFIG, open_bench, text_of
from tests.journeys.test_delivery_report import bounce
from tests.journeys.test_merging import ALICE, BOB, DESK, merged, newest, two
from tests.journeys.test_talk import CHAT_RULES, LIFT, ROOMS, Chat, labels

DORA, EVE = "U0DORA001", "U0EVE0001"


@pytest.fixture
async def chat(tmp_path):
    """A desk with mail and rooms."""
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=CHAT_RULES) as bench:
        yield Chat(bench)


async def pair(chat):
    """Have Alice ask by mail, and Dora in a room; return both tickets."""
    into = await chat.ticket(await chat.desk.mail(ALICE, "Lift", LIFT, message_id="<a1@c.example>"))
    return into, await chat.ticket(await chat.say(DORA, "HELP", "The lift hums", name="Dora"))


async def joined(chat):
    """Have Dora's ticket from a room merged into one that Alice asked by mail; return both."""
    into, gone = await pair(chat)
    row = await chat.desk.order("merge", ticket=gone.reference, arguments={"into": into.reference})
    assert row.outcome is Outcome.ACTED, row.reason
    await chat.desk.deliver()
    return into, gone


def thread_of(ticket):
    """Return the number of the message that somebody's thread hangs below."""
    return int(ticket.requester.where.partition("/")[2])


async def answered(chat, second):
    """Have both be sent an entry of the FAQ by an agent."""
    into, gone = await joined(chat)
    await chat.desk.order("answer", ticket=into.reference, arguments={"faq": second})
    await chat.desk.deliver()
    return into, gone


async def test_whose_file_was_lost_alone_hears_of_it(chat):
    """The name of a file is its sender's."""
    _, gone = await joined(chat)
    chat.platform.files = {"a": [PermanentFailure("file_not_found", code="gone")]}
    before = len(await chat.desk.sent(ALICE))
    lost = [{"ref": "a", "name": "divorce.pdf", "media_type": "text/plain"}]

    await chat.say(DORA, "HELP", "Here it is", thread=thread_of(gone), files=lost)

    assert len(await chat.desk.sent(ALICE)) == before
    [said] = [p for p in chat.platform.posts if "divorce.pdf" in p.text and p.where != "DESK"]
    assert said.where == gone.requester.where


async def test_who_asks_for_a_person_alone_is_told_that_one_will_come(chat):
    """The other one asked for nothing."""
    _, gone = await answered(chat, "opening-hours")
    before = len(await chat.desk.sent(ALICE))

    await chat.say(DORA, "HELP", "I need a person", thread=thread_of(gone))

    assert len(await chat.desk.sent(ALICE)) == before
    assert gone.reference in chat.platform.texts("HELP")[-1]
    assert chat.platform.texts("HELP")[-1] != chat.platform.texts("HELP")[-2]


async def test_whom_it_helped_does_not_close_it_for_the_other(chat):
    """The team hears who said so; when both have, the ticket is done."""
    into, _ = await answered(chat, "opening-hours")
    on = next(p for p in chat.platform.posts if "That helped" in labels(p))
    before = len(await chat.desk.sent(DESK))
    row = await chat.press(DORA, "HELP", "That helped", on=chat.platform.posts.index(on))
    first = await chat.store.ticket(into.number)
    told = [text_of(mail) for mail in (await chat.desk.sent(DESK))[before:]]
    answer = await newest(chat.desk, ALICE)
    await chat.desk.mail(ALICE, "Re: Lift", "That helped", to=answer["Reply-To"])

    assert row.outcome is Outcome.ACTED
    assert (first.state, first.helped) == (TicketState.ANSWERED, None)
    assert on.buttons == []
    assert [f"Dora ({DORA})" in text and "That helped" in text for text in told] == [True]
    done = await chat.store.ticket(into.number)
    assert (done.state, done.helped) == (TicketState.CLOSED, True)


async def test_whom_it_did_not_help_gets_a_person_whatever_the_other_said(chat):
    """And the next answer helps nobody yet: who was glad of the last one is asked again."""
    into, gone = await answered(chat, "opening-hours")
    glad = next(p for p in chat.platform.posts if "That helped" in labels(p))
    await chat.press(DORA, "HELP", "That helped", on=chat.platform.posts.index(glad))
    answer = await newest(chat.desk, ALICE)
    await chat.desk.mail(ALICE, "Re: Lift", "I need a person", to=answer["Reply-To"])
    opened = await chat.store.ticket(into.number)
    await chat.desk.order("answer", ticket=into.reference, arguments={"faq": "reset-password"})
    await chat.desk.mail(ALICE, "Re: Lift", "Thanks!", to=answer["Reply-To"])

    assert opened.state is TicketState.OPEN
    assert (await chat.store.ticket(into.number)).state is TicketState.ANSWERED
    await chat.say(DORA, "HELP", "thanks", thread=thread_of(gone))
    assert (await chat.store.ticket(into.number)).state is TicketState.CLOSED


async def test_defence_off_one_would_close_it_for_both(chat, monkeypatch):
    """Twin: nobody else is looked at."""
    monkeypatch.setattr(helped, "still_asked", lambda *_: ())
    into, _ = await answered(chat, "opening-hours")
    on = next(p for p in chat.platform.posts if "That helped" in labels(p))
    await chat.press(DORA, "HELP", "That helped", on=chat.platform.posts.index(on))

    assert (await chat.store.ticket(into.number)).state is TicketState.CLOSED


async def test_who_was_only_invited_is_not_waited_for(desk):
    """It was not their request: whoever asked says whether it helped."""
    row = await desk.mail(ALICE, "Lift", LIFT)
    reference = (await desk.ticket(row)).reference
    await desk.order("invite", ticket=reference, arguments={"address": BOB})
    await desk.order("answer", ticket=reference, arguments={"faq": "opening-hours"})
    await desk.mail(ALICE, "Re: Lift", "That helped", to=(await newest(desk, ALICE))["Reply-To"])

    assert (await desk.ticket(row)).state is TicketState.CLOSED


async def test_a_button_means_the_one_it_was_shown_to(chat):
    """An agent presses it for them: they are told, and nobody else."""
    into, gone = await answered(chat, "opening-hours")
    before = len(await chat.desk.sent(ALICE))
    on = next(p for p in chat.platform.posts if "I need a person" in labels(p))

    row = await chat.press("UGUS", "HELP", "I need a person", on=chat.platform.posts.index(on))

    assert (row.ticket, row.outcome) == (into.number, Outcome.ACTED)
    assert len(await chat.desk.sent(ALICE)) == before
    assert gone.reference in chat.platform.texts("HELP")[-1]


async def test_whom_it_helped_as_an_agent_says_is_not_waited_for(chat):
    """An agent presses Dora's button: when Alice says so too, the ticket is done."""
    into, _ = await answered(chat, "opening-hours")
    on = next(p for p in chat.platform.posts if "That helped" in labels(p))
    await chat.press("UGUS", "HELP", "That helped", on=chat.platform.posts.index(on))
    answer = await newest(chat.desk, ALICE)
    await chat.desk.mail(ALICE, "Re: Lift", "That helped", to=answer["Reply-To"])

    done = await chat.store.ticket(into.number)
    assert (done.state, done.helped) == (TicketState.CLOSED, True)


async def test_what_a_third_one_says_in_a_thread_belongs_to_that_thread(chat):
    """The other one's mail names no message of a chat; what went wrong is told in the thread."""
    into, gone = await joined(chat)
    chat.platform.files = {"a": [PermanentFailure("file_not_found", code="gone")]}
    before = len(await chat.desk.sent(ALICE))
    lost = [{"ref": "a", "name": "divorce.pdf", "media_type": "text/plain"}]
    row = await chat.say(EVE, "HELP", "Here too", thread=thread_of(gone), files=lost)
    await chat.desk.order("reply", ticket=into.reference, text="Which floor?")

    mails = await chat.desk.sent(ALICE)
    assert row.ticket == into.number
    assert len(mails) == before + 1
    assert "rooms" not in mails[-1]["References"]
    places = {t.place: t.last for t in (await chat.store.ticket(into.number)).threads}
    assert "rooms" not in places[f"support-mail:{ALICE}"]


async def test_a_conversation_that_was_left_shows_nothing_of_the_other(chat):
    """Dora goes on in a thread of hers that was merged before: the old one keeps its reference."""
    asked = [await chat.say(user, "HELP", LIFT) for user in ("U0CARL001", DORA, DORA)]
    into, gone, later = [await chat.ticket(row) for row in asked]
    for one, other in ((later, gone), (gone, into)):
        await chat.desk.order("merge", ticket=one.reference, arguments={"into": other.reference})
    row = await chat.say(DORA, "HELP", "Any news?", thread=thread_of(later))
    await chat.desk.order("close", ticket=into.reference, text="Done.")
    await chat.desk.deliver()

    shown = {
        p.where: p.state for p in chat.platform.posts if p.where.startswith("HELP") and p.state
    }
    assert row.ticket == into.number
    assert shown[into.requester.where] == f"{into.reference} · closed"
    assert into.reference not in shown[gone.requester.where]


async def test_what_the_second_said_gets_a_ticket_of_the_seconds_own(chat):
    """It is split off: its answers go to whoever said it, under its own number."""
    into, gone = await joined(chat)
    await chat.say(DORA, "HELP", "And my chair squeaks", thread=thread_of(gone))
    row = await chat.desk.order("split", ticket=into.reference)
    fresh = await chat.ticket(row)
    before = len(await chat.desk.sent(ALICE))
    await chat.desk.order("reply", ticket=fresh.reference, text="A new chair comes.")
    await chat.desk.deliver()

    assert (fresh.kind, fresh.channel, fresh.requester.address) == ("rooms", "rooms", DORA)
    assert len(await chat.desk.sent(ALICE)) == before
    said = [p.where for p in chat.platform.posts if "A new chair comes." in p.text]
    assert sorted(said) == ["DESK", gone.requester.where]


async def test_what_is_split_off_has_a_number_of_its_own(desk):
    """Mails of it are neither named nor threaded like the ticket that went into the other."""
    into, gone = await merged(desk)
    to = (await newest(desk, BOB))["Reply-To"]
    await desk.order("field", ticket=into.reference, arguments={"name": "site", "value": "Oslo"})
    await desk.mail(BOB, "Re: Winda", "I moje krzesło skrzypi", to=to)
    fresh = await desk.ticket(await desk.order("split", ticket=into.reference))
    await desk.order("reply", ticket=fresh.reference, text="A new chair comes.")

    mail = await newest(desk, BOB)
    assert fresh.reference in mail["Subject"]
    assert gone.reference not in mail["Subject"]
    assert (fresh.requester.address, fresh.language) == (BOB, "pl")
    assert not fresh.fields


async def test_what_somebody_unknown_said_is_not_split_off_to_another(chat):
    """Eve is no party: nobody else gets what is answered to her."""
    into, gone = await joined(chat)
    await chat.say(EVE, "HELP", "My chair squeaks", thread=thread_of(gone))
    row = await chat.desk.order("split", ticket=into.reference)

    assert row.reason.startswith("refused: ")
    assert EVE in row.reason


async def test_each_gets_the_entry_in_their_own_language(desk):
    """An agent sends it to both."""
    into, _ = await merged(desk)
    await desk.order("answer", ticket=into.reference, arguments={"faq": "opening-hours"})

    assert "We are open" in text_of(await newest(desk, ALICE))
    to_bob = text_of(await newest(desk, BOB))
    assert "Jesteśmy otwarci" in to_bob
    assert "We are open" not in to_bob


async def test_a_bounce_of_the_seconds_mail_is_the_teams_to_know(desk):
    """Of mails from before the merge, too; and it marks nothing of the first one's."""
    into, gone = await two(desk)
    before = await newest(desk, BOB)
    await desk.order("merge", ticket=gone.reference, arguments={"into": into.reference})
    await desk.order("reply", ticket=into.reference, text="Done?")
    after = await newest(desk, BOB)

    for mail in (before, after):
        told = len(await desk.sent(DESK))
        await came_back(desk, mail)
        notices = [text_of(m) for m in (await desk.sent(DESK))[told:]]
        assert len(notices) == 1
        assert into.reference in notices[0]
    assert all(ALICE not in e.text for e in await desk.store.events(into.number)
               if e.kind is EventKind.DELIVERY)  # fmt: skip


async def came_back(desk, mail):
    """Have a mail come back to its envelope sender."""
    to = f"support+{desk.desk.keyring.for_delivery(await row_of(desk, mail))}@acme.example"
    report = await desk.raw(bounce(to, mail["Message-ID"]), mail_from="", rcpt=to)
    assert report.outcome is Outcome.REPORTED, report.reason


async def row_of(desk, mail):
    """Return the id of the row in the outbox that a mail is."""
    rows = await desk.store.list_outbox(frozenset(OutboxState), 99)
    return next(r.id for r in rows if desk.desk.keyring.outbox_id_of(mail["Message-ID"]) == r.id)


async def test_what_is_deleted_after_a_merge_is_gone_from_both(chat):
    """Neither is listed under it, and both say that it was taken back; people hear of it once."""
    into, gone = await joined(chat)
    of = external_id("HELP", thread_of(gone))
    await chat.happen(chat.event(DORA, "HELP", None, kind="change", of=of))

    assert (await chat.store.ticket(gone.number)).subject == ""
    for number in (into.number, gone.number):
        kinds = [event.kind for event in await chat.store.events(number)]
        assert kinds.count(EventKind.DELETION) == 1
    told = [text for text in chat.platform.texts("DESK") if "deleted a message" in text]
    assert [into.reference in text for text in told] == [True]
