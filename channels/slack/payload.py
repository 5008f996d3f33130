"""What Slack hands over, unwrapped, and what can be told of it at a glance.

Used where an event is taken, to write its `facts`, and where it is read. The facts name the kind
of thing and the ids in it; `keys` needs nothing else. Pure; raises ValueError for what is no
payload, and nothing else for any JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from gateway.model.message import Json

Payload: TypeAlias = Mapping[str, Any]
Facts: TypeAlias = dict[str, Json]

# Subtypes that are somebody's words. An allow-list: Slack has dozens that are not (joins, topics,
# pins, calls), and adds more. https://docs.slack.dev/reference/events/message#subtypes
CONTENT = frozenset({"", "file_share", "thread_broadcast", "me_message", "bot_message"})
# A deleted message that has replies is not deleted: it becomes this.
TOMBSTONE = "tombstone"
# How an agent's word begins. What follows it in the same breath is no part of it: it may be a note.
WORD = "!"
_MAX_ID = 255


def unwrap(body: bytes) -> Payload:
    """Return the payload in an envelope of Socket Mode, in a form, or as it is.

    Raises:
        ValueError: it is neither (UnicodeDecodeError and JSONDecodeError are ValueErrors).
    """
    text = body.decode()
    if text.lstrip()[:1] == "{":
        found = json.loads(text)
    else:
        form = dict(parse_qsl(text, strict_parsing=True))
        found = json.loads(form["payload"]) if "payload" in form else form
    if isinstance(found, dict) and "envelope_id" in found:
        found = found.get("payload")
    if not isinstance(found, dict) or not found:
        raise ValueError("this is no payload of Slack")
    return found


def facts_of(payload: Payload) -> Facts:
    """Return the kind of a payload (``what``) and the ids in it; "" for what is not there."""
    kind = text_at(payload, "type")
    if kind == "event_callback":
        found = _of_event(payload)
    elif kind == "block_actions":
        found = _of_action(payload)
    elif kind == "view_submission":
        found = {"what": "view", "ts": text_at(payload, "view", "id")}
    elif kind == "message_action":
        found = _of_shortcut(payload)
    elif "command" in payload:
        found = _of_command(payload)
    else:
        found = {"what": "other"}
    found.setdefault("team", _team(payload))
    found.setdefault("user", text_at(payload, "user", "id"))
    return found


def text_at(payload: Any, *path: str, limit: int = _MAX_ID) -> str:
    """Return a short line somewhere inside, "" when it is not there or is no text.

    Controls, lone surrogates and what turns text around are blanks in it.
    """
    for step in path:
        payload = payload.get(step) if isinstance(payload, Mapping) else None
    if not isinstance(payload, str):
        return ""
    text = payload[:limit]
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else " " for letter in text)


def part_at(payload: Any, key: str) -> Payload:
    """Return an object inside, an empty one when it is not there."""
    found = payload.get(key) if isinstance(payload, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def list_at(payload: Any, key: str) -> list[Any]:
    """Return a list inside, an empty one when it is not there."""
    found = payload.get(key) if isinstance(payload, Mapping) else None
    return found if isinstance(found, list) else []


def is_direct(channel: str) -> bool:
    """Return whether a conversation is between the app and one person: its id says so."""
    return channel.startswith("D")


def authorization(payload: Payload) -> Payload:
    """Return for which installation of the app an event came."""
    found = list_at(payload, "authorizations")[:1]
    return found[0] if found and isinstance(found[0], Mapping) else {}


def _team(payload: Payload) -> str:
    # In a shared channel the outer team is sometimes the other company's; ours is who authorised.
    return (
        text_at(authorization(payload), "team_id")
        or text_at(payload, "context_team_id")
        or text_at(payload, "team_id")
        or text_at(payload, "team", "id")
        or text_at(payload, "user", "team_id")
    )


def _of_event(payload: Payload) -> Facts:
    event = part_at(payload, "event")
    kind, subtype = text_at(event, "type"), text_at(event, "subtype")
    facts: Facts = {"event_id": text_at(payload, "event_id")}
    if kind == "reaction_added":
        return facts | _of_reaction(event)
    if kind not in {"message", "app_mention"}:
        return facts | {"what": "other"}
    facts["channel"] = text_at(event, "channel")
    if subtype == "message_deleted":
        return facts | _of_deletion(event)
    if subtype == "message_changed":
        return facts | _of_change(event)
    if subtype not in CONTENT:
        return facts | {"what": "other", "ts": text_at(event, "ts")}
    ts = text_at(event, "ts")
    return facts | {
        "what": "message",
        "ts": ts,
        "root": text_at(event, "thread_ts") or ts,
        "user": text_at(event, "user"),
        "client": text_at(event, "client_msg_id"),
        "parent": text_at(event, "parent_user_id"),
        "alone": "yes" if text_at(event, "text").lstrip().startswith(WORD) else "",
    }


def _of_reaction(event: Payload) -> Facts:
    ts = text_at(event, "item", "ts")
    return {
        "what": "reaction",
        "channel": text_at(event, "item", "channel"),
        "ts": ts,
        "root": ts,
        "user": text_at(event, "user"),
        "reaction": text_at(event, "reaction"),
    }


def _of_deletion(event: Payload) -> Facts:
    ts = text_at(event, "deleted_ts")
    before = part_at(event, "previous_message")
    root = text_at(before, "thread_ts") or ts
    return {"what": "deletion", "ts": ts, "root": root, "user": text_at(before, "user")}


def _of_change(event: Payload) -> Facts:
    message = part_at(event, "message")
    ts = text_at(message, "ts")
    is_gone = text_at(message, "subtype") == TOMBSTONE
    return {
        "what": "deletion" if is_gone else "edit",
        "ts": ts,
        "root": text_at(message, "thread_ts") or ts,
        "user": text_at(message, "user") or text_at(event, "previous_message", "user"),
        "moment": text_at(message, "edited", "ts") or text_at(event, "event_ts"),
    }


def _of_action(payload: Payload) -> Facts:
    container = part_at(payload, "container")
    ts = text_at(container, "message_ts")
    actions = list_at(payload, "actions")
    return {
        "what": "action",
        "channel": text_at(container, "channel_id") or text_at(payload, "channel", "id"),
        "ts": ts,
        "root": text_at(container, "thread_ts") or text_at(payload, "message", "thread_ts") or ts,
        "moment": ".".join(text_at(each, "action_ts") for each in actions[:3]),
    }


def _of_shortcut(payload: Payload) -> Facts:
    ts = text_at(payload, "message_ts") or text_at(payload, "message", "ts")
    return {
        "what": "shortcut",
        "channel": text_at(payload, "channel", "id"),
        "ts": ts,
        "root": text_at(payload, "message", "thread_ts") or ts,
    }


def _of_command(payload: Payload) -> Facts:
    return {
        "what": "command",
        "channel": text_at(payload, "channel_id"),
        "user": text_at(payload, "user_id"),
        "moment": text_at(payload, "trigger_id"),
    }
