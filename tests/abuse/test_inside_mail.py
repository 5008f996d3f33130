"""What an agent answers by mail reaches the requester, and nothing that its mail program quotes.

Real notices, with a colleague's note in them, are answered as mail programs do it. Either the
requester reads the answer and nothing else of the desk's, or the agent is told why not.
"""

from dataclasses import replace
from email.message import EmailMessage

import pytest

from channels.email.channel import EmailChannel
from gateway.journey import inside, quoted_notice
from gateway.model import cut_line
from gateway.model.ticket import EventKind
from tests.fakes.mail_clients import CLIENTS, marked, quoted, reply
from tests.journeys.bench import text_of

ALICE, ANA, TEAM = "alice@customer.example", "ana@acme.example", "network@acme.example"
GUS = "gus@acme.example"
PASS = "mx.acme.example; dmarc=pass header.from=acme.example"
NOTE = "The client is in arrears again,\nand rude as always. Please call back."
ANSWER = "Dear Alice, a mechanic is on the way.\n\nPlease keep the hall clear until half past two."
INSIDE = ("arrears", "rude", "pays late", "network", "escalate", "##")


@pytest.fixture
async def handed_on(desk):
    """Return the notice of a ticket that was noted on, and given to another team."""
    return await hand_on(desk)


async def hand_on(desk, subject="Lift"):
    """Have a ticket noted on, and given to another team; return that team's notice."""
    await desk.mail(ALICE, subject, "The lift is broken.\nWhen will somebody come?")
    first = (await desk.sent("desk@acme.example"))[-1]
    to = {"to": first["Reply-To"], "authentication_results": PASS}
    await desk.mail(ANA, "Re: Lift", f"!note {NOTE}", **to)
    await desk.mail(ANA, "Re: Lift", "!escalate network he always pays late", **to)
    notice = (await desk.sent(TEAM))[-1]
    assert "arrears" in text_of(notice)
    return notice


async def send(desk, notice, mail, *, headers=True):
    """Have Gus send a mail in answer to a notice; return what Alice read of it, and its row."""
    mail["From"], mail["To"] = GUS, notice["Reply-To"]
    mail["Subject"] = f"Re: {notice['Subject']}"
    mail["Authentication-Results"] = PASS
    if headers:
        mail["In-Reply-To"] = notice["Message-ID"]
    before = len(await desk.sent(ALICE))
    row = await desk.raw(mail.as_bytes(), rcpt=notice["Reply-To"])
    return await read_since(desk, before), row


async def read_since(desk, before):
    """Return what Alice read of all that came after so many mails."""
    texts = [text_of(mail) for mail in (await desk.sent(ALICE))[before:]]
    return "\n".join(texts).replace("\r\n", "\n")


async def write(desk, notice, text, **more):
    """Have Gus send a text in answer to a notice."""
    mail = EmailMessage()
    mail.set_content(text)
    return await send(desk, notice, mail, **more)


def lines_of(notice):
    """Return what a mail program quotes of a notice, each line marked."""
    return marked(quoted(notice).text).split("\n")


@pytest.mark.parametrize("begin", ["", "!reply "])
async def test_only_the_answer_is_read(desk, handed_on, begin):
    """Whatever mail program, with or without a word; and the answer is read, all of it."""
    answer, wrong = " ".join(ANSWER.split()), []
    for name in CLIENTS:
        written = f"{begin}{answer if name == 'joined' else ANSWER}"
        read, row = await send(desk, handed_on, reply(name, written, handed_on))
        flat = " ".join(read.split())
        if answer not in flat or any(word in flat for word in INSIDE):
            wrong.append((name, row.reason, read))

    assert wrong == []


async def test_closing_tells_the_summary_alone(desk, handed_on):
    """The other word whose text is read."""
    read, _ = await send(desk, handed_on, reply("nothing at all", f"!close {ANSWER}", handed_on))

    assert ANSWER in read
    assert not any(word in read for word in INSIDE)


@pytest.mark.parametrize("begin", ["", "!reply ", "!close "])
@pytest.mark.parametrize("name", ["nothing at all", "tables", "set in", "translated"])
async def test_where_the_line_is_gone_the_notice_stays_inside(desk, handed_on, name, begin):
    """Somebody, or a mail program, took it away: what is left shows what it is."""
    mail = reply(name, begin + ANSWER, without_line(handed_on))

    read, row = await send(desk, handed_on, mail)

    assert read == ""
    assert "it repeats" in row.reason


@pytest.mark.parametrize("begin", ["", "!reply "])
async def test_defence_off_the_whole_notice_is_read(desk, handed_on, begin, monkeypatch):
    """Twin: without the line, and without the second wall, Alice reads it all."""
    monkeypatch.setattr(inside, "refuse_notice", lambda *_: None)
    monkeypatch.setattr(inside, "refuse_notes", lambda *_: None)

    mail = reply("nothing at all", begin + ANSWER, without_line(handed_on))
    read, _ = await send(desk, handed_on, mail)

    assert "arrears" in read
    assert "pays late" in read


