"""What identifies and orders an event of Slack before anybody reads it.

Called through `parser.SlackParser.keys` when an event is stored. A message has two keys: the
event's id, which is the same when Slack tells of it again, and where and when it was written,
which is the same when Slack tells of it under another id (a mention comes as ``message`` and as
``app_mention``; copies with ids of their own: github.com/slackapi/node-slack-sdk/issues/2141).
Never raises.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from channels.slack.payload import is_direct
from gateway.model.message import Keys, RawEvent

# What happens to a message at most once.
_ONCE = frozenset({"deletion", "reaction", "shortcut"})


def keys_of(raw: RawEvent, quiet: timedelta) -> Keys:
    """Return the offer keys, the lane (the conversation) and the burst (one person there)."""
    facts = {name: value for name, value in raw.facts.items() if isinstance(value, str)}
    offers = tuple(dict.fromkeys((*_event_key(facts), *_own_keys(facts))))
    if not offers:
        offers = (f"slack:raw:{hashlib.sha256(raw.body).hexdigest()}",)
    return Keys(
        offers=offers,
        lane=f"{raw.channel}:{lane_of(facts) or offers[0]}",
        burst=_burst(raw.channel, facts),
        quiet=quiet,
    )


def own_key(facts: dict[str, str]) -> str:
    """Return the key that the platform cannot change by telling of a thing again, "" without."""
    return next(iter(_own_keys(facts)), "")


def lane_of(facts: dict[str, str]) -> str:
    """Return the conversation: a thread of a room, or all of a direct one."""
    team, channel, root = facts.get("team", ""), _where(facts), facts.get("root", "")
    if is_direct(channel):
        return f"{team}/{channel}"
    if channel and root:
        return f"{team}/{channel}/{root}"
    user = facts.get("user", "")
    return f"{team}/{user}" if user else ""


def _where(facts: dict[str, str]) -> str:
    # A slash command is answered in the direct conversation, wherever it was typed.
    return facts.get("dm") or ("" if facts.get("what") == "command" else facts.get("channel", ""))


def _event_key(facts: dict[str, str]) -> tuple[str, ...]:
    event_id = facts.get("event_id")
    return (f"slack:event:{facts.get('team', '')}/{event_id}",) if event_id else ()


def _own_keys(facts: dict[str, str]) -> tuple[str, ...]:
    what, moment, team = facts.get("what", ""), facts.get("moment", ""), facts.get("team", "")
    room, ts = f"{team}/{facts.get('channel', '')}", facts.get("ts", "")
    if what == "command" and moment:
        return (f"slack:command:{team}/{moment}",)
    if what == "view" and ts:
        return (f"slack:view:{ts}",)
    if not facts.get("channel") or not ts:
        return ()
    if what == "message":
        client = facts.get("client")
        # Clients have been seen to send one message twice: both have this id.
        again = (f"slack:client:{room}/{client}",) if client else ()
        return (f"slack:message:{room}/{ts}", *again)
    if what in {"edit", "action"}:
        return (f"slack:{what}:{room}/{ts}/{facts.get('user', '')}/{moment}",)
    return (f"slack:{what}:{room}/{ts}",) if what in _ONCE else ()


def _burst(channel: str, facts: dict[str, str]) -> str | None:
    user, room = facts.get("user"), facts.get("channel")
    if facts.get("what") != "message" or facts.get("alone") or not user or not room:
        return None
    is_top = facts.get("root") == facts.get("ts") or is_direct(room)
    thread = "" if is_top else f"/{facts.get('root')}"
    return f"{channel}:{facts.get('team', '')}/{room}{thread}/{user}"
