"""Nothing of one who is in a ticket reaches another one, merged into it or split off from it.

Alice asks by mail, Carl in a thread of a room, Dora in a direct message; the three are merged. Then
all of them, and agents, do what can be done, by a seed: each one's words, files, address and number
hold a sign of theirs. What agents send on purpose is read by all.
"""

import json
import os
import random  # noqa: TID251 - seeded: the same talk every time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway.errors import PermanentFailure
from gateway.journey.plan.draft import Draft
from gateway.model.outbox import OutboxState
from gateway.model.ticket import EventKind
from gateway.store import erasing
from tests.fakes.rooms import external_id
from tests.journeys.bench import CONFIG, open_bench, text_of
from tests.journeys.test_delivery_report import bounce
from tests.journeys.test_talk import CHAT_RULES, ROOMS, Chat

DEEDS = int(os.environ.get("VENTANILLA_MERGED_DEEDS", "60"))
SEED = 20261126
MAILER, CARL, DORA = "alicezz@cust.example", "UCARLZZ01", "UDORAZZ01"
SIGNS = {MAILER: "aliceword", CARL: "carlword", DORA: "doraword"}
ASKED = "The {} lift is broken and I am stuck here"
SAYS = (
    "My {} is wrong", "I need a person", "That helped", "thanks", "status", "1", "Porto {}",
    "!reply {}", "{}", "",
)  # fmt: skip


class Three:
    """Three people in one ticket, and the agents who work on it."""

    def __init__(self, chat, rng):
        self.chat, self.desk, self.rng = chat, chat.desk, rng
        self.number = 0
        self.said = {CARL: [], DORA: []}
        self.tickets = {}

    async def open(self):
        """Have each of them ask, and all of it merged into what Alice asked."""
        for user, room in ((CARL, "HELP"), (DORA, "D5")):
            row = await self.chat.say(
                user, room, ASKED.format(SIGNS[user]), name=f"{SIGNS[user]} Name"
            )
            self.tickets[user] = await self.chat.ticket(row)
        row = await self.desk.mail(MAILER, ASKED.format(SIGNS[MAILER]), "please", mail_from=MAILER)
        self.tickets[MAILER] = into = await self.chat.ticket(row)
        for user in (CARL, DORA):
            await self.order("merge", self.tickets[user].number, into=into.reference)
        self.numbers = [into.number]

    async def order(self, name, number, text="", **arguments):
        """Have an agent say a word on a ticket by the command line."""
        ticket = await self.desk.store.ticket(number)
        if ticket is not None:
            given = {"ticket": ticket.reference, "text": text, "arguments": arguments}
            row = await self.desk.order(name, **given)
            if name == "split" and row.reason.startswith("split"):
                self.numbers.append(row.ticket)

    async def deed(self):
        """Have something done by somebody."""
        self.number += 1
        await self.rng.choice(
            (self.write, self.speak, self.speak, self.press, self.work, self.work)
        )()
        await self.desk.deliver()
        if self.number % 7 == 0:
            self.desk.pass_time(hours=1)

    async def write(self):
        """Have Alice write a mail, with her newest address or by her subject; or hers bounce."""
        mails = await self.desk.sent(MAILER)
        if not mails:  # she was erased, and asks anew
            await self.desk.mail(MAILER, f"Lamp {self.number}", "It flickers", mail_from=MAILER)
            return
        mail = self.rng.choice(mails)
        text = self.rng.choice(SAYS).format(f"{SIGNS[MAILER]}{self.number}")
        if self.rng.random() < 0.1:
            await self.desk.raw(
                bounce(mail["From"].addresses[0].addr_spec, mail["Message-ID"]), mail_from=""
            )
            return
        to = {"to": mail["Reply-To"]} if mail["Reply-To"] and self.rng.random() < 0.7 else {}
        await self.desk.mail(MAILER, f"Re: {mail['Subject']}", text, mail_from=MAILER, **to)

    async def speak(self):
        """Have Carl or Dora say, change or delete something, or send a file that gets lost."""
        user = self.rng.choice((CARL, DORA))
        room, more = self.place(user)
        sign = f"{SIGNS[user]}{self.number}"
        if self.said[user] and self.rng.random() < 0.2:
            of = external_id(room, self.rng.choice(self.said[user]))
            text = self.rng.choice((None, sign))
            await self.chat.happen(self.chat.event(user, room, text, kind="change", of=of, **more))
            return
        if self.rng.random() < 0.2:
            self.chat.platform.files = {"a": [self.rng.choice((b"x", GONE))]}
            more["files"] = [{"ref": "a", "name": f"{sign}.pdf", "media_type": "text/plain"}]
        text = self.rng.choice((*SAYS, "language pl", "language en", "help")).format(sign)
        event = self.chat.event(user, room, text, name=f"{SIGNS[user]} Name", **more)
        self.said[user].append(json.loads(event.body)["id"])
        await self.chat.happen(event)

    def place(self, user):
        """Return where somebody speaks."""
        if user == DORA:
            return "D5", {}
        return "HELP", {"thread": int(self.tickets[CARL].requester.where.partition("/")[2])}

    async def press(self):
        """Have anybody press any button."""
        shown = [p for p in self.chat.platform.posts if p.buttons]
        if not shown:
            return
        post, user = self.rng.choice(shown), self.rng.choice((CARL, DORA, "UGUS"))
        _, button = self.rng.choice(post.buttons)
        room, _, thread = post.where.partition("/")
        more = {"thread": int(thread)} if thread else {}
        await self.chat.happen(self.chat.event(user, room, kind="press", button=button, **more))

    async def work(self):
        """Have an agent do something on one of the tickets."""
        number = self.rng.choice(self.numbers)
        history = await self.desk.store.events(number)
        lines = [str(e.seq) for e in history if e.kind is EventKind.FOLLOWUP] or ["1"]
        name, text, arguments = self.rng.choice((
            ("reply", "public words", {}), ("answer", "", {"faq": "opening-hours"}),
            ("close", "public summary", {}), ("note", "inside", {}), ("split", "", {}),
            ("split", "", {"event": self.rng.choice(lines)}), ("take", "", {}),
            ("escalate", "lamp", {"to": self.rng.choice(("network", "service-desk"))}),
            ("priority", "", {"priority": "high"}),
        ))  # fmt: skip
        await self.order(name, number, text, **arguments)

    async def kept(self, but):
        """Return what all but one have said, as history has it."""
        signs = [sign for who, sign in SIGNS.items() if who != but]
        said = [e for n in range(1001, 1100) for e in await self.desk.store.events(n)]
        return [e.text for e in said if any(sign in e.text for sign in signs)]

    async def read(self):
        """Return what each of them has been sent, as one text each."""
        mails = [m.as_string() + text_of(m) for m in await self.desk.sent(MAILER)]
        posts = self.chat.platform.posts
        seen = {CARL: [p for p in posts if p.where.startswith("HELP")],
                DORA: [p for p in posts if p.where == "D5"]}  # fmt: skip
        texts = {user: [f"{p.text} {p.state}" for p in some] for user, some in seen.items()}
        return {MAILER: " ".join(mails), **{user: " ".join(some) for user, some in texts.items()}}


