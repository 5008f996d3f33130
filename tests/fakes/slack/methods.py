"""The Web API methods of the imitated Slack, each from its parameters to its answer.

`Methods.call` checks what it is given against `parameters.METHODS`, and the token and its scopes,
as Slack does; what is wrong with a call is kept in ``mistakes`` too, for tests to look at.
"""

from __future__ import annotations

from typing import Any

from tests.fakes.slack.limits import fault_of
from tests.fakes.slack.parameters import METHODS
from tests.fakes.slack.workspace import (
    BOT,
    BOT_USER,
    TEAM,
    Member,
    Payload,
    Room,
    StoredFile,
    Workspace,
)

PAGE = 100
_READ_SCOPE = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


class Refused(Exception):
    """An answer ``ok: false``."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.answer = {"ok": False, "error": error, **more}


class Methods:
    """The methods over one workspace. ``base`` is the server's own address."""

    def __init__(self, workspace: Workspace, *, bot_token: str, app_token: str) -> None:
        self.workspace = workspace
        self.base = ""
        self.tokens = {"bot": bot_token, "app": app_token}
        self.mistakes: list[str] = []
        self.views: list[Payload] = []
        self.ephemeral: list[Payload] = []
        self.marks: list[tuple[str, str]] = []

    def call(self, name: str, token: str, given: Payload) -> Payload:
        """Return the answer of a method."""
        try:
            self._check(name, token, given)
            handler = getattr(self, "_" + name.replace(".", "_"))
            answer: Payload = handler(**given)
        except Refused as refused:
            return refused.answer
        return {"ok": True, **answer}

    def _check(self, name: str, token: str, given: Payload) -> None:
        method = METHODS.get(name)
        if method is None:
            self.mistakes.append(f"{name}: no such method")
            raise Refused("unknown_method")
        self._check_token(name, token)
        missing, unknown = method.required - set(given), set(given) - method.required
        unknown -= method.optional
        if missing or unknown:
            self.mistakes.append(f"{name}: missing {sorted(missing)}, unknown {sorted(unknown)}")
            raise Refused("invalid_arguments")
        if method.scopes and not self.workspace.scopes & set(method.scopes):
            self._lacks(method.scopes[0])

    def _check_token(self, name: str, token: str) -> None:
        wanted = "app" if name == "apps.connections.open" else "bot"
        if not token:
            raise Refused("not_authed")
        if token != self.tokens[wanted]:
            known = token in self.tokens.values()
            raise Refused("not_allowed_token_type" if known else "invalid_auth")

    def _lacks(self, scope: str) -> None:
        provided = ",".join(sorted(self.workspace.scopes))
        raise Refused("missing_scope", needed=scope, provided=provided)

    def _room(self, channel: str) -> Room:
        if channel in self.workspace.members:
            return self.workspace.direct(channel)
        if channel not in self.workspace.rooms:
            raise Refused("channel_not_found")
        return self.workspace.rooms[channel]

    def _room_to_write(self, channel: str) -> Room:
        room = self._room(channel)
        if room.is_archived:
            raise Refused("is_archived")
        is_open = room.kind == "channel" and "chat:write.public" in self.workspace.scopes
        if BOT_USER not in room.members and not is_open:
            raise Refused("not_in_channel" if room.kind == "channel" else "channel_not_found")
        return room

    def _room_to_read(self, channel: str) -> Room:
        room = self._room(channel)
        scope = f"{_READ_SCOPE[room.kind]}:history"
        if scope not in self.workspace.scopes:
            self._lacks(scope)
        if BOT_USER not in room.members:
            raise Refused("not_in_channel")
        return room

    # --- who we are ----------------------------------------------------------------------------

    def _auth_test(self) -> Payload:
        return {
            "url": "https://acme.slack.com/",
            "team": "Acme",
            "user": "desk",
            "team_id": TEAM,
            "user_id": BOT_USER,
            "bot_id": BOT,
            "is_enterprise_install": False,
        }

    def _apps_connections_open(self) -> Payload:
        return {}  # the server adds the address

    def _team_info(self, **_: Any) -> Payload:
        return {"team": {"id": TEAM, "name": "Acme", "domain": "acme"}}

    # --- chat ----------------------------------------------------------------------------------

    def _chat_postMessage(self, channel: str, **said: Any) -> Payload:  # noqa: N802 - Slack's name
        room = self._room_to_write(channel)
        if (fault := fault_of(said)) != "":
            raise Refused(fault)
        content = {k: said[k] for k in ("text", "blocks", "thread_ts", "metadata") if k in said}
        message = self.workspace.post(room, self.workspace.own_message(**content))
        shown = {k: v for k, v in said.items() if k not in content}
        self.workspace.rooms[room.id].messages[message["ts"]].setdefault("given", shown)
        return {"channel": room.id, "ts": message["ts"], "message": message}

    def _chat_postEphemeral(self, channel: str, user: str, **said: Any) -> Payload:  # noqa: N802
        room = self._room_to_write(channel)
        if user not in room.members:
            raise Refused("user_not_in_channel")
        self.ephemeral.append({"channel": channel, "user": user, **said})
        return {"message_ts": self.workspace.next_ts()}

    def _chat_update(self, channel: str, ts: str, **said: Any) -> Payload:
        room = self._room_to_write(channel)
        message = room.messages.get(ts)
        if message is None:
            raise Refused("message_not_found")
        if message.get("bot_id") != BOT:
            raise Refused("cant_update_message")
        if (fault := fault_of(said)) != "":
            raise Refused(fault)
        message.update({k: said[k] for k in ("text", "blocks", "metadata") if k in said})
        message["edited"] = {"user": BOT_USER, "ts": self.workspace.next_ts()}
        return {"channel": room.id, "ts": ts, "text": message.get("text", ""), "message": message}

    def _chat_getPermalink(self, channel: str, message_ts: str) -> Payload:  # noqa: N802
        if message_ts not in self._room(channel).messages:
            raise Refused("message_not_found")
        link = f"https://acme.slack.com/archives/{channel}/p{message_ts.replace('.', '')}"
        return {"channel": channel, "permalink": link}

    # --- conversations -------------------------------------------------------------------------

    def _conversations_list(self, types: str = "public_channel", **page: Any) -> Payload:
        return _page("channels", [self._shown(room) for room in self._rooms(types)], **page)

    def _users_conversations(self, types: str = "public_channel", **page: Any) -> Payload:
        mine = [room for room in self._rooms(types) if BOT_USER in room.members]
        return _page("channels", [self._shown(room) for room in mine], **page)

    def _rooms(self, types: str) -> list[Room]:
        names = {"channel": "public_channel", "group": "private_channel"}
        wanted = types.split(",")
        for kind in ("channel", "group", "im", "mpim"):
            if names.get(kind, kind) in wanted:
                scope = f"{_READ_SCOPE[kind]}:read"
                if scope not in self.workspace.scopes:
                    self._lacks(scope)
        return [
            room
            for room in self.workspace.rooms.values()
            if names.get(room.kind, room.kind) in wanted
            and (room.kind == "channel" or BOT_USER in room.members)
        ]

    def _conversations_info(self, channel: str, **_: Any) -> Payload:
        room = self._room(channel)
        if room.kind != "channel" and BOT_USER not in room.members:
            raise Refused("channel_not_found")
        return {"channel": self._shown(room)}

    def _conversations_open(self, users: str = "", **_: Any) -> Payload:
        if users not in self.workspace.members:
            raise Refused("user_not_found")
        return {"channel": {"id": self.workspace.direct(users).id}}

    def _shown(self, room: Room) -> Payload:
        return {
            "id": room.id,
            "name": room.name,
            "is_channel": room.kind == "channel",
            "is_group": room.kind == "group",
            "is_im": room.kind == "im",
            "is_mpim": room.kind == "mpim",
            "is_private": room.kind != "channel",
            "is_archived": room.is_archived,
            "is_member": BOT_USER in room.members,
        }

    def _conversations_history(self, channel: str, **page: Any) -> Payload:
        return _messages(self._room_to_read(channel).top(), **page)

    def _conversations_replies(self, channel: str, ts: str, **page: Any) -> Payload:
        thread = self._room_to_read(channel).thread(ts)
        if not thread:
            raise Refused("thread_not_found")
        return _messages(thread, **page)

    # --- people, views, files ------------------------------------------------------------------

    def _users_info(self, user: str, **_: Any) -> Payload:
        if user not in self.workspace.members:
            raise Refused("user_not_found")
        return {"user": self._profile(self.workspace.members[user])}

    def _profile(self, member: Member) -> Payload:
        profile = {"real_name": member.name, "display_name": member.name.split()[0]}
        if member.email and "users:read.email" in self.workspace.scopes and member.team == TEAM:
            profile["email"] = member.email
        return {
            "id": member.id,
            "team_id": member.team,
            "real_name": member.name,
            "locale": member.locale,
            "is_bot": member.is_bot,
            "is_restricted": member.is_guest,
            "is_stranger": member.team != TEAM,
            "profile": profile,
        }

    def _reactions_add(self, channel: str, timestamp: str, name: str) -> Payload:
        if timestamp not in self._room(channel).messages:
            raise Refused("message_not_found")
        if (timestamp, name) in self.marks:
            raise Refused("already_reacted")
        self.marks.append((timestamp, name))
        return {}

    def _views_open(self, view: Payload, trigger_id: str = "", **_: Any) -> Payload:
        if not trigger_id:
            raise Refused("invalid_trigger_id")
        opened = {"id": self.workspace.next_id("V"), **view}
        self.views.append(opened)
        return {"view": opened}

    def _files_info(self, file: str, **_: Any) -> Payload:
        if file not in self.workspace.files:
            raise Refused("file_not_found")
        return {"file": self.workspace.file_object(self.workspace.files[file], self.base)}

    def _files_getUploadURLExternal(self, filename: str, length: Any, **_: Any) -> Payload:  # noqa: N802
        if int(length) <= 0:
            raise Refused("invalid_arguments")
        file_id = self.workspace.next_id("F")
        stored = StoredFile(file_id, filename, "application/octet-stream")
        self.workspace.files[file_id] = stored
        return {"upload_url": f"{self.base}/upload/{file_id}", "file_id": file_id}

    def _files_completeUploadExternal(  # noqa: N802
        self, files: list[Payload], channel_id: str = "", thread_ts: str = "", **_: Any
    ) -> Payload:
        stored = [self.workspace.files[each["id"]] for each in files]
        if any(one.content is None for one in stored):
            raise Refused("file_not_found")
        for one, each in zip(stored, files, strict=True):
            one.title = each.get("title", one.name)
        shown = [self.workspace.file_object(one, self.base) for one in stored]
        if channel_id:
            room = self._room_to_write(channel_id)
            thread = {"thread_ts": thread_ts} if thread_ts else {}
            content = {"text": "", "files": shown, "upload": True, **thread}
            self.workspace.post(room, self.workspace.own_message(**content))
        return {"files": shown}


def _messages(found: list[Payload], **page: Any) -> Payload:
    oldest, latest = page.get("oldest", "0"), page.get("latest", "9999999999.999999")
    inclusive = page.get("inclusive") in (True, "true", "1", 1)
    hidden = set() if page.get("include_all_metadata") in (True, "true", "1", 1) else {"metadata"}

    def fits(ts: str) -> bool:
        within = float(oldest) < float(ts) < float(latest)
        return within or (inclusive and ts in (oldest, latest))

    shown = [
        {key: value for key, value in message.items() if key not in hidden | {"given"}}
        for message in found
        if fits(message["ts"])
    ]
    return _page("messages", shown, cursor=page.get("cursor", ""), limit=page.get("limit", PAGE))


def _page(key: str, found: list[Payload], **page: Any) -> Payload:
    start, size = int(page.get("cursor") or 0), int(page.get("limit") or PAGE)
    following = str(start + size) if start + size < len(found) else ""
    return {
        key: found[start : start + size],
        "has_more": bool(following),
        "response_metadata": {"next_cursor": following},
    }
