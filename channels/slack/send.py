"""Hands one part to Slack, once, and looks afterwards whether it arrived.

Called through `SlackChannel.send` and `confirm`. A post carries the outbox id in its metadata, a
file a mark in its name: by these an uncertain one is found in the thread, and is sent again only
when it is not there. An edit may be made twice without harm. Raises `gateway.errors.SendError`s.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

import aiohttp

from channels.slack import errors
from channels.slack.markup import EVENT_TYPE, edited
from channels.slack.talk import external_id, room_and_thread, room_and_ts
from gateway.errors import PermanentFailure, SendError, TemporaryFailure
from gateway.model.outgoing import Part, Receipt

if TYPE_CHECKING:
    from channels.slack.api import SlackApi
    from channels.slack.names import Names

# What makes an edit pointless, and is nobody's fault.
_NOTHING_TO_EDIT = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
# A clock of ours may be ahead of Slack's by so much.
_SKEW_S = 120.0


class Sender:
    """Sends parts. One for each channel."""

    def __init__(self, api: SlackApi, names: Names) -> None:
        self._api = api
        self._names = names

    async def send(self, part: Part) -> Receipt:
        """See `Channel.send`."""
        match part.facts.get("call"):
            case "update":
                return await self._update(part)
            case "file":
                return await self._upload(part)
            case "mark":
                return await self._mark(part)
            case "whisper":
                return await self._whisper(part)
            case _:
                return await self._post(part)

    async def confirm(self, part: Part) -> Receipt | None:
        """See `Confirms.confirm`."""
        if part.facts.get("call") in {"update", "mark", "whisper"}:
            return None
        room, thread = await self._target(part)
        async for message in self._said_since(part, room, thread):
            if _is(part, message):
                return await self._receipt(room, str(message["ts"]), "it had arrived")
        return None

    async def _post(self, part: Part) -> Receipt:
        room, thread = await self._target(part)
        below = {"thread_ts": thread} if thread else {}
        said = await self._api.call(
            "chat_postMessage",
            counts=True,
            channel=room,
            link_names=False,
            unfurl_links=False,
            unfurl_media=False,
            **below,
            **json.loads(part.body),
        )
        return await self._receipt(str(said["channel"]), str(said["ts"]))

    async def _update(self, part: Part) -> Receipt:
        room, ts = room_and_ts(part.anchor_id)
        if not ts or not part.anchor_body:
            return Receipt(detail="there is no message to edit")
        try:
            message = edited(part.anchor_body, part.body)
            await self._api.call("chat_update", channel=room, ts=ts, link_names=False, **message)
        except PermanentFailure as exc:
            if exc.code not in _NOTHING_TO_EDIT:
                raise
            return Receipt(detail=exc.reason)
        except ValueError as exc:
            raise PermanentFailure("what was to be edited is no message") from exc
        return Receipt(external_id=part.anchor_id)

    async def _mark(self, part: Part) -> Receipt:
        """Put a sign on somebody's message; where that may not be, nobody misses it."""
        room, ts = room_and_ts(str(part.facts["of"]))
        if not ts:
            return Receipt(detail="there is no message to mark")
        name = json.loads(part.body)["name"]
        try:
            await self._api.call("reactions_add", channel=room, timestamp=ts, name=name)
        except PermanentFailure as exc:
            return Receipt(detail=exc.reason)
        return Receipt(detail=f"marked with {name}")

    async def _whisper(self, part: Part) -> Receipt:
        """Say something that one person sees; who cannot be shown it misses nothing."""
        room, thread = await self._target(part)
        below = {"thread_ts": thread} if thread else {}
        said: dict[str, Any] = json.loads(part.body)
        try:
            await self._api.call("chat_postEphemeral", channel=room, **{**below, **said})
        except PermanentFailure as exc:
            return Receipt(detail=exc.reason)
        return Receipt(detail="whispered")

    async def _upload(self, part: Part) -> Receipt:
        room, thread = await self._target(part)
        name, title = str(part.facts["name"]), str(part.facts["title"])
        place = await self._api.call(
            "files_getUploadURLExternal", filename=name, length=len(part.body)
        )
        await self._put(str(place["upload_url"]), part.body)
        below = {"thread_ts": thread} if thread else {}
        await self._api.call(
            "files_completeUploadExternal",
            counts=True,
            files=[{"id": str(place["file_id"]), "title": title}],
            channel_id=room,
            **below,
        )
        return Receipt(detail=f"file {place['file_id']}")

    async def _put(self, url: str, content: bytes) -> None:
        """Upload bytes, which nobody sees before the upload is completed."""
        try:
            async with self._api.session.post(url, data=content) as answer:
                status, headers = answer.status, answer.headers
        except (TimeoutError, aiohttp.ClientError, OSError) as exc:
            raise TemporaryFailure(f"the file could not be uploaded: {exc}") from exc
        if status != 200:  # noqa: PLR2004 - HTTP: fine
            raise errors.answered("the upload", status, headers)

    async def _target(self, part: Part) -> tuple[str, str]:
        """Return the room and the thread that a part goes to, "" for none."""
        where, thread = room_and_thread(part.place.where)
        room = await self._names.room_id(where)
        if not thread and part.anchor_id:
            anchored, ts = room_and_ts(part.anchor_id)
            thread = ts if anchored == room else ""
        return room, thread

    async def _said_since(
        self, part: Part, room: str, thread: str
    ) -> AsyncIterator[Mapping[str, Any]]:
        since = part.facts.get("since")
        moment = since if isinstance(since, int | float) else 0.0
        given: dict[str, Any] = {"channel": room, "oldest": f"{max(moment - _SKEW_S, 0.0):.6f}"}
        given |= {"include_all_metadata": True}
        method = "conversations_replies" if thread else "conversations_history"
        below = {"ts": thread} if thread else {}
        async for message in self._api.pages(method, "messages", **given, **below):
            yield message

    async def _receipt(self, room: str, ts: str, detail: str = "") -> Receipt:
        try:
            team = (await self._names.identity()).team
        except SendError:
            # It went out; only its name is not known. A reply is found by its thread all the same.
            return Receipt(detail=detail or f"{room}/{ts}")
        return Receipt(external_id=external_id(team, room, ts), detail=detail)


def _is(part: Part, message: Mapping[str, Any]) -> bool:
    if part.facts.get("call") == "file":
        return any(file.get("name") == part.facts["name"] for file in message.get("files") or ())
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    return bool(
        metadata.get("event_type") == EVENT_TYPE and payload.get("outbox_id") == part.outbox_id
    )
