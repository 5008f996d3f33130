"""The people, rooms, messages and files of an imitated Slack workspace. No network in here.

Times come from the `World` it is made with; a message's ``ts`` is unique and grows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.world import World

Payload = dict[str, Any]

TEAM, APP, BOT_USER, BOT = "T0DESK001", "A0DESK001", "U0DESKBOT", "B0DESKBOT"
ALL_SCOPES = (
    "app_mentions:read", "channels:history", "channels:read", "chat:write", "chat:write.public",
    "commands", "files:read", "files:write", "groups:history", "groups:read", "im:history",
    "im:read", "im:write", "mpim:history", "mpim:read", "reactions:read", "reactions:write",
    "team:read", "users:read", "users:read.email",
)  # fmt: skip


@dataclass
class Member:
    """Somebody, or a bot; ``team`` is another workspace's for a Slack Connect user."""

    id: str
    name: str
    email: str = ""
    locale: str = "en-US"
    is_bot: bool = False
    is_guest: bool = False
    team: str = TEAM


@dataclass
class Room:
    """A conversation; ``kind`` is what events call its type: channel, group, im or mpim."""

    id: str
    name: str
    kind: str = "channel"
    members: set[str] = field(default_factory=set)
    is_archived: bool = False
    messages: dict[str, Payload] = field(default_factory=dict)

    def thread(self, root: str) -> list[Payload]:
        """Return a thread's messages, its root first."""
        return [m for ts, m in sorted(self.messages.items()) if root in (ts, m.get("thread_ts"))]

    def top(self) -> list[Payload]:
        """Return what stands in the room itself, newest first."""
        return [
            m
            for ts, m in sorted(self.messages.items(), reverse=True)
            if m.get("thread_ts", ts) == ts or m.get("subtype") == "thread_broadcast"
        ]


@dataclass
class StoredFile:
    """A file at the platform; ``content`` is None until it has been uploaded."""

    id: str
    name: str
    media_type: str
    content: bytes | None = None
    title: str = ""


class Workspace:
    """Everything there is. ``ts`` of new messages follow the world's clock."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.scopes = set(ALL_SCOPES)
        self.members: dict[str, Member] = {}
        self.rooms: dict[str, Room] = {}
        self.files: dict[str, StoredFile] = {}
        self._last_ts = 0
        self._count = 0
        self.add_member("U0DESKBOT", "desk", is_bot=True)

    def next_id(self, letter: str) -> str:
        """Return an id that nothing has yet."""
        self._count += 1
        return f"{letter}{self._count:08d}X"

    def next_ts(self) -> str:
        """Return a ``ts`` later than any before."""
        self._last_ts = max(self._last_ts + 1, int(self.world.now().timestamp() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def add_member(self, id_: str, name: str, **more: Any) -> Member:
        """Add somebody."""
        self.members[id_] = Member(id_, name, **more)
        return self.members[id_]

    def add_room(self, id_: str, name: str, kind: str = "channel", *, joined: bool = True) -> Room:
        """Add a room with everybody in it; the desk's bot too if it has ``joined``."""
        members = {m for m in self.members if m != BOT_USER or joined}
        self.rooms[id_] = Room(id_, name, kind, members)
        return self.rooms[id_]

    def direct(self, user: str) -> Room:
        """Return the room between the desk's bot and somebody."""
        for room in self.rooms.values():
            if room.kind == "im" and user in room.members:
                return room
        room = Room(self.next_id("D"), "", "im", {user, BOT_USER})
        self.rooms[room.id] = room
        return room

    def post(self, room: Room, message: Payload) -> Payload:
        """Keep a message, as history will show it."""
        ts = self.next_ts()
        kept = {"type": "message", **message, "ts": ts}
        root = room.messages.get(str(kept.get("thread_ts", "")))
        if root is not None:
            root["thread_ts"] = root["ts"]
            root["reply_count"] = root.get("reply_count", 0) + 1
            root["latest_reply"] = ts
        room.messages[ts] = kept
        return kept

    def own_message(self, **content: Any) -> Payload:
        """Return a message as the desk's bot writes it."""
        return {
            "user": BOT_USER,
            "bot_id": BOT,
            "app_id": APP,
            "team": TEAM,
            "bot_profile": {"id": BOT, "app_id": APP, "name": "desk", "team_id": TEAM},
            **content,
        }

    def replies_of_ours(self) -> Iterator[Payload]:
        """Yield what the desk's bot has said, room by room, oldest first."""
        for room in self.rooms.values():
            for _, message in sorted(room.messages.items()):
                if message.get("bot_id") == BOT:
                    yield message

    def file_object(self, stored: StoredFile, base: str) -> Payload:
        """Return a file as messages carry it."""
        return {
            "id": stored.id,
            "name": stored.name,
            "title": stored.title or stored.name,
            "mimetype": stored.media_type,
            "size": len(stored.content or b""),
            "mode": "hosted",
            "is_external": False,
            "url_private": f"{base}/files-pri/{TEAM}-{stored.id}/{stored.name}",
            "url_private_download": f"{base}/files-pri/{TEAM}-{stored.id}/download/{stored.name}",
            "permalink": f"https://acme.slack.com/files/{stored.id}",
        }


def pings(message: Payload) -> list[str]:
    """Return whom a posted message would notify: users, groups, whole channels."""
    called = r"<(@[UW][A-Z0-9]+|![a-z]+(?:\^[A-Z0-9]+)?)[^>]*>"
    found: list[str] = re.findall(called, str(message.get("text", "")))
    if message.get("link_names") or message.get("parse") == "full":
        found += re.findall(r"@(?:channel|here|everyone)\b", str(message.get("text", "")))

    def walk(node: Any) -> None:
        if isinstance(node, list):
            for each in node:
                walk(each)
        elif isinstance(node, dict):
            if node.get("type") == "mrkdwn":
                found.extend(re.findall(called, str(node.get("text", ""))))
            if node.get("type") in {"user", "usergroup", "broadcast"}:
                found.append(str(node))
            walk(list(node.values()))

    walk(message.get("blocks", []))
    return found
