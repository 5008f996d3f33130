"""Mails with something wrong in them, read by the real child: none may cost it its life.

The seeds are the project's own sample mails and hostile shapes; a folder of others can be named.
"""

from __future__ import annotations

import asyncio
import random  # noqa: TID251 - can be had again by its seed
import resource
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gateway.contracts.channel import Parser
from gateway.errors import ParseError
from gateway.journey.reading.parsing import ParserDied, ParserPool
from gateway.model.message import RawEvent
from tests.channels.email.readings import PARSER, event
from tests.fuzz.outcome import Outcome

SAMPLES = Path(__file__).parents[1] / "channels" / "email" / "golden"
AT_ONCE = 200
MOST_BYTES = 256 * 1024
TOKENS = (
    b"\r\n", b"\n", b"\0", b"\xff\xfe", b"=?utf-8?q?=00=0d=0a?=", b"=?x?b?", b"--b\r\n", b"--",
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n', b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Transfer-Encoding: base64\r\n", b"charset=utf-7", b'charset="idna"',
    b"; x*0*=utf-8''%", b"From: gus@corp.example <evil@x.example>\r\n", b"<", b"((((", b'"', b"> ",
    b"On a, b wrote:\r\n", b"<table>", b"<!--", b"<a ", b"&#x110000;", b"\xed\xa0\x80",
    b"begin 644 x\r\n", b"\x1b$B", b".\r\n",
)  # fmt: skip


def seeds(folder: Path | None = None) -> list[bytes]:
    """Return mails to begin with, smallest first."""
    paths = [*SAMPLES.glob("*.eml"), *(folder.rglob("*.eml") if folder else ())]
    found = {path.read_bytes()[:MOST_BYTES] for path in paths}
    return sorted(found, key=lambda seed: (len(seed), seed))


def mutant(dice: random.Random, mails: Sequence[bytes]) -> bytes:
    """Return one of some mails with up to eight things done to it."""
    body = bytearray(dice.choice(mails))
    for _ in range(dice.randint(1, 8)):
        dice.choice(_CHANGES)(dice, body, mails)
    return bytes(body[:MOST_BYTES])


def _place(dice: random.Random, body: bytearray) -> int:
    """Return a place, more often in the head than behind it."""
    end = body.find(b"\r\n\r\n")
    head = len(body) if end < 0 else end
    return dice.randint(0, head if dice.random() < 0.6 else len(body))


def _flip(dice: random.Random, body: bytearray, _: Sequence[bytes]) -> None:
    if body:
        body[min(_place(dice, body), len(body) - 1)] = dice.randrange(256)


def _cut(dice: random.Random, body: bytearray, _: Sequence[bytes]) -> None:
    first = _place(dice, body)
    del body[first : first + dice.choice((1, 2, 8, 64, 1024))]


def _repeat(dice: random.Random, body: bytearray, _: Sequence[bytes]) -> None:
    first = _place(dice, body)
    piece = body[first : first + dice.choice((1, 3, 20, 200))]
    body[first:first] = piece * dice.choice((2, 10, 200, 2000))


def _insert(dice: random.Random, body: bytearray, _: Sequence[bytes]) -> None:
    first = _place(dice, body)
    body[first:first] = dice.choice(TOKENS) * dice.choice((1, 1, 2, 50))


def _splice(dice: random.Random, body: bytearray, mails: Sequence[bytes]) -> None:
    other = dice.choice(mails)
    begin = dice.randint(0, len(other))
    body[_place(dice, body) :] = other[begin:]


def _shuffle(dice: random.Random, body: bytearray, _: Sequence[bytes]) -> None:
    lines = bytes(body).split(b"\n")
    one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    body[:] = b"\n".join(lines)


_CHANGES: tuple[Callable[[random.Random, bytearray, Sequence[bytes]], None], ...] = (
    _flip, _flip, _cut, _repeat, _insert, _insert, _splice, _shuffle,
)  # fmt: skip


async def run(
    count: int,
    seed: int,
    folder: Path | None = None,
    parsers: Mapping[str, Parser] | None = None,
) -> Outcome:
    """Have so many mutants read. A fault is a mail that killed its reader, or broke it."""
    dice, mails = random.Random(seed), seeds(folder)
    outcome, read = Outcome(tried=count), Counter[str]()
    pool = ParserPool(parsers or {"support-mail": PARSER})

    async def one(raw: RawEvent) -> None:
        try:
            read[type(await pool.parse(raw)).__name__] += 1
        except ParseError:
            read["unreadable"] += 1
        except ParserDied as died:
            outcome.faults.append(f"{died}: {raw.body[:200]!r}")

    try:
        for done in range(0, count, AT_ONCE):
            some = range(min(AT_ONCE, count - done))
            await asyncio.gather(*(one(event(mutant(dice, mails))) for _ in some))
    finally:
        await pool.close()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    outcome.counted = {"seeds": len(mails), **read, "peak MiB of a child": peak}
    return outcome
