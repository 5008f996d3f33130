"""Desks that older versions left: this one goes on with them, and nothing in them is lost."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.desk import make_desk, serve, smtp_port
from benchmarks.sink import Sink
from benchmarks.smtp_client import Client
from gateway.world import RealWorld
from tests.desk.cli import process
from tests.faults.killing import wrong_sums

LEFT = Path(__file__).parent / "golden"
PATIENCE_SECONDS = 60.0
# Of late 2026, as the database keeps it; in the bytes of mails there are none.
TIME = re.compile(r"\b179[56][0-9]{12}\b")


def restore(file: Path, database: Path) -> None:
    """Put a desk there as if it had been left just now: whatever has a time keeps its distance."""
    text = file.read_text(encoding="utf-8")
    [left_at] = re.findall(r"left at (\d+)", text)
    later = int(RealWorld().now().timestamp() * 1_000_000) - int(left_at)
    with closing(sqlite3.connect(database)) as desk:
        desk.executescript(TIME.sub(lambda time: str(int(time[0]) + later), text))


def reply_address(database: Path, person: str) -> str:
    """Return where the desk's first mail to somebody said that they can answer."""
    with closing(sqlite3.connect(database)) as desk:
        rows = desk.execute("SELECT bytes FROM outbox_bytes ORDER BY piece").fetchall()
    sent = (email.message_from_bytes(row[0], policy=email.policy.SMTP) for row in rows)
    return next(str(mail["Reply-To"]) for mail in sent if person in str(mail["To"])).strip("<>")


def shown(config: Path, ticket: str) -> dict:
    """Return a ticket as the command line shows it."""
    return json.loads(process("tickets", "show", ticket, "--json", "-c", str(config)).stdout)


async def write(port: int, sender: str, recipient: str, name: str, text: str) -> None:
    """Hand a mail to the desk."""
    lines = [
        f"From: <{sender}>",
        f"To: <{recipient}>",
        f"Subject: {text}",
        f"Message-ID: <{name}>",
        "Date: Fri, 27 Nov 2026 09:00:00 +0000",
        "",
        text,
        "",
    ]
    client = await Client.connect(port)
    await client.send(sender, recipient, "\r\n".join(lines).encode())
    client.close()


async def until_said(config: Path, ticket: str, text: str) -> list[str]:
    """Return what was said on a ticket once a text is among it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            events = (await asyncio.to_thread(shown, config, ticket))["events"]
            if any(text in event["text"] for event in events):
                return [event["text"] for event in events if event["kind"] != "state"]


@pytest.fixture
async def sink():
    """Return where all mail of the desk goes."""
    sink = Sink()
    await sink.start()
    yield sink
    sink.close()


@pytest.mark.parametrize("left", sorted(LEFT.glob("schema-*.sql")), ids=lambda file: file.stem)
async def test_an_older_desk_goes_on(left, tmp_path, sink):
    """What waited is sent and answered; old reply addresses and links reach old tickets."""
    config = await asyncio.to_thread(make_desk, tmp_path / "desk", sink.port)
    database = config.parent / "desk.db"
    restore(left, database)
    alice, bob = (reply_address(database, who) for who in ("alice@", "bob@"))

    with serve(config) as desk:
        port = smtp_port(await asyncio.to_thread(desk.ready_line))
        waited = ["<gus1@c.example>", "<hal1@c.example>", "<ida1@c.example>"]
        await sink.wait_for(waited, PATIENCE_SECONDS)
        await write(port, "bob@c.example", bob, "bob9@c.example", "It is worse now")
        await write(port, "alice@c.example", alice, "alice9@c.example", "I need a person")
        await sink.wait_for(["<alice9@c.example>"], PATIENCE_SECONDS)
        said = await until_said(config, "VT-1002-J", "It is worse now")

    assert said == [
        "The printer on floor 3 makes a strange noise",
        "It got worse, see the picture",
        "We come and look at it.",
        "The printer is old: internal secret",
        "It is worse now",
    ]
    assert shown(config, "VT-1001-N")["status"] == "open"
    # Nine came before the end, and two after it.
    assert wrong_sums(config, 11) == []
