"""What an agent answers by mail reaches the requester, and nothing that its mail program quotes.

Real notices, with a colleague's note in them, are answered as mail programs do it. Either the
requester reads the answer and nothing else of the desk's, or the agent is told why not.
"""

from dataclasses import replace
from email.message import EmailMessage

import pytest

from gateway.journey.agents import inside
from gateway.model import cut_line
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
