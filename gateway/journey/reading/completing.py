"""What a chat message leaves at its platform: files are fetched, and names looked up.

Before planning, outside any transaction, and never for longer than a minute: what cannot be had
becomes a line for agents that says where it lies. Who a user is, is remembered for an hour.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from gateway.contracts.channel import Channel, Fetches, Profile, Profiles
from gateway.errors import PermanentFailure, SendError, Throttled
from gateway.journey.desk import Desk
from gateway.journey.handover.naming import mentioned
from gateway.model.message import Attachment, Author, Message, Parsed, RemoteFile, Wish

log = structlog.get_logger()

DELAYS_SECONDS = (1.0, 4.0, 15.0)
LONGEST_WAIT_SECONDS = 20.0
FETCH_SECONDS = 60.0
PROFILE_SECONDS = 3.0
PROFILE_KEPT_SECONDS = 3600.0
NO_PROFILE_KEPT_SECONDS = 300.0
MOST_PROFILES = 10_000
MOST_NAMED = 5

Sleep = Callable[[float], Awaitable[None]]


class Completing:
    """Completes messages, and remembers who is who."""

    def __init__(self, *, sleep: Sleep = asyncio.sleep) -> None:
        self._sleep = sleep
        self._profiles: dict[tuple[str, str], tuple[Profile, float]] = {}

    def is_needed(self, desk: Desk, parsed: Parsed) -> bool:
        """Return whether what was said lacks what its platform tells, or told before."""
        if not isinstance(parsed, Message | Wish) or parsed.talk is None:
            return False
        lacks_more = isinstance(parsed, Message) and bool(parsed.files or parsed.named)
        return lacks_more or self._known_profile(desk, parsed.channel, _who(parsed)) != Profile()

    async def complete(self, desk: Desk, said: Message | Wish) -> Message | Wish:
        """Return what was said with its files, and what is told of its author. Never raises."""
        channel = desk.channels.get(said.channel)
        if channel is None:
            return said
        author = _author(said.author, await self._profile(desk, channel, _who(said)))
        if isinstance(said, Wish):
            return replace(said, author=author)
        named = await self._with_names(desk, channel, replace(said, author=author))
        return await self._with_files(desk, channel, named)

    async def _with_names(self, desk: Desk, channel: Channel, message: Message) -> Message:
        """Return a message that names people as their platform does, not by their ids alone."""
        named = message.named[:MOST_NAMED]
        profiles = await asyncio.gather(*(self._profile(desk, channel, who) for who in named))
        text, flags = message.text, message.flags
        for who, profile in zip(named, profiles, strict=True):
            said, meant = f"@{who}", mentioned(profile.name, who)
            text = text.replace(said, meant)
            flags = tuple(flag.replace(said, meant) for flag in flags)
        return replace(message, text=text, flags=flags, named=())

    async def _with_files(self, desk: Desk, channel: Channel, message: Message) -> Message:
        room = desk.policy.limits.size
        files: list[Attachment] = []
        flags, missing = list(message.flags), []
        for remote in message.files:
            try:
                file = await self._file(channel, remote, room)
            except SendError as exc:
                flags.append(_not_copied(remote, exc.public))
                missing.append(remote.name)
            else:
                room -= file.size
                files.append(file)
        return replace(
            message,
            attachments=(*message.attachments, *files),
            files=(),
            flags=tuple(flags),
            missing=tuple(missing),
        )

    def _known_profile(self, desk: Desk, channel: str, who: str) -> Profile | None:
        if not who or not isinstance(desk.channels.get(channel), Profiles):
            return Profile()
        found = self._profiles.get((channel, who))
        return found[0] if found and found[1] > desk.world.monotonic() else None

    async def _profile(self, desk: Desk, channel: Channel, who: str) -> Profile:
        known = self._known_profile(desk, channel.name, who)
        if known is not None or not isinstance(channel, Profiles):
            return known or Profile()
        try:
            async with asyncio.timeout(PROFILE_SECONDS):
                found = await channel.profile(who)
        except Exception as exc:  # noqa: BLE001 - a name is a nicety: nothing may depend on it
            log.warning("no profile", channel=channel.name, error=type(exc).__name__)
            found = None
        kept = PROFILE_KEPT_SECONDS if found else NO_PROFILE_KEPT_SECONDS
        if len(self._profiles) >= MOST_PROFILES:
            self._profiles.clear()
        self._profiles[channel.name, who] = (found or Profile(), desk.world.monotonic() + kept)
        return found or Profile()

    async def _file(self, channel: Channel, remote: RemoteFile, max_bytes: int) -> Attachment:
        if remote.fault:
            raise PermanentFailure(remote.fault, public=remote.fault)
        if not isinstance(channel, Fetches):
            raise PermanentFailure("no fetching", public="this channel does not hand out files")
        if remote.size > max_bytes:
            raise PermanentFailure("too large", public="too large for this desk")
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                content = await self._fetched(channel, remote, max_bytes)
        except TimeoutError as exc:
            public = "the platform did not hand it out in time"
            raise PermanentFailure("timed out", public=public) from exc
        return Attachment(
            name=remote.name,
            media_type=remote.media_type,
            digest=hashlib.sha256(content).hexdigest(),
            content=content,
            said_in=remote.said_in,
        )

    async def _fetched(self, channel: Fetches, remote: RemoteFile, max_bytes: int) -> bytes:
        for delay in DELAYS_SECONDS:
            try:
                return await channel.fetch(remote, max_bytes)
            except PermanentFailure:
                raise
            except Throttled as exc:
                wait = min(exc.retry_after.total_seconds(), LONGEST_WAIT_SECONDS)
                await self._sleep(max(wait, delay))
            except Exception as exc:  # noqa: BLE001 - tried again a few times, then told
                log.warning("file not fetched yet", error=f"{type(exc).__name__}: {exc}")
                await self._sleep(delay)
        try:
            return await channel.fetch(remote, max_bytes)
        except SendError:
            raise
        except Exception as exc:
            public = "the platform did not hand it out"
            raise PermanentFailure(str(exc), public=public) from exc


def _who(said: Message | Wish) -> str:
    """Return whom to look up, "" for a machine."""
    is_machine = isinstance(said, Message) and bool(said.automatic)
    return "" if is_machine else said.author.address


def _author(author: Author, told: Profile) -> Author:
    return replace(
        author,
        name=told.name or author.name,
        email=told.email.lower() or author.email,
        language=told.language or author.language,
    )


def _not_copied(remote: RemoteFile, why: str) -> str:
    where = f" ({remote.link})" if remote.link else ""
    return f"file {remote.name!r} was not copied: {why}{where}"
