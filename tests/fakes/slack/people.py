"""What people do in the imitated Slack: write, edit, react, press. Each act is told to the app.

Every act returns the event (or payload) it made; `People.told` hands one over, again if wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.fakes.slack.server import SlackServer
from tests.fakes.slack.workspace import APP, BOT_USER, TEAM, Payload, Room, StoredFile


class People:
    """Acts of people. ``tells`` False: Slack keeps it for itself, as in an outage."""

    def __init__(self, slack: SlackServer) -> None:
        self.slack = slack
        self.workspace = slack.workspace
        self.tells = True
        self._events = 0

    def envelope(self, event: Payload, *, event_id: str = "") -> Payload:
        """Return the outer form of an event, with an id of its own."""
        self._events += 1
        return {
            "token": "verification",
            "team_id": TEAM,
            "context_team_id": TEAM,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": event_id or f"Ev{self._events:08d}",
            "event_time": int(float(str(event.get("event_ts", "0")))),
            "authorizations": [
                {"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True}
            ],
        }

    async def told(self, event: Payload, *, retry: int = 0, event_id: str = "") -> bool:
        """Tell the app of an event; return whether it said "got it"."""
        if not self.tells:
            return False
        payload = self.envelope(event, event_id=event_id)
        return await self.slack.deliver("events_api", payload, retry=retry) is not None

    def write(
        self, user: str, channel: str, text: str, *, thread: str = "", **more: Any
    ) -> Payload:
        """Write a message; return its event, not yet told."""
        room = self.room(channel)
        said = {
            "user": user,
            "text": text,
            "team": TEAM,
            "client_msg_id": self.workspace.next_id("c-"),
        }
        if thread:
            said["thread_ts"] = thread
        message = self.workspace.post(room, {**said, **more})
        return self.event_of(room, message)

    def event_of(self, room: Room, message: Payload) -> Payload:
        """Return the event that tells of a message."""
        shown = {key: value for key, value in message.items() if key != "given"}
        return {
            **shown,
            "channel": room.id,
            "channel_type": room.kind,
            "event_ts": message["ts"],
        }

    def room(self, channel: str) -> Room:
        """Return a room by its id, or that of the bot and a user."""
        if channel in self.workspace.members:
            return self.workspace.direct(channel)
        return self.workspace.rooms[channel]

    async def say(self, user: str, channel: str, text: str, **more: Any) -> Payload:
        """Write a message and have the app told; a mention is told of twice, as Slack does."""
        event = self.write(user, channel, text, **more)
        await self.told(event)
        if f"<@{BOT_USER}>" in text and event["channel_type"] != "im":
            left_out = {"channel_type", "subtype"}
            mention = {k: v for k, v in event.items() if k not in left_out}
            await self.told({**mention, "type": "app_mention"})
        return event

    async def edit(self, event: Payload, text: str) -> Payload:
        """Edit a message."""
        room = self.room(event["channel"])
        message = room.messages[event["ts"]]
        previous = dict(message)
        message |= {"text": text, "edited": {"user": event["user"], "ts": self.workspace.next_ts()}}
        return await self._changed(room, "message_changed", message=message, previous=previous)

    async def delete(self, event: Payload) -> Payload:
        """Delete a message."""
        room = self.room(event["channel"])
        previous = room.messages.pop(event["ts"])
        more = {"deleted_ts": event["ts"], "hidden": True}
        return await self._changed(room, "message_deleted", previous=previous, **more)

    async def _changed(
        self, room: Room, subtype: str, *, previous: Payload, **more: Any
    ) -> Payload:
        ts = self.workspace.next_ts()
        change = {
            "type": "message",
            "subtype": subtype,
            "channel": room.id,
            "channel_type": room.kind,
            "ts": ts,
            "event_ts": ts,
            "previous_message": previous,
            **more,
        }
        await self.told(change)
        return change

    async def react(self, user: str, event: Payload, emoji: str = "ticket", **more: Any) -> bool:
        """React to a message."""
        reaction = {
            "type": "reaction_added",
            "user": user,
            "reaction": emoji,
            "item_user": event.get("user", ""),
            "item": {"type": "message", "channel": event["channel"], "ts": event["ts"]},
            "event_ts": self.workspace.next_ts(),
        }
        return await self.told(reaction, **more)

    async def press(self, user: str, message: Payload, label: str) -> Payload | None:
        """Press a button of a posted message by its label."""
        room = next(r for r in self.workspace.rooms.values() if message["ts"] in r.messages)
        button = next(b for b in buttons(message) if b["text"]["text"] == label)
        container = {"type": "message", "message_ts": message["ts"], "channel_id": room.id}
        if "thread_ts" in message:
            container["thread_ts"] = message["thread_ts"]
        payload = {
            "type": "block_actions",
            **self._who(user),
            "container": container,
            "channel": {"id": room.id, "name": room.name},
            "message": {k: v for k, v in message.items() if k != "given"},
            "response_url": f"{self.slack.base}/response",
            "actions": [{**button, "action_ts": self.workspace.next_ts()}],
        }
        return await self.slack.deliver("interactive", payload)

    async def shortcut(self, user: str, event: Payload) -> Payload | None:
        """Choose "Open a ticket" in the menu of somebody's message."""
        room = self.room(event["channel"])
        payload = {
            "type": "message_action",
            **self._who(user),
            "callback_id": "open_ticket",
            "channel": {"id": room.id, "name": room.name or "directmessage"},
            "message_ts": event["ts"],
            "message": {k: v for k, v in room.messages[event["ts"]].items() if k != "given"},
            "response_url": f"{self.slack.base}/response",
            "action_ts": self.workspace.next_ts(),
        }
        return await self.slack.deliver("interactive", payload)

    async def submit(self, user: str, view: Payload, values: Payload) -> Payload | None:
        """Send a modal with its values, by block id and action id."""
        payload = {
            "type": "view_submission",
            **self._who(user),
            "view": {"hash": "1", **view, "state": {"values": values}},
        }
        return await self.slack.deliver("interactive", payload)

    async def command(self, user: str, channel: str, text: str) -> Payload | None:
        """Type the slash command."""
        room = self.room(channel)
        payload = {
            "token": "verification",
            "team_id": TEAM,
            "channel_id": room.id,
            "channel_name": room.name,
            "user_id": user,
            "user_name": "x",
            "command": "/desk",
            "text": text,
            "api_app_id": APP,
            "response_url": f"{self.slack.base}/response",
            "trigger_id": self._trigger(),
        }
        return await self.slack.deliver("slash_commands", payload)

    def upload(self, name: str, media_type: str, content: bytes) -> Payload:
        """Return a file of somebody, for ``files=`` of what they write."""
        stored = StoredFile(self.workspace.next_id("F"), name, media_type, content)
        self.workspace.files[stored.id] = stored
        return self.workspace.file_object(stored, self.slack.base)

    def _trigger(self) -> str:
        return f"{self.workspace.next_ts()}.trigger"

    def _who(self, user: str) -> Payload:
        member = self.workspace.members[user]
        return {
            "user": {"id": user, "username": member.name, "name": member.name, "team_id": TEAM},
            "team": {"id": TEAM, "domain": "acme"},
            "api_app_id": APP,
            "token": "verification",
            "trigger_id": self._trigger(),
            "enterprise": None,
            "is_enterprise_install": False,
        }


def buttons(message: Payload) -> Sequence[Payload]:
    """Return the buttons that a message shows."""
    return [
        {**element, "block_id": block["block_id"]}
        for block in message.get("blocks", [])
        if block["type"] == "actions"
        for element in block["elements"]
    ]
