"""Where something was said, and how Slack's ids are written in places and external ids.

A place is a room (``C024BE91L``) or a thread in it (``C024BE91L/1712345678.000100``); an external
id is ``slack:<team>/<room>/<ts>``. Receipts and parsed messages use the same functions, so that a
reply finds what it answers. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from channels.slack.payload import is_direct
from gateway.model.message import Talk

_PREFIX = "slack:"


def external_id(team: str, room: str, ts: str) -> str:
    """Return the id of a message that no other message anywhere has."""
    return f"{_PREFIX}{team}/{room}/{ts}"


def room_and_ts(external: str) -> tuple[str, str]:
    """Return the room and the ``ts`` in an external id, two empty texts when it is none."""
    pieces = external.removeprefix(_PREFIX).split("/")
    is_one = external.startswith(_PREFIX) and len(pieces) == 3  # noqa: PLR2004 - team, room, ts
    return (pieces[1], pieces[2]) if is_one else ("", "")


def room_and_thread(where: str) -> tuple[str, str]:
    """Return the room and the thread of a place, "" for no thread."""
    room, _, thread = where.partition("/")
    return room, thread


def talk_of(facts: Mapping[str, str], *, rest: timedelta, addressed: bool = True) -> Talk | None:
    """Return where something was said; None when the event does not tell.

    In a direct conversation ``rest`` of silence ends a topic, outside its threads. What was typed
    as a command is answered in the direct conversation (``dm``): nobody else saw it.
    """
    is_command = facts.get("what") == "command"
    room = facts.get("dm") or ("" if is_command else facts.get("channel", ""))
    root, ts = facts.get("root", ""), facts.get("ts", "")
    if not room:
        room = facts.get("user", "")
        return _direct(room, rest) if room else None
    if is_command or facts.get("dm") or (is_direct(room) and root in ("", ts)):
        return _direct(room, rest)
    return Talk(
        room=room,
        where=f"{room}/{root}",
        key=f"{room}/{root}",
        addressed=addressed or is_direct(room),
        shared=not is_direct(room),
        private=is_direct(room),
        # Who began the thread; Slack does not say it of every event.
        under_ours=not facts.get("me") or facts.get("parent", "") in ("", facts.get("me")),
    )


def _direct(room: str, rest: timedelta) -> Talk:
    return Talk(room=room, where=room, key=room, rest=rest, private=True)
