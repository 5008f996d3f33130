"""What an agent writes below or between quoted lines of a notice is sent, or kept and explained.

Never is it cut away with them; and never does a mail program's way to break lines send them along.
"""

import pytest

from channels.email.channel import EmailChannel
from gateway.journey.agents import quoted_notice
from gateway.model.ticket import EventKind
from tests.abuse.test_inside_mail import ANSWER, TEAM, hand_on, without_line, write
from tests.fakes.mail_clients import marked, quoted
from tests.journeys.bench import text_of


@pytest.fixture
async def handed_on(desk):
    """Return the notice of a ticket that was noted on, and given to another team."""
    return await hand_on(desk)


def lines_of(notice):
    """Return what a mail program quotes of a notice, each line marked."""
    return marked(quoted(notice).text).split("\n")


async def test_answers_between_marked_lines_are_read(desk, handed_on):
    """Who answers line by line, and whose mail program marks the lines, is read as ever."""
    lines = lines_of(handed_on)
    between = "\n".join([*lines[:12], "", "At half past two.", "", *lines[12:], "", "Best, Gus"])

    read, _ = await write(desk, handed_on, f"On 26 Nov 2026 Acme Support wrote:\n{between}")

    assert "At half past two.\n\nBest, Gus" in read
    assert "arrears" not in read


async def test_answers_between_lines_that_nothing_marks_are_kept_and_explained(desk, handed_on):
    """Outlook marks nothing: the answer above would say "see below", and there would be nothing."""
    lines = quoted(handed_on).text.split("\n")
    between = "\n".join([*lines[:12], "Yes, at half past two.", *lines[12:]])

    read, row = await write(desk, handed_on, f"Dear Alice, see below.\n\n{between}")

    assert read == ""
    assert "write above that line" in row.reason
    await is_kept(desk, row, "Dear Alice, see below.\nYes, at half past two.")
    assert "write above that line" in text_of((await desk.sent(TEAM))[-1])


async def test_answers_between_lines_of_a_notice_that_nothing_names_are_kept(desk, handed_on):
    """The line is gone, and the mail says of no other one that it answers it."""
    lines = without_line(handed_on).text.split("\n")
    between = "\n".join([*lines[:12], "Yes, at half past two.", *lines[12:]])
    history = f"On 26 Nov 2026 Acme Support wrote:\n\n{between}"

    text = f"Dear Alice, see below.\n\n{history}"
    read, row = await write(desk, handed_on, text, headers=False)

    assert read == ""
    await is_kept(desk, row, "Dear Alice, see below.\nYes, at half past two.")


async def test_an_answer_above_a_notice_that_nothing_names_is_sent(desk, handed_on):
    """All that stands below it is the notice's."""
    history = f"On 26 Nov 2026 Acme Support wrote:\n\n{without_line(handed_on).text}"

    read, _ = await write(desk, handed_on, f"At half past two.\n\n{history}", headers=False)

    assert "At half past two." in read
    assert "arrears" not in read


async def test_defence_off_an_answer_between_unmarked_lines_is_lost(desk, handed_on, monkeypatch):
    """Twin: where nobody knows what the notice said, only what stands above is seen."""
    monkeypatch.delattr(EmailChannel, "reread")
    lines = quoted(handed_on).text.split("\n")
    between = "\n".join([*lines[:12], "Yes, at half past two.", *lines[12:]])

    read, _ = await write(desk, handed_on, f"Dear Alice, see below.\n\n{between}")

    assert "half past two" not in read


async def is_kept(desk, row, text):
    """See that the last note of a ticket is all that an agent wrote."""
    notes = [e for e in await desk.said(row) if e.kind is EventKind.NOTE]
    assert notes[-1].text == text


async def test_an_answer_below_unmarked_lines_is_kept_and_explained(desk, handed_on):
    """Nothing stands above: nobody can tell an answer there from what the notice said."""
    read, row = await write(desk, handed_on, f"{quoted(handed_on).text}\n\nAt half past two.")

    assert read == ""
    assert row.reason == f"kept as a note: {quoted_notice.AMONG}"
    await is_kept(desk, row, "At half past two.")


async def test_a_mail_that_only_quotes_is_explained(desk, handed_on):
    """Sent by mistake: nothing goes out."""
    read, row = await write(desk, handed_on, quoted(handed_on).text)

    assert read == ""
    assert row.reason == f"kept as a note: {quoted_notice.NOTHING}"


async def test_lines_that_a_mail_program_broke_are_not_read(desk, handed_on):
    """It marks the first part of each line and forgets the rest, which then looks new."""
    broken = []
    for line in lines_of(handed_on):
        words = line.split(" ")
        broken += [" ".join(words[:4]), *([" ".join(words[4:])] if words[4:] else [])]
    quote = "On 26 Nov 2026 Acme Support wrote:\n" + "\n".join(broken)

    read, _ = await write(desk, handed_on, f"{ANSWER}\n\n{quote}")

    assert ANSWER in read
    for secret in ("again", "always", "late"):
        assert secret not in read


@pytest.mark.parametrize(
    "end",
    [
        "Best regards, Gus",
        "Acme Ltd, Lisbon, www.acme.example",
        "Tel. +351 21 123 45 67",
        "This message is confidential. " * 12,
    ],
)
async def test_a_signature_below_the_quote_is_no_answer(desk, handed_on, end):
    """What a mail program or a server puts below everything keeps no answer from going out."""
    read, _ = await write(desk, handed_on, f"{ANSWER}\n\n{quoted(handed_on).text}\n\n{end}")

    assert ANSWER in read
    assert end[:10] not in read


async def test_what_may_be_a_signature_is_told_once(desk, handed_on):
    """Nobody can tell it from an answer but whoever wrote it, by sending it again."""
    mail = f"{ANSWER}\n\n{quoted(handed_on).text}\n\nThe key is with the caretaker."

    first, row = await write(desk, handed_on, mail)
    second, _ = await write(desk, handed_on, f"Once more. {mail}")

    assert first == ""
    assert row.reason == f"kept as a note: {quoted_notice.BEHIND}"
    assert f"Once more. {ANSWER}" in second
    assert "caretaker" not in second


async def test_a_note_keeps_what_stands_between_too(desk, handed_on):
    """What stays inside need not be told apart from what it quotes, only from the notice."""
    lines = quoted(handed_on).text.split("\n")
    between = "\n".join([*lines[:12], "He pays on Friday.", *lines[12:]])

    _, row = await write(desk, handed_on, f"!note See below.\n\n{between}")

    assert row.reason == "noted"
    await is_kept(desk, row, "See below.\nHe pays on Friday.")
