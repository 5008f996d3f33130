"""What Slack and Telegram may send, or somebody in their name, and what is said back to rooms.

Real payloads with anything in any place: they are read, or told to be unreadable, and nothing else.
And texts full of markup: nobody is called by them, whoever wrote them.
"""

from __future__ import annotations

import copy
import json
import random  # noqa: TID251 - can be had again by its seed
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from channels.conformance import sample
from channels.slack.markup import render
from channels.slack.payload import facts_of as facts_of_slack
from channels.telegram.keys import facts_of as facts_of_telegram
from gateway.contracts.channel import Parser
from gateway.errors import ParseError
from gateway.model.message import RawEvent
from gateway.model.people import Place
from tests.channels.slack.test_parse import PARSER as SLACK
from tests.channels.telegram.conftest import ME, NAME, make_channel
from tests.fakes.slack import pings
from tests.fakes.telegram_chats import USERNAME
from tests.fakes.telegram_people import (
    command,
    document,
    group,
    mention,
    message,
    photo,
    pressed,
    said_by_bot,
)
from tests.fakes.world import START
from tests.fuzz.outcome import Outcome

JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 2**70, 1.5, "", "x" * 5000, "\ud800", "\0", [], {}, [[]], {"id": {}}, [None],
    "C0HELP001", "1.000001", "<!channel>", {"type": "rich_text", "elements": [{}]},
)  # fmt: skip
CALLS = (
    "<!channel>", "<!here>", "<!everyone>", "<@U0ANA0001>", "<!subteam^S1>", "@channel", "*", "_",
    "&lt;!here&gt;", "<https://evil.example|https://bank.example>", "`", "```", "\n", "> ", "[a](",
    ")", "<", ">", "&", "\u202e", "\0", "tel:1", "![x](y)", "# ", "1. ", "- ", "|", "\\", "é" * 300,
    "😀",
)  # fmt: skip
ANA = "U0ANA0001"
SECTION = {"type": "rich_text_section", "elements": [{"type": "text", "text": "hi"}]}
EVENTS: tuple[dict[str, Any], ...] = (
    {
        "type": "message",
        "channel": "C0HELP001",
        "channel_type": "channel",
        "user": ANA,
        "text": "hi <@UBOT>",
        "ts": "1.000001",
        "thread_ts": "1.000000",
        "files": [{"id": "F1", "name": "a.png", "mimetype": "image/png", "size": 3}],
        "blocks": [{"type": "rich_text", "elements": [SECTION]}],
    },
    {
        "type": "message",
        "subtype": "message_changed",
        "channel": "D1",
        "ts": "2.1",
        "message": {"user": ANA, "text": "new", "ts": "2.0", "edited": {"ts": "2.1"}},
        "previous_message": {"user": ANA, "text": "old", "ts": "2.0"},
    },
    {
        "type": "reaction_added",
        "user": ANA,
        "reaction": "ticket",
        "item": {"type": "message", "channel": "C0HELP001", "ts": "1.0"},
        "item_user": "U2",
    },
)
AROUND = {"type": "event_callback", "team_id": "T1", "authorizations": [{"user_id": "UBOT"}]}
COMMAND = {"command": "/desk", "text": "status", "user_id": ANA, "team_id": "T1"}
PRESS = {"actions": [{"action_id": "helped", "value": "x", "action_ts": "3.0"}]}
FORM = {"id": "V1", "private_metadata": "sealed", "state": {"values": {"a": {"b": {"value": "c"}}}}}
WHO = {"user": {"id": ANA}, "team": {"id": "T1"}}
SLACK_SEEDS: tuple[dict[str, Any], ...] = (
    *({**AROUND, "event_id": f"Ev{number}", "event": event} for number, event in enumerate(EVENTS)),
    {**COMMAND, "channel_id": "D1", "trigger_id": "1"},
    {"type": "block_actions", **WHO, "channel": {"id": "D1"}, "message": {"ts": "1.0"}, **PRESS},
    {"type": "view_submission", **WHO, "view": FORM},
)


def telegram_seeds() -> tuple[dict[str, Any], ...]:
    """Return updates of each kind that is looked at."""
    bodies = (
        message("hi"),
        mention(f"@{USERNAME} hi", chat=group(), reply_to_message=said_by_bot()),
        command("/status"),
        message(photo=photo("p"), caption="look", media_group_id="1"),
        message(document=document("d", "a.txt", 3, "text/plain")),
    )
    return (
        *({"update_id": number, "message": body} for number, body in enumerate(bodies)),
        {"update_id": 8, "edited_message": bodies[0]},
        {"update_id": 9, "callback_query": pressed("x", said_by_bot())},
    )


def _slots(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each container of a payload with each key or place in it."""
    keys = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in list(keys):
        yield node, key
        yield from _slots(node[key])


def mutant(dice: random.Random, seeds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one of some payloads with up to four places gone, doubled, or otherwise filled."""
    payload = copy.deepcopy(dice.choice(seeds))
    for _ in range(dice.randint(1, 4)):
        slots = list(_slots(payload))
        if not slots:
            break
        holder, key = dice.choice(slots)
        what = dice.random()
        if what < 0.3:
            del holder[key]
        elif what < 0.6:
            holder[key] = copy.deepcopy(dice.choice(JUNK))
        elif what < 0.8:
            holder[key] = [copy.deepcopy(holder[key])] * dice.choice((1, 3, 200))
        else:
            other, there = dice.choice(slots)
            holder[key] = copy.deepcopy(other[there])
    return payload


def run(count: int, seed: int) -> Outcome:
    """Try so many payloads, by halves, and a tenth as many texts."""
    dice = random.Random(seed)
    outcome, telegram = Outcome(), telegram_seeds()
    readers: tuple[tuple[str, Sequence[dict[str, Any]], Parser, Callable[[Any], Any]], ...] = (
        ("slack", SLACK_SEEDS, SLACK, facts_of_slack),
        (NAME, telegram, make_channel().parser, lambda update: facts_of_telegram(update, ME)),
    )
    for channel, seeds, parser, facts in readers:
        for _ in range(count // 2):
            read(outcome, channel, parser, mutant(dice, seeds), facts)
    for _ in range(count // 10):
        say(outcome, "".join(dice.choice(CALLS) for _ in range(dice.randint(1, 30))))
    return outcome


def read(
    outcome: Outcome,
    channel: str,
    parser: Parser,
    payload: dict[str, Any],
    facts: Callable[[Any], Any],
) -> None:
    """Have a payload read; nothing but `ParseError` may come of it."""
    outcome.tried += 1
    try:
        body = json.dumps(payload).encode()
        raw = RawEvent(channel=channel, body=body, facts=facts(payload), received_at=START)
        if not parser.keys(raw).offers:
            outcome.faults.append(f"no key: {payload}")
        parser.parse(raw)
    except ParseError:
        pass
    except Exception as error:  # noqa: BLE001 - which one it is, is what is looked for
        outcome.faults.append(f"{error!r}: {json.dumps(payload)[:400]}")


def say(outcome: Outcome, text: str, how: Callable[..., Any] = render) -> None:
    """Render somebody's words for a room; as text of ours they may link, and call nobody either."""
    outcome.tried += 1
    for part in how(sample(Place("slack", "C0HELP001/1.000001"), literal=text, text="")):
        if called := pings(json.loads(part.body)):
            outcome.faults.append(f"{text!r} calls {called}")
