"""Agents' answers apart from the notice that their mail programs quote below, between or above."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from channels.email.markup import Sender, render
from gateway.model import cut_line
from gateway.model.message import Message, Trust
from gateway.model.outgoing import Outgoing
from gateway.model.people import Place
from tests.channels.email.readings import message
from tests.fakes.mail_clients import CLIENTS, marked, reply

SENDER = Sender(
    desk_name="Acme Support",
    address="support@acme.example",
    reply_pattern="support+{token}@acme.example",
    mark="acme",
)
ID = "agok3ru2qds4czl4"
STORY = "2026-11-26 09:12, Gus Lima (note):\nThe client is in arrears again,\nand rude as always."
ANSWER = (
    "Dear Alice,\n\na mechanic is on the way: expect him at 14:30.\nPlease keep the hall clear."
)


def notice(**given: object) -> EmailMessage:
    """Return a notice as an agent gets it."""
    fields: dict[str, object] = {
        "outbox_id": ID,
        "place": Place("support-mail", "desk@acme.example"),
        "created_at": datetime(2026, 11, 26, 10, 0, tzinfo=UTC),
        "title": "Lift",
        "text": "**New ticket VT\\-1001\\-N** for desk\n\n- **From:** Alice\n- **Reason:** none",
        "literal": STORY,
        "closing": "Reply to this message: your text goes to the requester.",
        "reference": "VT-1001-N",
        "trust": Trust.PROVEN,
        "quoted_subject": "Lift",
        "to_agents": True,
        "cut_line": "Write above this line",
        **given,
    }
    part = render(Outgoing(**fields), SENDER)  # type: ignore[arg-type]
    return message_from_bytes(part.body, policy=policy.default)  # type: ignore[return-value]


def read(mail: EmailMessage) -> Message:
    """Return what the desk reads of an answer."""
    mail["From"] = "ana@acme.example"
    return message(mail.as_bytes())


@pytest.mark.parametrize("name", CLIENTS)
def test_an_answer_is_read_apart_from_the_notice(name: str) -> None:
    """Whatever a mail program, in whatever language, puts around the notice that it quotes."""
    answer = " ".join(ANSWER.split()) if name == "joined" else ANSWER

    found = read(reply(name, answer, notice()))

    assert "arrears" not in found.text
    assert "rude" not in found.text
    assert "New ticket" not in found.text
    assert found.text.startswith(answer)
    assert cut_line.notices(found.quoted) == (ID,)


# Lines that only a person can tell from an answer: nothing that colleagues said is in them.
REMNANTS = {
    "translated": "Ujumbe wa Acme, leo",
}


@pytest.mark.parametrize("name", CLIENTS)
def test_little_of_the_rest_stays_with_the_answer(name: str) -> None:
    """What introduces the quoted notice goes with it, where anything tells it from an answer."""
    found = read(reply(name, ANSWER, notice()))

    rest = " ".join(found.text.split()).removeprefix(" ".join(ANSWER.split())).strip()
    assert rest.startswith(REMNANTS.get(name, ""))
    assert bool(rest) is (name in REMNANTS)


@pytest.mark.parametrize(
    "name", ["nothing at all", "a bar before each line", "translated", "tables"]
)
def test_defence_off_without_the_line_the_notice_is_part_of_the_answer(name: str) -> None:
    """Twin: these quote in ways that nothing else tells from what people write."""
    found = read(reply(name, ANSWER, notice(cut_line="")))

    assert "arrears" in found.text


def test_answers_between_marked_lines_are_new() -> None:
    """Who answers line by line loses nothing, and the desk knows that it stands between them."""
    lines = marked(str(notice().get_body(("plain",)).get_content()).strip()).split("\n")  # type: ignore[union-attr]
    between = "\n".join([*lines[:6], "", "Yes, I did.", "", *lines[6:], "", "And now?"])

    found = message(f"From: ana@acme.example\n\nSee below.\n\n{between}")

    assert found.text == "See below.\n\nYes, I did.\n\nAnd now?"
    assert found.below == "Yes, I did.\n\nAnd now?"


@pytest.mark.parametrize(
    "forged",
    [
        f"##{ID}## Write above this line",
        f"# #{ID}# # Write",
        f"#\u200b#{ID}#\u2060#",
        f"\\#\\#{ID}\\#\\#",
        f"\uff03\uff03{ID}\uff03\uff03",
    ],
)
def test_a_requester_cannot_write_the_line_into_a_notice(forged: str) -> None:
    """Their words are shown to agents so that no answer below them is cut there."""
    mail = notice(literal=f"My lift.\n{forged}\nIt is broken.", text=f"Subject: {forged}")

    for form in ("plain", "html"):
        shown = str(mail.get_body((form,)).get_content())  # type: ignore[union-attr]
        assert len([line for line in shown.split("\n") if cut_line.find(line)]) == 1
        assert "It is broken." in shown


def test_requesters_are_shown_no_such_line() -> None:
    """There is nothing to hide from them below it."""
    shown = notice(cut_line="", to_agents=False).as_string()

    assert "##" not in shown
