"""Nothing that agents say among themselves reaches a requester, whatever they type and where.

Messages are made up from a seed: notes, words right and wrong, orders with remarks, edits, pressed
buttons, forms, answers to what asks for a text, mails that were forwarded, copied or borrowed.
Each holds a secret where it must stay inside, or a public word in what is meant for the requester.
``make faults`` makes 10,000 of them.
"""

import os
import random  # noqa: TID251 - seeded: the same talk every time

import pytest

from gateway.journey.agents import inside
from gateway.model.outbox import OutboxState
from gateway.model.ticket import TicketState
from tests.fakes.rooms import external_id
from tests.journeys.bench import CONFIG, open_bench, text_of
from tests.journeys.test_talk import ALICE, BOB, EVE, GUS, LIFT, ROOMS, VPN, Chat
from tests.journeys.test_words import TWO_PLACES

MESSAGES = int(os.environ.get("VENTANILLA_AGENT_MESSAGES", "400"))
SEED = 20261126
SECRET, PUBLIC = "zzsecret", "yypublic"
ASKS = "Your text goes to the requester"
# So much of the talk is shown on the platform, for later talk to answer; the rest is only queued.
SHOWN = 120
MAILER, ANA, OTHER = "alice@customer.example", "ana@acme.example", "gus@acme.example"
PASS = "mx.acme.example; dmarc=pass header.from=acme.example"
TEAMS = ("support-mail:desk@acme.example", "support-mail:network@acme.example",
         "support-mail:ops@acme.example", "support-mail:ana@acme.example",
         "support-mail:gus@acme.example", "rooms:NETWORK", "rooms:NIGHT", "rooms:DESK")  # fmt: skip
# What an agent writes in a room or a mail; only the last ones are meant for the requester.
INSIDE = (
    "{s}", "!note {s}", "!NOTE {s}", "> !reply {s}", "\uff01reply {s}", "! reply {s}",
    "!replay {s}", "say !reply {s}", "!take\n{s}", "!take {s}", "!priority high {s}",
    "!priority {s}", "!assign gus {s}", "!assign {s}", "!assign nobody\n{s}", "!field note {s}",
    "!field {s} {s}", "!escalate {s}", "!escalate nowhere {s}", "!merge VT-1 {s}", "!merge {s}",
    "!split {s}", "!invite {s}", "!invite x@y.example {s}", "!help {s}", "!answer {s}",
    "!reply\u200b {s}", "!spam {s}", "!faq {s}", "`!reply {s}`", "- !reply {s}",
    "\u2060!reply {s}", "!rep ly {s}",
)  # fmt: skip
OUTSIDE = ("!reply {p}", "  !Reply {p}", "!close {p}", "!reply\n{p}")


def _mails(rng, notice):
    """Return what a mail that must stay inside is like: who sends it, and its headers."""
    to = {"to": notice["Reply-To"], "in_reply_to": notice["Message-ID"]}
    proven = {"authentication_results": PASS}
    return rng.choice((
        (ANA, {**to, **proven, "cc": "boss@acme.example"}),
        (ANA, {**to, "authentication_results": "mx.evil.example; dmarc=pass"}),
        (ANA, {**to}),
        (ANA, {**to, **proven, "auto_submitted": "auto-replied"}),
        (OTHER, {**to, **proven}),
        ("claims@acme.example", {**to, **proven}),
        (f"{ANA} <evil@x.example>", {**to, **proven}),
    ))  # fmt: skip


class Talkers:
    """People who talk about tickets, by a seed."""

    def __init__(self, chat, seed):
        self.chat = chat
        self.desk = chat.desk
        self.rng = random.Random(seed)
        self.number = 0

    async def open(self):
        """Have some tickets in a room, in a direct message and by mail."""
        for user in (ALICE, BOB):
            await self.chat.say(user, "HELP", VPN)
            await self.chat.say(user, f"D{user}", VPN)
        await self.desk.mail(MAILER, "Lift", LIFT)
        await self.desk.deliver()
        posts = [p for p in self.chat.platform.posts if p.where in ("NETWORK", "NIGHT")]
        self.notices = [p for p in posts if not p.under]
        self.mails = [m for m in await self.desk.sent("desk@acme.example") if m["Reply-To"]]

    def in_room(self, forms, user):
        """Return something said, or changed, under a notice."""
        self.number += 1
        text = self.rng.choice(forms).format(s=f"{SECRET}{self.number}", p=f"{PUBLIC}{self.number}")
        post = self.rng.choice(self.notices)
        more = {"thread": post.id}
        if forms is INSIDE and self.rng.random() < 0.1:
            more |= {"kind": "change", "of": external_id(post.where, self.rng.randrange(1, 40))}
            text = f"!reply {SECRET}{self.number}"
        return self.chat.event(user, post.where, text, **more)

    def press(self):
        """Return a form sent from a button under a notice, or said where a text is asked for."""
        self.number += 1
        post = self.rng.choice(self.notices)
        asking = [p for p in self.chat.platform.posts if p.where == "NETWORK" and ASKS in p.text]
        if asking and self.rng.random() < 0.3:
            above, user = self.rng.choice(asking), self.rng.choice((EVE, ALICE))
            return self.chat.event(user, "NETWORK", f"{SECRET}{self.number}", thread=above.id)
        if not post.buttons:
            return self.in_room(INSIDE, GUS)
        (label, button), user = self.rng.choice(post.buttons), self.rng.choice((GUS, EVE, ALICE))
        more = {"kind": "press", "button": button}
        if self.rng.random() < 0.8:
            is_meant = user == GUS and label in ("Reply", "Close")
            more["values"] = {"text": f"{PUBLIC if is_meant else SECRET}{self.number}"}
        return self.chat.event(user, post.where, **more)

    async def write(self):
        """Have a mail written that must stay inside, some of them words."""
        self.number += 1
        sender, headers = _mails(self.rng, self.rng.choice(self.mails))
        text = self.rng.choice(("{s}", "!reply {s}", "!close {s}")).format(
            s=f"{SECRET}{self.number}"
        )
        subject = self.rng.choice(("Re: Lift", "Fwd: Lift", f"Re: {SECRET}"))
        if headers.get("cc") and text.startswith("!"):
            text = f"{SECRET}{self.number}"
        await self.desk.mail(sender, subject, text, **headers)

    async def talk(self, count):
        """Have so many messages said."""
        while self.number < count:
            kind = self.rng.random()
            if kind < 0.15 and self.mails:
                await self.write()
                continue
            events = [self.in_room(INSIDE, self.rng.choice((GUS, "UANA", EVE))) for _ in range(12)]
            events += [self.in_room(OUTSIDE, GUS) for _ in range(2)]
            # Nobody else's public words are the desk's.
            events += [self.in_room(("!reply {s}",), self.rng.choice((EVE, ALICE)))]
            events += [self.press() for _ in range(3)]
            await self.desk.events(events)
            if self.number < SHOWN:
                await self.desk.deliver()
            await self.put_back()

    async def put_back(self):
        """Give what was handed on, merged with nothing or set aside back to its team."""
        for number in range(1001, 1006):
            ticket = await self.chat.store.ticket(number)
            if ticket is None or ticket.channel != "rooms":
                continue
            if ticket.team != "network" or ticket.state is TicketState.SPAM:
                await self.desk.order(
                    "assign", ticket=ticket.reference, arguments={"to": "network"}
                )


