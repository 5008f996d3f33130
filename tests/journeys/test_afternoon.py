"""Afternoons of a busy desk, made up from a seed: everybody sees what is theirs, and no more."""

from __future__ import annotations

import json
import random  # noqa: TID251 - an afternoon can be had again by its seed

import pytest

from gateway.journey.handover import story
from gateway.model.ticket import TicketState
from tests.fakes.rooms import external_id
from tests.journeys.bench import CONFIG, open_bench, text_of
from tests.journeys.test_talk import CHAT_RULES, GUS, ROOMS, Chat

REQUESTERS = (
    ("UALICE001", "D1"),
    ("UBERTA001", "D2"),
    ("UALICE001", "HELP"),
    ("UDORA0001", "HELP"),
)
DIRECT = (("UALICE001", "D1"), ("UBERTA001", "D2"))
MAILERS = ("rui@customer.example", "eva@customer.example")
TEAMS = {"service-desk": ("DESK", "UANA00001"), "network": ("NETWORK", GUS)}
LIMITS = {
    "tickets_per_hour": 1000, "automatic_per_hour": 1000, "automatic_per_day": 1000,
    "acknowledgements_per_hour": 1000, "reactions_per_day": 1000, "same_text_per_day": 1000,
}  # fmt: skip
RULES = CHAT_RULES.replace("email: ana@acme.example", "email: ana@acme.example, rooms: UANA00001")
STEPS = 60
IN_TEAMS_HANDS = (TicketState.OPEN, TicketState.WAITING)


