"""Customers who talk with a desk of several nodes, and what must be true of it in the end.

Each customer opens a ticket by mail, waits for the answer, and then writes on to the address that
it came from: numbered turns, one after the other, each to any node, now and then to two of them at
once. Who has waited too long begins another one. A mail is handed over again until somebody has
said 250 to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import random  # noqa: TID251 - handed in with its seed
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.sink import Sink
from benchmarks.smtp_client import Client, Refused
from gateway.model.ticket_id import parse_reference

ADDRESS = "support@acme.example"
HAND_OVER_SECONDS = 6.0
PAUSE_SECONDS = 0.2
MOST_TURNS = 6
PATIENCE_SECONDS = 5.0
TWICE = 0.15

_HEADER = re.compile(rb"(?im)^([a-z-]+):[ \t]*([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)")
_ADDRESS = re.compile(r"[\w.+=-]+@acme\.example")
_REFERENCE = re.compile(r"VT-\d+-[A-Z]")
_TURN = re.compile(r"turn (\d+) of talk (\d+)\.")


@dataclass
class Talk:
    """One conversation: ``turns`` are those that a node has said 250 to, all in order.

    The first is the opening.
    """

    number: int
    turns: int = 0

    @property
    def sender(self) -> str:
        """Return whose talk it is."""
        return f"c{self.number}@customer.example"

    @property
    def message_id(self) -> str:
        """Return that of the opening."""
        return f"<{self.number}.talk@customer.example>"


class Answers(Sink):
    """The customers' mailboxes: every answer, by what it answers."""

    def __init__(self) -> None:
        super().__init__()
        self.copies: dict[str, list[bytes]] = defaultdict(list)

    def take(self, mail: bytes) -> None:
        """See `Sink.take`."""
        super().take(mail)
        answered = headers(mail).get("in-reply-to", "")
        self.copies[answered].append(mail)


def headers(mail: bytes) -> dict[str, str]:
    """Return a mail's headers, the last of each name."""
    found = _HEADER.findall(mail[: mail.find(b"\r\n\r\n") + 2])
    return {name.decode().lower(): value.decode("latin-1") for name, value in found}


@dataclass
class Customers:
    """Everybody who writes. ``ports`` gives those of the nodes that listen now."""

    ports: Callable[[], Sequence[int]]
    answers: Answers
    dice: random.Random
    talks: list[Talk] = field(default_factory=list)
    mails: int = 0
    is_closing: bool = False
    _wanted: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def write(self) -> None:
        """Hold one conversation after the other, until it is closing time."""
        while not self.is_closing:
            talk = Talk(len(self.talks))
            self.talks.append(talk)
            await self._turn(talk, ADDRESS)
            reply_to = await self._heard(talk)
            for _ in range(self.dice.randrange(MOST_TURNS) if reply_to else 0):
                await asyncio.sleep(self.dice.random() * PAUSE_SECONDS)
                await self._turn(talk, reply_to)

    async def go_on(self, mails: int) -> None:
        """Return when so many more mails have been handed over."""
        self._wanted = asyncio.Semaphore(0)
        for _ in range(mails):
            await self._wanted.acquire()

    async def _heard(self, talk: Talk) -> str:
        """Return where the answer to an opening came from; nothing when it takes too long."""
        with contextlib.suppress(TimeoutError):
            await self.answers.wait_for([talk.message_id], PATIENCE_SECONDS)
            return read_answer(self.answers.copies[talk.message_id][0])[0]
        return ""

    async def _turn(self, talk: Talk, recipient: str) -> None:
        mail = _mail(talk, recipient)
        while True:
            ports = list(self.ports())
            self.dice.shuffle(ports)
            some = ports[: 2 if self.dice.random() < TWICE else 1]
            if any(
                await asyncio.gather(*(_hand_over(p, talk.sender, recipient, mail) for p in some))
            ):
                break
            await asyncio.sleep(0.05)
        talk.turns += 1
        self.mails += 1
        self._wanted.release()


def read_answer(mail: bytes) -> tuple[str, str]:
    """Return where an answer wants to be answered, and the ticket's reference."""
    found = headers(mail)
    address = _ADDRESS.search(found.get("reply-to") or found.get("from", ""))
    reference = _REFERENCE.search(found.get("subject", ""))
    return address[0] if address else "", reference[0] if reference else ""


def _mail(talk: Talk, recipient: str) -> bytes:
    is_first = not talk.turns
    message_id = talk.message_id if is_first else f"<{talk.turns}.{talk.message_id[1:]}"
    lines = [
        f"From: <{talk.sender}>",
        f"To: <{recipient}>",
        f"Subject: {'' if is_first else 'Re: '}Lamp {talk.number} flickers",
        "Date: Mon, 02 Mar 2026 09:00:00 +0000",
        f"Message-ID: {message_id}",
        *([] if is_first else [f"In-Reply-To: {talk.message_id}"]),
        "",
        f"This is turn {talk.turns} of talk {talk.number}. It still flickers.",
        "",
    ]
    return "\r\n".join(lines).encode()


async def _hand_over(port: int, sender: str, recipient: str, mail: bytes) -> bool:
    """Try once to hand a mail to a node; True when it said 250."""
    client = None
    try:
        async with asyncio.timeout(HAND_OVER_SECONDS):
            client = await Client.connect(port)
            await client.send(sender, recipient, mail)
            return True
    except (Refused, OSError, TimeoutError):
        return False
    finally:
        if client is not None:
            with contextlib.suppress(Refused):
                client.close()


def turns_in(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Return talk and turn of each text of a ticket's history."""
    return [(int(found[2]), int(found[1])) for text in texts for found in _TURN.finditer(text)]


def judge(
    talks: Sequence[Talk],
    copies: Mapping[str, Sequence[bytes]],
    histories: Mapping[int, Sequence[str]],
) -> list[str]:
    """Return every promise that was not kept; ``histories`` are the desk's, by ticket number."""
    faults = []
    taken: dict[str, int] = {}
    for talk in talks:
        mails = copies.get(talk.message_id, ())
        if not mails:
            faults.append(f"talk {talk.number}: never answered")
            continue
        if len(set(mails)) > 1:
            faults.append(f"talk {talk.number}: answered in {len(set(mails))} different ways")
        _, reference = read_answer(mails[0])
        if (before := taken.setdefault(reference, talk.number)) != talk.number:
            faults.append(f"talk {talk.number}: has {reference}, like talk {before}")
        kept = turns_in(histories.get(parse_reference("VT", reference) or 0, ()))
        if kept != (said := [(talk.number, turn) for turn in range(talk.turns)]):
            faults.append(f"talk {talk.number}: {reference} has {kept} instead of {said}")
    if len(histories) != len(talks):
        faults.append(f"{len(histories)} tickets for {len(talks)} talks")
    return faults