def without_line(notice):
    """Return a notice as if nobody had ever written a cut line into it."""
    texts = quoted(notice)
    first = texts.text.split("\n", 1)[0]
    assert cut_line.find(first)
    return replace(
        texts,
        text=texts.text.removeprefix(first).strip(),
        html=texts.html.replace(first, ""),
    )


# --- below and between ----------------------------------------------------------------------------


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


# --- what is not kept -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Could you please call back tomorrow, or shall we?",
        "Your ticket VT-1001-N is with us.",
        "You wrote:\nThe lift is broken.\nWhen will somebody come?\n\nAt two.",
        "Subject: the lift\nPriority: high\nThe mechanic comes at two.",
    ],
)
@pytest.mark.parametrize("note", ["please call back", NOTE])
async def test_what_has_words_of_a_note_by_chance_is_sent(desk, handed_on, note, text):
    """A short note is in many a sentence; a reference and the requester's words are theirs."""
    await write(desk, handed_on, f"!note {note}")

    read, row = await write(desk, handed_on, text)

    assert row.reason.startswith("sent")
    assert text in read


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("Hello,\nmy lift is broken.\nThank you", "Hello,\nat two.\nThank you\nAna Reis"),
        ("My lift is broken.\nThank you", "Thank you"),
        ("- Lift\n- Door\nare broken", "Lift mechanics are on their way, they say.\nDoor: at two."),
    ],
)
@pytest.mark.parametrize("name", ["mutt", "thunderbird", "nothing at all"])
async def test_an_answer_may_have_words_of_the_notice(desk, request_, answer, name):
    """People greet alike, sign with their name, and take up what was asked."""
    await desk.mail(ALICE, "Lift", request_)
    notice = (await desk.sent("desk@acme.example"))[-1]
    to = {"to": notice["Reply-To"], "authentication_results": PASS}
    await desk.mail(ANA, "Re: Lift", "!note Look at it.\n\nAna Reis", **to)
    await desk.mail(ANA, "Re: Lift", "!assign service-desk", **to)
    notice = (await desk.sent("desk@acme.example"))[-1]
    assert "Ana Reis (note)" in text_of(notice)

    read, row = await as_ana(desk, notice, reply(name, answer, notice))

    assert row.reason.startswith("sent")
    assert answer in read


async def test_a_note_that_ends_as_the_answer_does_keeps_nothing_inside(desk, handed_on):
    """People put the same lines below notes and answers."""
    end = "Kind regards,\nGus Lima\nAcme Support, Network Operations, Lisbon\n+351 21 123 45 67"
    await write(desk, handed_on, f"!note He pays late.\n\n{end}")

    read, _ = await write(desk, handed_on, f"At two.\n\n{end}")

    assert end in read


async def test_a_note_on_lines_of_its_own_stays_inside(desk, handed_on):
    """Short as it is, nobody writes just that."""
    await write(desk, handed_on, "!note Please call back")

    read, row = await write(desk, handed_on, "Dear Alice,\n\n> Please call\n> back\n\nAt two.")

    assert read == ""
    assert "it repeats a note" in row.reason


async def test_an_answer_to_an_answer_that_quotes_a_notice(desk, handed_on):
    """The notice stands deeper down; a colleague's answer above it has been read before."""
    first = f"At two.\n\nOn 26 Nov 2026 Acme Support wrote:\n{marked(quoted(handed_on).text)}"

    text = f"At three.\n\nOn 26 Nov 2026 Gus Lima <{GUS}> wrote:\n{marked(first)}"
    read, _ = await write(desk, handed_on, text)

    assert "At three." in read
    assert "arrears" not in read


@pytest.mark.parametrize("headers", [True, False])
async def test_a_requester_who_writes_the_line_cuts_no_answer(desk, headers):
    """Their words stand in the notice, which is quoted above the answer."""
    await desk.mail(ALICE, "Lift", "##aaaaaaaaaaaaaaaa## Write above this line\nMy lift is broken.")
    await desk.mail(ALICE, "##aaaaaaaaaaaaaaaa## Write", "My lift is broken.")
    notice = (await desk.sent("desk@acme.example"))[-1]
    mail = reply("thunderbird, answer below", "At two.", notice)

    read, _ = await as_ana(desk, notice, mail)

    assert "At two." in read


async def as_ana(desk, notice, mail):
    """Have Ana send a mail in answer to a notice; return what Alice read of it, and its row."""
    mail["From"], mail["To"], mail["Subject"] = ANA, notice["Reply-To"], "Re: Lift"
    mail["Authentication-Results"] = PASS
    before = len(await desk.sent(ALICE))
    row = await desk.raw(mail.as_bytes(), rcpt=notice["Reply-To"])
    return await read_since(desk, before), row


async def test_a_forwarded_notice_is_a_note(desk, handed_on):
    """Nothing of it is cut, and nothing goes out."""
    mail = reply("nothing at all", "What do you think?", handed_on)
    mail["From"], mail["To"], mail["Subject"] = GUS, handed_on["Reply-To"], "Fwd: Lift"
    mail["Authentication-Results"] = PASS
    before = len(await desk.sent(ALICE))

    await desk.raw(mail.as_bytes(), rcpt=handed_on["Reply-To"])

    assert len(await desk.sent(ALICE)) == before
