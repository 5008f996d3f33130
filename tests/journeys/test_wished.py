"""The language that somebody wishes to be answered in, and what else tells theirs."""

from __future__ import annotations

import pytest

from gateway.contracts.channel import Profile
from gateway.model.inbox import Outcome
from gateway.model.ticket import EventKind
from tests.fakes.telegram_people import command, user
from tests.journeys.bench import CONFIG, open_bench
from tests.journeys.test_talk import ALICE, CHAT_RULES, LIFT, PASSWORD, ROOMS, VPN, Chat
from tests.journeys.test_telegram import RITA, phones

DIRECT = "D-ALICE"
BY_LANGUAGE = CHAT_RULES.replace(
    "routes:\n",
    """routes:
  - id: polish
    when: {language: pl, words: ["lift"]}
    then: {team: network}
    examples: {match: ["The lift is broken"], no_match: ["The stairs are broken"]}
""",
)


@pytest.fixture
async def chat(tmp_path):
    """A desk with a chat channel, and a rule that asks for Polish."""
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=BY_LANGUAGE) as bench:
        yield Chat(bench)


@pytest.fixture
async def people(tmp_path):
    """Return people with phones."""
    async with phones(tmp_path / "desk") as some:
        yield some


async def test_what_was_wished_outlasts_what_is_written(chat):
    """English words are understood, and answered in Polish, until something else is wished."""
    await chat.say(ALICE, DIRECT, "language pl")
    row = await chat.say(ALICE, DIRECT, PASSWORD)

    assert row.outcome is Outcome.ANSWERED
    assert (await chat.ticket(row)).language == "pl"
    assert "Otwórz Ustawienia" in chat.platform.texts()[-1].replace("*", "")

    await chat.say(ALICE, DIRECT, "new")
    row = await chat.say(ALICE, DIRECT, "Our VPN is down again, and the whole office waits for it")
    assert (await chat.ticket(row)).language == "pl"

    await chat.say(ALICE, DIRECT, "language English")
    await chat.say(ALICE, DIRECT, "new")
    row = await chat.say(ALICE, DIRECT, "Jak zresetować hasło? Zapomniałem hasła")
    assert (await chat.ticket(row)).language == "en"
    assert "Settings > Security" in chat.platform.texts()[-1].replace("*", "")


async def test_rules_see_what_was_wished(chat):
    """It is a fact about the person, whatever they write in."""
    row = await chat.say(ALICE, DIRECT, LIFT)
    assert (await chat.ticket(row)).team == "service-desk"

    await chat.say(ALICE, DIRECT, "language pl")
    await chat.say(ALICE, DIRECT, "new")
    row = await chat.say(ALICE, DIRECT, LIFT)
    assert ((await chat.ticket(row)).team, (await chat.ticket(row)).rule) == ("network", "polish")


async def test_what_is_open_goes_on_in_the_wished_language(chat):
    """It holds for what they asked before, too, and the history says why."""
    row = await chat.say(ALICE, DIRECT, VPN)
    await chat.say(ALICE, DIRECT, "language pl")

    assert (await chat.ticket(row)).language == "pl"
    [changed] = [e for e in await chat.history(row, EventKind.STATE) if "language" in e.text]
    assert changed.text == "language pl: the requester wished it"
    await chat.desk.order("close", ticket=(await chat.ticket(row)).reference, text="Done")
    await chat.desk.deliver()
    assert "Zamknęliśmy" in chat.platform.texts(DIRECT)[-1]


@pytest.mark.parametrize(("language", "expected"), [("pl", "pl"), ("", "en"), ("uk", "en")])
async def test_a_few_letters_are_in_the_language_of_the_app(chat, language, expected):
    """Nothing else tells it, where nobody has written yet; a longer text speaks for itself."""
    chat.platform.profiles[ALICE] = Profile(name="Alice", language=language)
    row = await chat.say(ALICE, DIRECT, "VPN!")
    assert (await chat.ticket(row)).language == expected

    await chat.say(ALICE, DIRECT, "new")
    row = await chat.say(ALICE, DIRECT, "The lift is broken and we need some help with it")
    assert (await chat.ticket(row)).language == "en"
    await chat.say(ALICE, DIRECT, "new")
    row = await chat.say(ALICE, DIRECT, "WLAN!")
    assert (await chat.ticket(row)).language == "en"


async def test_who_only_asks_what_can_be_said_is_told_in_the_language_of_the_app(chat):
    """What the platform tells of a user counts for a wish, too."""
    chat.platform.profiles[ALICE] = Profile(name="Alice", language="pl")
    await chat.say(ALICE, DIRECT, "help")

    assert "Państwa otwarte zgłoszenia" in chat.platform.texts()[-1]


# --- Telegram ------------------------------------------------------------------------------------


async def test_a_command_for_a_person_is_in_the_wished_language(people):
    """Its words are the app's, and nobody wrote them."""
    await people.happens("message", command("/language pt"))
    row = await people.happens("message", command("/person"))

    assert (await people.desk.ticket(row)).language == "pt"


async def test_a_command_for_a_person_is_in_the_language_written_last(people):
    """An English phone does not make somebody write English."""
    await people.writes("A impressora do escritório não funciona e preciso de ajuda com ela")
    row = await people.happens("message", command("/new"), command("/person"))

    assert (await people.desk.ticket(row)).language == "pt"


async def test_a_few_letters_on_telegram_are_in_the_language_of_the_app(people):
    """The phone speaks Polish, and "VPN" says nothing."""
    row = await people.writes("VPN", sender=user(RITA, language_code="pl-PL"))

    assert (await people.desk.ticket(row)).language == "pl"
