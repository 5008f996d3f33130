"""Who may come in: the connections of one SMTP or LMTP listener, counted and bounded.

Shared by all sessions of a listener. Keeps one address, or a thousand idle connections, from
taking the places of everybody else. Holds the settings that sessions need; never reads a socket.
"""

from __future__ import annotations

import asyncio
import resource
import ssl
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

from channels.email.endpoints import is_loopback
from channels.email.envelope import OwnAddresses
from gateway.contracts.channel import Intake
from gateway.world import World

BUSY = b"421 4.3.2 Too many connections, try again later\r\n"
TOO_MANY_FROM_YOU = b"421 4.7.0 Too many connections from your address\r\n"
STOPPING = b"421 4.3.2 Shutting down, try again later\r\n"
TOO_IDLE = b"421 4.4.2 Idle for too long\r\n"

# Half of the file descriptors stay for the store, the way out and the web.
MAX_SESSIONS = 512
# A relay of one's own connects from loopback and is bounded by the line above only.
MAX_SESSIONS_PER_HOST = 50
# When all places are taken, one who has been silent for this long has to go.
EVICTABLE_AFTER_S = 10.0
# Content of unfinished mails, over all connections; more is told to come back later.
MAX_HELD_BYTES = 96 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """The one name and password that may be used on the way in."""

    user: bytes
    password: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What every session of a listener has to know. ``hostname`` is what we say HELO with."""

    channel: str
    hostname: str
    own: OwnAddresses
    size_limit: int
    world: World
    tls: ssl.SSLContext | None = None
    login: Login | None = None


class Guest(Protocol):
    """What the door asks of a session."""

    host: str
    active_at: float
    is_busy: bool

    def dismiss(self, reply: bytes) -> None:
        """Say a last word and close."""
        ...


class Door:
    """Counts the sessions of one listener, and lets them finish when it closes."""

    def __init__(self, house: House, intake: Intake) -> None:
        self.house = house
        self.intake = intake
        self.held_bytes = 0
        self._guests: set[Guest] = set()
        self._per_host: Counter[str] = Counter()
        self._accepting: set[asyncio.Task[None]] = set()
        self._is_closing = False
        self._max_sessions = min(MAX_SESSIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
        self._max_held = max(MAX_HELD_BYTES, 2 * house.size_limit)

    def refusal(self, host: str, now: float) -> bytes | None:
        """Return what to tell a newcomer who cannot come in, None when they can."""
        if self._is_closing:
            return STOPPING
        from_afar = bool(host) and not is_loopback(host)
        if from_afar and self._per_host[host] >= MAX_SESSIONS_PER_HOST:
            return TOO_MANY_FROM_YOU
        if len(self._guests) >= self._max_sessions and not self._evict(now):
            return BUSY
        return None

    def enter(self, guest: Guest) -> None:
        """Count a session in."""
        self._guests.add(guest)
        self._per_host[guest.host] += 1

    def leave(self, guest: Guest) -> None:
        """Count a session out."""
        self._guests.discard(guest)
        self._per_host[guest.host] -= 1
        if not self._per_host[guest.host]:
            del self._per_host[guest.host]

    def has_room(self) -> bool:
        """Say whether more content may be held in memory."""
        return self.held_bytes <= self._max_held

    async def accept(self, accepting: Awaitable[None]) -> None:
        """Store something to the end, even when the client hangs up meanwhile."""
        task = asyncio.ensure_future(accepting)
        self._accepting.add(task)
        task.add_done_callback(self._accepted)
        await asyncio.shield(task)

    def _accepted(self, task: asyncio.Task[None]) -> None:
        self._accepting.discard(task)
        if not task.cancelled():
            task.exception()  # seen: whoever waits for it tells the client

    async def shut(self, *, grace_s: float) -> None:
        """Send the idle away, and give running mails this long to come to their end."""
        self._is_closing = True
        # Not asyncio.timeout: before Python 3.11.3 it raises CancelledError, not TimeoutError, in a
        # task that is being cancelled, as ours is.
        loop = asyncio.get_running_loop()
        end = loop.time() + grace_s
        while (  # noqa: ASYNC110 - short
            self._dismiss(idle_only=True) or self._accepting
        ) and loop.time() < end:
            await asyncio.sleep(0.02)
        self._dismiss(idle_only=False)
        for task in self._accepting:
            task.cancel()

    def _dismiss(self, *, idle_only: bool) -> bool:
        """Send sessions away; say whether busy ones are left."""
        for guest in tuple(self._guests):
            if not (idle_only and guest.is_busy):
                guest.dismiss(STOPPING)
        return bool(self._guests)

    def _evict(self, now: float) -> bool:
        idle = (guest for guest in self._guests if not guest.is_busy)
        oldest = min(idle, key=lambda guest: guest.active_at, default=None)
        if oldest is None or now - oldest.active_at < EVICTABLE_AFTER_S:
            return False
        oldest.dismiss(TOO_IDLE)
        return True
