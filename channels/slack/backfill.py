"""Reads what was said while nobody listened, from the rooms' histories.

Slack tells an event four times within minutes, and then never again. After an outage, and now and
then, the histories of the rooms that the app is in are read from where all was well, with the
threads that the desk has spoken in. What was told in time is known by its key. Raises SendError
when it cannot be finished; then it is begun again later, from the same moment.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from channels.slack.names import Identity
from gateway.errors import ChannelMisconfigured, PermanentFailure, Throttled

if TYPE_CHECKING:
    from channels.slack.api import SlackApi

log = logging.getLogger(__name__)

_TYPES = {"public_channel": "channel", "private_channel": "group", "mpim": "mpim", "im": "im"}
Payload = Mapping[str, Any]


class Histories:
    """The histories of one workspace's rooms."""

    def __init__(self, api: SlackApi, identity: Identity) -> None:
        self._api = api
        self._identity = identity

    async def said_since(
        self, since: float, threads: Iterable[str]
    ) -> AsyncIterator[list[Payload]]:
        """Yield what was said in each room, oldest first, and then in each thread.

        ``threads`` are places ``room/thread``: those whose roots are older than ``since``.
        """
        oldest = f"{max(since, 0.0):.6f}"
        kinds: dict[str, str] = {}
        watched = set(threads)
        async for room, kind in self._rooms():
            kinds[room] = kind
            found = await self._all("conversations_history", room, oldest)
            for message in found:
                if message.get("reply_count"):
                    watched.add(f"{room}/{message['ts']}")
            yield [self._event(message, room, kind) for message in found]
        for place in sorted(watched):
            room, _, root = place.partition("/")
            if room in kinds:
                found = await self._all("conversations_replies", room, oldest, ts=root)
                yield [self._event(message, room, kinds[room]) for message in found]

    async def _rooms(self) -> AsyncIterator[tuple[str, str]]:
        for types, kind in _TYPES.items():
            try:
                given = {"types": types, "exclude_archived": True}
                async for room in self._api.pages("users_conversations", "channels", **given):
                    yield str(room["id"]), kind
            except ChannelMisconfigured as exc:
                if exc.code != "missing_scope":
                    raise
                log.info("slack rooms of a kind are not read again", extra={"kind": kind})

    async def _all(self, method: str, room: str, oldest: str, **more: str) -> list[Payload]:
        while True:
            try:
                given = {"channel": room, "oldest": oldest, "inclusive": True, **more}
                found = [each async for each in self._api.pages(method, "messages", **given)]
            except Throttled as exc:
                await asyncio.sleep(exc.retry_after.total_seconds())
            except PermanentFailure as exc:
                if exc.code not in {
                    "missing_scope",
                    "thread_not_found",
                    "channel_not_found",
                    "not_in_channel",
                }:
                    raise
                return []
            else:
                return sorted(found, key=lambda message: str(message["ts"]))

    def _event(self, message: Payload, room: str, kind: str) -> Payload:
        event = {**message, "channel": room, "channel_type": kind, "event_ts": message["ts"]}
        who = {"team_id": self._identity.team, "user_id": self._identity.user, "is_bot": True}
        return {
            "type": "event_callback",
            "team_id": self._identity.team,
            "event": event,
            "authorizations": [who],
        }
