"""Two tickets in one conversation, on Slack and Telegram as they are."""

from gateway.model.ticket import EventKind
from tests.fakes.telegram_people import message
from tests.journeys.test_slack import ANA, BEN, HELP, LIFT, open_office
from tests.journeys.test_telegram import RITA, phones

LAMP = "And my lamp flickers"


async def split_thread(office):
    """Return the message that a thread begins with, and the two tickets that it is about."""
    event = await office.people.say(ANA, HELP, LIFT)
    await office.answered(event)
    old = await office.ticket()
    await office.people.say(ANA, HELP, LAMP, thread=event["ts"])
    await office.rows()
    await office.desk.order("split", ticket=old.reference)
    fresh = await office.ticket()
    await office.answered(event, 2)
    return event, old, fresh


async def test_in_a_thread_on_slack(tmp_path):
    """What is said next is about the ticket that an agent wrote about last."""
    async with open_office(tmp_path) as office:
        event, old, fresh = await split_thread(office)
        await office.desk.order("reply", ticket=fresh.reference, text="Which lamp?")
        await office.answered(event, 3)
        await office.people.say(ANA, HELP, "The left one", thread=event["ts"])
        to_fresh = (await office.rows())[-1]
        await office.desk.order("reply", ticket=old.reference, text="Which floor?")
        await office.answered(event, 4)
        await office.people.say(ANA, HELP, "The third", thread=event["ts"])
        to_old = (await office.rows())[-1]

        assert (to_fresh.ticket, to_old.ticket) == (fresh.number, old.number)


async def test_what_is_chosen_in_a_thread_on_slack_is_where_it_was_said(tmp_path):
    """A reaction names one message, and no thread."""
    async with open_office(tmp_path) as office:
        event, old, fresh = await split_thread(office)
        await office.desk.order("reply", ticket=fresh.reference, text="Which lamp?")
        await office.answered(event, 3)
        await office.people.react(BEN, event)

        assert (await office.rows())[-1].ticket == old.number


async def test_in_a_chat_on_telegram(tmp_path):
    """So it is there; and a reply goes where the message is that it answers."""
    async with phones(tmp_path / "desk") as people:
        first = await people.writes(LIFT)
        lamp = message(LAMP)
        await people.happens("message", lamp)
        old = await people.desk.ticket(first)
        split = await people.desk.order("split", ticket=old.reference)
        await people.out()
        fresh = await people.desk.ticket(split)
        await people.desk.order("reply", ticket=fresh.reference, text="Which lamp?")
        await people.out()
        asked = people.seen_by(RITA)[-1]
        loose = await people.writes("The left one")
        await people.desk.order("reply", ticket=old.reference, text="Which floor?")
        await people.out()
        above = message(asked.text, message_id=asked.id)
        above["from"] = {"id": 4711, "is_bot": True, "first_name": "Acme Help"}
        answer = await people.writes("It is green", reply_to_message=above)
        own = await people.writes("It hums", reply_to_message=lamp)
        await people.desk.order("reply", ticket=old.reference, text="Hello?")
        await people.out()
        last = await people.writes("The third floor")

        assert fresh.number != old.number
        assert {loose.ticket, answer.ticket, own.ticket} == {fresh.number}
        assert last.ticket == old.number
        said = [e.text for e in await people.desk.said(split) if e.kind is EventKind.FOLLOWUP]
        assert said == ["The left one", "It is green", "It hums"]