WAITING = frozenset({OutboxState.QUEUED, OutboxState.RETRY})
GONE = PermanentFailure("file_not_found", code="gone")


@pytest.fixture
async def chat(tmp_path):
    """A desk with mail and rooms."""
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=CHAT_RULES) as bench:
        yield Chat(bench)


async def leaks(three):
    """Return which signs of others each of them has read."""
    found = []
    for reader, text in (await three.read()).items():
        for writer, ticket in three.tickets.items():
            signs = (SIGNS[writer], writer, ticket.reference) if writer != reader else ()
            found += [f"{reader} reads {sign}" for sign in signs if sign in text]
    return found


@pytest.mark.parametrize("seed", [SEED, SEED + 1])
async def test_nobody_reads_what_another_one_of_the_ticket_wrote(chat, seed):
    """Whatever they write, press, change or send, and whatever is done about it."""
    three = Three(chat, random.Random(seed))
    await three.open()
    for _ in range(DEEDS):
        await three.deed()

    assert await leaks(three) == []
    assert all(len(text) > 200 for text in (await three.read()).values())
    assert (await chat.store.audit())["problems"] == 0
    waiting = await chat.store.list_outbox(frozenset({OutboxState.UNCERTAIN, OutboxState.DEAD}), 9)
    assert not waiting


async def erased(three, who):
    """Have somebody erased when nothing is on its way; return which of their signs are left."""
    desk = three.desk
    for row in await desk.store.list_outbox(WAITING, 10_000):
        await desk.store.drop_send(row.id)
    kind = "email" if who == MAILER else "rooms"
    await desk.order("erase", arguments={"kind": kind, "id": who})
    await desk.order("scrub")
    whole = b"".join(
        path.read_bytes() for path in Path(urlsplit(desk.url).path).parent.glob("*.db*")
    )
    return [sign for sign in (SIGNS[who], who) if sign.encode() in whole]


@pytest.mark.parametrize("who", [MAILER, CARL, DORA])
async def test_who_is_erased_leaves_nothing_and_the_others_go_on(chat, who):
    """Of the others nothing is lost or stuck, and they still read nothing of each other."""
    three = Three(chat, random.Random(SEED))
    await three.open()
    for _ in range(DEEDS // 2):
        await three.deed()
    before = await three.kept(who)
    left = await erased(three, who)
    after = await three.kept(who)
    for _ in range(DEEDS // 2):
        await three.deed()

    assert left == []
    assert before == after
    assert await leaks(three) == []
    stuck = await chat.store.list_outbox(WAITING | {OutboxState.UNCERTAIN, OutboxState.DEAD}, 99)
    assert not [row for row in stuck if row.place.startswith("rooms")]
    assert (await chat.store.audit())["problems"] == 0


async def test_defence_off_what_was_told_of_a_request_would_be_left(chat, monkeypatch):
    """Twin: an answer outside any ticket has nobody's address in it."""
    monkeypatch.setattr(erasing, "_empty_answers", lambda _places: iter(()))
    three = Three(chat, random.Random(SEED))
    await three.open()
    await chat.say(DORA, "D5", "status")

    assert await erased(three, DORA) == [SIGNS[DORA]]


async def test_defence_off_each_would_read_the_others_number(chat, monkeypatch):
    """Twin: the ticket is shown to everybody as it stands."""
    monkeypatch.setattr("gateway.model.ticket.Ticket.seen_by", lambda self, _party: self)
    three = Three(chat, random.Random(SEED))
    await three.open()
    await three.order("reply", three.numbers[0], "public words")
    await chat.desk.deliver()

    assert f"{DORA} reads {three.tickets[MAILER].reference}" in await leaks(three)


async def test_defence_off_what_answers_one_would_go_to_all(chat, monkeypatch):
    """Twin: whose file was lost is told to everybody, with its name."""
    monkeypatch.setattr(Draft, "_reached", lambda self, ticket, **_: self.now(ticket).parties)
    three = Three(chat, random.Random(SEED))
    await three.open()
    chat.platform.files = {"a": [GONE]}
    lost = [{"ref": "a", "name": f"{SIGNS[DORA]}.pdf", "media_type": "text/plain"}]
    await chat.say(DORA, "D5", "Here it is", files=lost)

    assert f"{MAILER} reads {SIGNS[DORA]}" in await leaks(three)
