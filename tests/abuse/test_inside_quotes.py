"""Whatever is made of a quoted notice, no colleague's word reaches the requester with an answer.

Notices are quoted in made-up ways: marked, set in, wrapped, torn, trimmed, joined, as text or as
HTML, below an answer, above it, around it, with and without the notice's cut line. ``make faults``
makes more of them.
"""

import os
import random  # noqa: TID251 - seeded: the same mails every time
import textwrap
from dataclasses import dataclass
from email.message import EmailMessage
from html import escape

from gateway.journey.agents import inside
from gateway.model import cut_line
from gateway.model.ticket import EventKind
from tests.abuse.test_inside_mail import ANSWER, INSIDE, NOTE, hand_on, send
from tests.fakes.mail_clients import quoted

QUOTES = int(os.environ.get("VENTANILLA_QUOTES", "60"))
A_TICKET = 20
HEADS = (
    "", "On 26 Nov 2026 at 10:00 Acme Support <support@acme.example> wrote:", "Ujumbe, leo:",
    "-----Original Message-----", "Kutoka: Acme\nMada: Lift [VT-1001-N]", "________________",
)  # fmt: skip


@dataclass(frozen=True)
class Quoting:
    """What a mail program, and whoever writes with it, makes of a notice."""

    head: str
    mark: str
    width: int
    is_torn: bool
    is_joined: bool
    is_html: bool
    has_line: bool
    top: int
    bottom: int
    between: int
    is_below: bool
    word: str
    more: str


def made_up(rng):
    """Return one way to quote."""
    return Quoting(
        head=rng.choice(HEADS),
        mark=rng.choice(("", "", "> ", ">", "> > ", "| ", "    ", "Acme> ", ": ", "\t", "\u200b")),
        width=rng.choice((0, 0, 24, 40, 60, 72, 100)),
        is_torn=rng.random() < 0.3,
        is_joined=rng.random() < 0.1,
        is_html=rng.random() < 0.3,
        has_line=rng.random() < 0.7,
        top=rng.choice((0, 0, 1, 2, 3)),
        bottom=rng.choice((0, 0, 1, 4, 8)),
        between=rng.choice((0, 0, 0, 1, 4, 8, 12)),
        is_below=rng.random() < 0.3,
        word=rng.choice(("", "", "!reply ")),
        # What is sent twice is a signature.
        more=f"The caretaker has key {rng.randrange(10**6)}.",
    )


def quoting(notice, how):
    """Return the lines that a mail has of a notice, with what was written between them."""
    lines = quoted(notice).text.split("\n")
    cut, lines = lines[:1], lines[1 + how.top :]
    lines = [*(cut if how.has_line else []), *(lines[: -how.bottom] if how.bottom else lines)]
    if how.is_joined:
        lines = [" ".join(" ".join(lines).split())]
    out = []
    for line in lines:
        parts = textwrap.wrap(line, how.width) if how.width else [line]
        marks = [how.mark, *([("" if how.is_torn else how.mark)] * (len(parts) - 1))]
        out += [f"{m}{part}".rstrip() for m, part in zip(marks, parts or [""], strict=False)]
    if how.between:
        # What stands before all that a notice says introduces it.
        at = how.between + (0 if how.has_line else 2)
        out[at:at] = ["", how.more, ""]
    return out


def written(notice, how):
    """Return the mail of somebody who answers a notice."""
    quote = "\n".join(filter(None, (how.head, "\n".join(quoting(notice, how)))))
    answer = f"{how.word}{ANSWER}"
    text = f"{quote}\n\n{answer}" if how.is_below else f"{answer}\n\n{quote}"
    mail = EmailMessage()
    if how.is_html:
        page = "".join(f"<div>{escape(line) or '<br>'}</div>" for line in text.split("\n"))
        mail.set_content(f"<html><body>{page}</body></html>", subtype="html")
    else:
        mail.set_content(text)
    return mail


async def fault(desk, notice, how):
    """Return what went wrong with a mail: "" where Alice reads the answer, or it is kept whole."""
    has_headers = how.top % 2 == 0
    read, row = await send(desk, notice, written(notice, how), headers=has_headers)
    flat, answer = " ".join(read.split()), " ".join(ANSWER.split())
    # Where nothing tells which notice is quoted nobody can know what it said.
    is_known = has_headers or how.has_line
    meant = [answer, *([how.more] if how.between and is_known else [])]
    if "".join(NOTE.split()) in "".join(read.split()):
        return "the note was read"
    if how.has_line and any(word in flat for word in INSIDE):
        return "something of the notice was read"
    if read:
        return "" if all(text in flat for text in meant) else "the answer was not read"
    notes = [e for e in await desk.said(row) if e.kind is EventKind.NOTE]
    kept = " ".join(notes[-1].text.split())
    is_told = row.reason.startswith("kept as a note") and all(text in kept for text in meant)
    return "" if is_told else "the answer was not kept"


async def test_no_word_of_colleagues_is_read_and_no_answer_is_lost(desk):
    """Not one, where the cut line is there; never a whole note; and who is not read is told."""
    for seed in range(QUOTES):
        if seed % A_TICKET == 0:
            desk.pass_time(hours=1)
            notice = await hand_on(desk, f"Lift {seed}")
        how = made_up(random.Random(seed))

        assert await fault(desk, notice, how) == "", f"seed {seed}: {how}"


async def test_defence_off_notes_are_read(desk, monkeypatch):
    """Twin: where no cut line is found, and nothing else is looked for, some of these leak."""
    monkeypatch.setattr(cut_line, "find", lambda _: None)
    monkeypatch.setattr(inside, "refuse_notice", lambda *_: None)
    monkeypatch.setattr(inside, "refuse_notes", lambda *_: None)
    notice = await hand_on(desk)

    faults = [await fault(desk, notice, made_up(random.Random(seed))) for seed in range(20)]

    assert "the note was read" in faults