async def outward(store):
    """Return what was ever queued for anybody who is no colleague."""
    found = []
    for row in await store.list_outbox(frozenset(OutboxState), 10_000_000):
        if not row.place.startswith(TEAMS):
            _, body = await store.outbox_row(row.id)
            found.append(body.decode("utf-8", "replace"))
    return found


async def test_no_internal_word_reaches_a_requester(tmp_path):
    """Over all channels and by everybody; what was meant to go out did."""
    async with open_bench(tmp_path / "d", config=CONFIG + ROOMS, rules=TWO_PLACES) as bench:
        talkers = Talkers(Chat(bench), SEED)
        await talkers.open()
        await talkers.talk(MESSAGES)

        told = await outward(talkers.chat.store)
        leaked = [text for text in told if SECRET in text]
        assert leaked == [], f"seed {SEED}"
        assert sum(PUBLIC in text for text in told) > MESSAGES / 30


async def test_defence_off_the_same_talk_leaks_where_plain_words_go_out(tmp_path):
    """Twin: a team that lets plain words out tells the requester some of these secrets."""
    rules = TWO_PLACES.replace("network: {level: 2,", "network: {level: 2, replies: thread,")
    async with open_bench(tmp_path / "d", config=CONFIG + ROOMS, rules=rules) as bench:
        talkers = Talkers(Chat(bench), SEED)
        await talkers.open()
        await talkers.talk(60)

        assert any(SECRET in text for text in await outward(talkers.chat.store))


NOTE = "The client is in arrears again,\nand rude as always."
ANSWER = "Dear Alice, it is mended.\n\nSupport, this morning (in a tongue nobody knows)\n\n"


async def answered_below(desk, noted, answer):
    """Have an agent answer a notice after a colleague noted something; return what Alice read."""
    await desk.mail(MAILER, "Lift", LIFT)
    [notice] = await desk.sent("desk@acme.example")
    to = {"to": notice["Reply-To"], "authentication_results": PASS}
    if noted:
        await desk.mail(ANA, "Re: Lift", f"!note {NOTE}", **to)
    before = len(await desk.sent(MAILER))
    row = await desk.mail(ANA, "Re: Lift", answer, **to)
    return [text_of(mail) for mail in (await desk.sent(MAILER))[before:]], row.reason


def quoted_by(mark):
    """Return an answer with the note below it, as a mail program breaks and marks the lines."""
    lines = ("The client is", "in arrears again,", "and rude as always.")
    return ANSWER + "\n".join([*(mark + line for line in lines), "And so on."])


MARKS = pytest.mark.parametrize("mark", ["", "> ", "    "])


@MARKS
async def test_a_note_that_an_answer_quotes_stays_inside(desk, mark):
    """Whatever the mail program puts around what it quotes, and however it breaks the lines."""
    read, reason = await answered_below(desk, noted=True, answer=quoted_by(mark))

    assert read == []
    assert "it repeats a note of this ticket" in reason


@MARKS
async def test_defence_off_the_note_goes_out_with_the_answer(desk, mark, monkeypatch):
    """Twin: where no note is looked for, nothing else holds it back."""
    monkeypatch.setattr(inside, "refuse_notes", lambda *_: None)

    read, _ = await answered_below(desk, noted=True, answer=quoted_by(mark))

    assert "in arrears" in read[0]


async def test_what_nobody_noted_is_sent(desk):
    """Only the note makes the same words a secret."""
    read, _ = await answered_below(desk, noted=False, answer=f"{ANSWER}{NOTE}")

    assert "in arrears" in read[0]


async def test_who_means_it_says_so(desk):
    """A word says that the requester is to read it."""
    read, _ = await answered_below(desk, noted=True, answer=f"!reply {NOTE}")

    assert "in arrears" in read[0]