class Afternoon:
    """People who do things in an order that a seed says, and what they said."""

    def __init__(self, chat, seed):
        self.chat = chat
        self.rng = random.Random(seed)
        self.words, self.notes, self.answers = {}, [], {}
        self.threads, self.said = [], []
        self.done = []
        self._count = 0

    def word(self, kind):
        """Return a text that nobody else says."""
        self._count += 1
        return f"{kind}{self._count:03d}q the lift {self._count}"

    async def tickets(self):
        """Return every ticket."""
        numbers = {row for row in self.words.values() if row}
        found = [await self.chat.store.ticket(number) for number in numbers]
        return sorted((t for t in found if t is not None), key=lambda t: t.number)

    async def step(self):
        """Have somebody do something."""
        doings = [
            *(self.ask, self.ask, self.go_on, self.go_on, self.mail, self.edit, self.press),
            *(self.reply, self.reply, self.note, self.close, self.split, self.merge),
            *(self.hand_over, self.answer_there, self.answer_from_faq, self.wait),
        ]
        doing = self.rng.choice(doings)
        self.done.append(doing.__name__)
        await doing()
        await self.chat.desk.deliver()

    async def ask(self):
        user, room = self.rng.choice(REQUESTERS)
        text = self.word("ask")
        event = self.chat.event(user, room, text)
        row = await self.chat.happen(event)
        number = json.loads(event.body)["id"]
        self.said.append((user, room, number, text))
        if room == "HELP":
            self.threads.append((user, f"HELP/{number}"))
        self.words[text] = row.ticket

    async def go_on(self):
        if not self.threads:
            return
        user, where = self.rng.choice(self.threads)
        text = self.word("more")
        number = int(where.partition("/")[2])
        row = await self.chat.say(user, "HELP", text, thread=number)
        self.words[text] = row.ticket

    async def mail(self):
        sender, text = self.rng.choice(MAILERS), self.word("mail")
        had = await self.chat.desk.sent(sender)
        to = self.rng.choice(had)["Reply-To"] if had and self.rng.random() < 0.6 else None
        given = {"to": to} if to else {}
        row = await self.chat.desk.mail(sender, f"Re: {text}", text, **given)
        self.words[text] = row.ticket

    async def _one(self):
        found = [t for t in await self.tickets() if t.state in IN_TEAMS_HANDS]
        return self.rng.choice(found) if found else None

    async def _order(self, name, **given):
        if (ticket := await self._one()) is None:
            return None, None
        row = await self.chat.desk.order(name, ticket=ticket.reference, **given)
        return ticket, row

    async def reply(self):
        text = self.word("reply")
        ticket, row = await self._order("reply", text=text)
        if row is not None and row.reason.startswith("sent"):
            self.answers[text] = self._places(ticket)

    async def note(self):
        text = self.word("note")
        _, row = await self._order("note", text=text)
        if row is not None:
            self.notes.append(text)

    async def close(self):
        text = self.word("close")
        ticket, row = await self._order("close", text=text)
        if row is not None and row.reason.startswith("closed"):
            self.answers[text] = self._places(ticket)

    async def split(self):
        _, row = await self._order("split")
        if row is not None and row.ticket:
            found = [e.text for e in await self.chat.store.events(row.ticket)]
            for text in found:
                if text in self.words:
                    self.words.setdefault(f"copy {text}", row.ticket)

    async def merge(self):
        other = await self._one()
        if other is not None:
            await self._order("merge", arguments={"into": other.reference})

    async def hand_over(self):
        text = self.word("why")
        team = self.rng.choice(list(TEAMS))
        await self._order("escalate", text=text, arguments={"to": team})
        self.notes.append(text)

    async def answer_there(self):
        """Write under a notice, in the team's room, with a word or without."""
        team = self.rng.choice(list(TEAMS))
        room, agent = TEAMS[team]
        notices = [p for p in self.chat.platform.posts if p.where.startswith(room)]
        if not notices:
            return
        on = self.rng.choice(notices)
        text = self.word("said")
        word = self.rng.choice(("!reply ", "", "!note "))
        row = await self.chat.say(agent, room, f"{word}{text}", thread=on.id)
        if word == "!reply " and row.reason.startswith("sent"):
            self.answers[text] = self._places(await self.chat.store.ticket(row.ticket))
        else:
            self.notes.append(text)

    async def answer_from_faq(self):
        await self._order("answer", arguments={"faq": "opening-hours"})

    @staticmethod
    def _places(ticket):
        return sorted({party.where or party.address for party in ticket.parties})

    async def edit(self):
        """Change the newest thing that somebody said in a room."""
        if not self.said:
            return
        user, room, number, before = self.rng.choice(self.said)
        text = self.word("edit")
        change = {"kind": "change", "of": external_id(room, number)}
        row = await self.chat.happen(self.chat.event(user, room, text, **change))
        assert row.ticket, (before, self.done)
        self.words[text] = row.ticket

    async def press(self):
        """Press what stands below an answer, as its requester."""
        posts = [p for p in self.chat.platform.posts if p.buttons and p.where[0] in "DH"]
        posts = [p for p in posts if not p.where.startswith("DESK")]
        if posts:
            post = self.rng.choice(posts)
            label = self.rng.choice([label for label, _ in post.buttons])
            user = next((u for u, where in (*self.threads, *DIRECT) if where == post.where), "")
            await self.chat.press(
                user, post.where.partition("/")[0], label, on=self.chat.platform.posts.index(post)
            )

    async def wait(self):
        self.chat.desk.pass_time(hours=self.rng.choice((1, 5, 9)))

    # --- what holds after each step -------------------------------------------------------------

    async def look(self):
        """See that everybody sees what is theirs, and nothing else."""
        outside, inside = await self._read()
        for note in self.notes:
            assert not any(note in text for _, text in outside), (note, self.done)
        for text in self.answers:
            seen = sorted(place for place, said in outside if text in said)
            assert seen == self.answers[text], (text, self.done)
        for text, number in self.words.items():
            if text.startswith("copy "):
                continue
            assert number, (text, self.done)
            lines = [e.text for e in await self.chat.store.events(number)]
            assert sum(text in line for line in lines) == 1, (text, lines, self.done)
            now = await self._end_of(number)
            room, _ = TEAMS[now.team]
            assert any(text in said for where, said in inside if where == room), (
                text,
                now.reference,
                now.team,
                now.state,
                self.done,
            )

    async def _end_of(self, number):
        ticket = await self.chat.store.ticket(number)
        while ticket.merged_into:
            ticket = await self.chat.store.ticket(ticket.merged_into)
        return ticket

    async def _read(self):
        posts = self.chat.platform.posts
        rooms = {room for room, _ in TEAMS.values()}
        inside = [(p.where.partition("/")[0], p.text) for p in posts]
        outside = [(p.where, p.text) for p in posts if p.where.partition("/")[0] not in rooms]
        for sender in MAILERS:
            mails = await self.chat.desk.sent(sender)
            outside += [(sender, text_of(mail).replace("\r\n", " ")) for mail in mails]
        return outside, inside


async def play(folder, seed):
    """Play an afternoon, and look at it."""
    opening = open_bench(folder, config=CONFIG + ROOMS, rules=RULES, limits=LIMITS)
    async with opening as bench:
        afternoon = Afternoon(Chat(bench), seed)
        for _ in range(STEPS):
            await afternoon.step()
        await afternoon.look()


@pytest.mark.parametrize("seed", range(4))
async def test_everybody_sees_what_is_theirs(tmp_path, seed):
    """Each word of a requester is on one ticket and before its team, no word of colleagues out."""
    await play(tmp_path / "d", seed)


async def test_defence_off_who_takes_over_lacks_words(tmp_path, monkeypatch):
    """Twin: a ticket is handed on without its story."""
    monkeypatch.setattr(story, "for_team", lambda *_: "")

    with pytest.raises(AssertionError):
        await play(tmp_path / "d", 0)
