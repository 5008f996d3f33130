"""What the platform's names mean: who we are, which room ``#help`` is, where somebody is written.

Each is asked once and kept; rooms' names are kept over restarts too (`Names.kept`), so that a room
stays the same when it is renamed. Raises what `api` raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.errors import ChannelMisconfigured, PermanentFailure

if TYPE_CHECKING:
    from channels.slack.api import SlackApi

_KINDS = "public_channel,private_channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the bot token is: its workspace, its user and its bot id."""

    team: str
    user: str
    bot: str


class Names:
    """Asks and remembers. ``rooms`` maps names without ``#`` to ids."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api
        self._identity: Identity | None = None
        self._direct: dict[str, str] = {}
        self.rooms: dict[str, str] = {}

    @property
    def known_identity(self) -> Identity | None:
        """Return who we are, if it was asked already."""
        return self._identity

    async def identity(self) -> Identity:
        """Return who we are."""
        if self._identity is None:
            said = await self._api.call("auth_test")
            self._identity = Identity(
                team=str(said.get("team_id", "")),
                user=str(said.get("user_id", "")),
                bot=str(said.get("bot_id", "")),
            )
        return self._identity

    async def room_id(self, where: str) -> str:
        """Return the room of a place that is a name, an id, or a user's id.

        Raises:
            PermanentFailure: there is no such room, or we may not see it.
            SendError: it cannot be told now.
        """
        if where.startswith("#"):
            name = where[1:]
            if name not in self.rooms:
                await self.resolve([name])
            if name not in self.rooms:
                reason = f"there is no channel {where}, or the app may not see it"
                raise PermanentFailure(reason, code="channel_not_found")
            return self.rooms[name]
        return await self.direct(where) if where[:1] in {"U", "W"} else where

    async def direct(self, user: str) -> str:
        """Return the direct conversation with somebody."""
        if user not in self._direct:
            said = await self._api.call("conversations_open", users=user)
            self._direct[user] = str(said["channel"]["id"])
        return self._direct[user]

    async def resolve(self, names: Iterable[str]) -> None:
        """Look up names of rooms that are not known yet; what does not exist stays unknown."""
        wanted = set(names) - set(self.rooms)
        if not wanted:
            return
        try:
            await self._look(wanted, _KINDS)
        except ChannelMisconfigured as exc:
            if exc.code != "missing_scope":
                raise
            # Without groups:read there are the public ones still.
            await self._look(wanted, "public_channel")

    async def _look(self, wanted: set[str], types: str) -> None:
        given = {"types": types, "exclude_archived": True}
        async for room in self._api.pages("conversations_list", "channels", **given):
            name = str(room.get("name", ""))
            if name in wanted:
                self.rooms[name] = str(room["id"])
                wanted.discard(name)
            if not wanted:
                return

    def keep(self, kept: Mapping[str, object]) -> None:
        """Take over what was resolved in an earlier run."""
        self.rooms |= {name: str(room) for name, room in kept.items()}
