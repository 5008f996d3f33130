"""Takes lines from the terminal: each becomes one stored event.

A line answers what the desk said last, and carries that message's reply token. ``/new`` begins
something else, ``/quit`` or the end of input leaves.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from channels.console.terminal import Line
from gateway.contracts.channel import Intake
from gateway.model.message import Json, RawEvent

if TYPE_CHECKING:
    from channels.console import ConsoleChannel

PERSON = "you"


async def receive_lines(channel: ConsoleChannel, intake: Intake) -> None:
    """Take lines until cancelled; after the last one, wait for that."""
    while line := await channel.terminal.next_line():
        word = line.text.strip()
        if word == "/quit":
            break
        if word == "/new":
            channel.said = None
            channel.terminal.show("(a new conversation)\n> ")
        elif word:
            await _take(channel, line, intake)
            await channel.settled()
    channel.ended.set()
    await asyncio.Event().wait()


async def _take(channel: ConsoleChannel, line: Line, intake: Intake) -> None:
    event = RawEvent(
        channel=channel.name,
        body=json.dumps(_body(channel, line)).encode(),
        facts={},
        received_at=channel.world.now(),
    )
    stored = False
    try:
        await intake.accept([event])
        stored = True
    except Exception:  # noqa: BLE001 - whatever went wrong, it is not stored: type it again
        channel.terminal.taken(line, stored=False)
    if stored:
        channel.terminal.taken(line, stored=True)


def _body(channel: ConsoleChannel, line: Line) -> Mapping[str, Json]:
    said, word = channel.said, line.text.strip()
    label = said.buttons.get(word.lower()) if said else None
    return {
        "id": line.id,
        "from": PERSON,
        "text": label or line.text,
        "token": said.token if said else "",
        "answers": said.id if said else "",
    }
