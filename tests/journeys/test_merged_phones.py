"""Two people on Telegram whose tickets were merged: each phone shows what is theirs."""

import pytest

from gateway.model.ticket import TicketState
from tests.fakes.telegram_people import command, pressed, private, user
from tests.journeys.test_telegram import EVE, LIFT, RITA, phones

HERS, HIS = "ritaword", "evaword"
EVES = {"chat": private(EVE), "sender": user(EVE, "Evaword")}


@pytest.fixture
async def people(tmp_path):
    """Return people with phones."""
    async with phones(tmp_path / "desk") as some:
        yield some


async def merged(people):
    """Have Rita and Eve ask, each in private, and Eve's ticket merged into Rita's; return both."""
    rows = (
        await people.writes(f"{LIFT}, {HERS}"),
        await people.writes(f"Moja winda nie działa, {HIS}, i nikt nie odbiera telefonu", **EVES),
    )
    into, gone = [await people.desk.ticket(row) for row in rows]
    await people.desk.order("merge", ticket=gone.reference, arguments={"into": into.reference})
    return into, gone


async def order(people, name, ticket, text="", **arguments):
    """Have an agent say a word by the command line, and all of it go out."""
    await people.desk.order(name, ticket=ticket.reference, text=text, arguments=arguments)
    await people.out()


async def press(people, label):
    """Have Eve press the newest button of a name."""
    found = [
        (shown, button["callback_data"])
        for shown in people.seen_by(EVE)
        for row in shown.keyboard
        for button in row
        if button["text"] == label
    ]
    shown, data = found[-1]
    above = {"message_id": shown.id, "date": 1, "chat": private(EVE)}
    return await people.happens("callback_query", pressed(data, above, by=user(EVE)))


async def test_each_phone_shows_its_own_number_language_and_words(people):
    """Answers, buttons, status, a wish, what is split off, the end: and nothing of the other."""
    into, gone = await merged(people)
    await order(people, "answer", into, faq="opening-hours")
    await press(people, "To pomogło")
    answered = await people.desk.store.ticket(into.number)
    await people.writes("status", **EVES)
    await people.writes(f"I moje krzesło skrzypi, {HIS}", **EVES)
    await order(people, "split", into)
    await people.happens("message", command("/language pt"))
    await order(people, "close", into, "New cable.")

    ritas, eves = (
        " ".join(shown.text for shown in people.seen_by(chat)).lower() for chat in (RITA, EVE)
    )
    assert answered.state is TicketState.ANSWERED
    assert ("fechámos" in ritas, "zamknęliśmy" in eves) == (True, True)
    assert (HIS in ritas, gone.reference.lower() in ritas) == (False, False)
    assert (HERS in eves, into.reference.lower() in eves) == (False, False)


async def test_a_number_of_three_digits_is_erased_from_what_goes_on(people):
    """It may be any number elsewhere; here it is Rita's, and Eve is answered as before."""
    into, gone = await merged(people)
    await people.desk.order("erase", arguments={"kind": "telegram", "id": str(RITA)})
    await order(people, "reply", into, "It is up again.")
    row = await people.writes("Any news?")

    history = await people.desk.store.events(into.number)
    assert "It is up again." in people.seen_by(EVE)[-1].text
    assert not any("It is up again." in shown.text for shown in people.seen_by(RITA))
    assert not any(HERS in event.text for event in history)
    assert row.ticket not in (into.number, gone.number)
