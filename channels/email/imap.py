"""Keeps one IMAP mailbox read: connects, has what is new taken, waits for more.

Run by `receive`, one `Mailbox` per configured mailbox; whatever happens to one, the others go on.
What is taken, and how far we are, is `imap_taking`'s; IDLE is only a hint that there is more.
Blocking calls go to a few threads that all mailboxes share. Never raises but when cancelled.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future

from channels.backoff import Backoff
from channels.email.imap_session import ImapError, ImapSession, MailboxRefused
from channels.email.imap_taking import MailboxSettings, Taking
from channels.email.imap_threads import in_thread, threads
from channels.health import Health
from channels.holding import keep_holding
from channels.problems import says, server_problem
from gateway.contracts.channel import Intake
from gateway.errors import ChannelMisconfigured, GatewayError, Problem, in_plain_words
from gateway.world import World

log = logging.getLogger(__name__)

# How long to wait for a hint before asking anyway. Servers and routers drop what is silent for
# longer than some minutes; and see `imap_session.READ_WITHIN_S`.
WAIT_S = 25.0
# The first wait after something happened: a mail that came between the search and IDLE is found.
SHORT_WAIT_S = 2.0


class Mailbox:
    """One mailbox, read by one node at a time."""

    def __init__(self, settings: MailboxSettings, world: World, health: Health) -> None:
        self._settings = settings
        self._world = world
        self._health = health
        self._backoff = Backoff(world)
        self._has_heard = False

    async def run(self, intake: Intake) -> None:
        """Read until cancelled."""
        self._taking = Taking(self._settings, self._world, intake)
        await keep_holding(
            intake,
            self._settings.key,
            self._read_for_ever,
            backoff=self._backoff,
            about=self._settings.about,
        )

    async def check(self) -> Problem | None:
        """Log in, look whether the mailbox is there, leave; return what is wrong. Reads no mail."""
        try:
            login = self._settings.login
            session = await in_thread(lambda: ImapSession(login, read_only=True))
            await in_thread(session.leave)
        except (ImapError, OSError, GatewayError) as exc:
            return server_problem(f"imap: {says(self._settings.login.server, exc)}", exc)
        return None

    async def _read_for_ever(self) -> None:
        retry_s = 0.0
        try:
            while True:
                await asyncio.sleep(retry_s)
                retry_s = await self._read_until_it_breaks()
        finally:
            # Whoever reads it next has troubles of their own.
            self._health.heals(self._settings.title)

    async def _read_until_it_breaks(self) -> float:
        """Read; return after how many seconds to try again."""
        session: ImapSession | None = None
        try:
            session = await self._open()
            await self._read(session)
        except (ImapError, OSError, GatewayError) as exc:
            retry_s = self._retry_after(exc)
            log.warning("mailbox cannot be read", extra=self._about(exc, retry_s))
        except Exception as exc:
            retry_s = self._retry_after(exc)
            log.exception("mailbox cannot be read", extra=self._about(exc, retry_s))
        finally:
            if session is not None:
                session.abort()
        return retry_s

    async def _open(self) -> ImapSession:
        opening = threads().submit(ImapSession, self._settings.login)
        try:
            return await asyncio.wrap_future(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close_late)
            raise

    async def _read(self, session: ImapSession) -> None:
        position = await self._taking.position(session)
        wait_s = SHORT_WAIT_S
        while True:
            done = await self._taking.take_new(session, position)
            self._backoff.reset()
            self._health.heals(self._settings.title)
            self._has_heard = self._has_heard and done == position
            wait_s = WAIT_S if done == position else SHORT_WAIT_S
            position = done
            await self._wait(session, wait_s)

    # --- waiting ----------------------------------------------------------------------------

    async def _wait(self, session: ImapSession, wait_s: float) -> None:
        """Wait until the server says something, or until it is time to ask."""
        if not session.can_idle:
            await asyncio.sleep(wait_s)
            await in_thread(session.noop)
            return
        has_spoken = await in_thread(session.begin_idle)
        if not has_spoken:
            await _until_readable(session, wait_s)
        elif self._has_heard:
            # It has something to say every time, and nothing came of it: it is not asked at once.
            await _until_readable(session, min(wait_s, SHORT_WAIT_S))
        self._has_heard = has_spoken
        await in_thread(session.end_idle)

    # --- trouble ----------------------------------------------------------------------------

    def _retry_after(self, exc: Exception) -> float:
        # Servers lock accounts for what is not mended and tried every second.
        needs_mending = isinstance(exc, MailboxRefused | ChannelMisconfigured)
        self._health.ails(self._settings.title, in_plain_words(exc), needs_mending=needs_mending)
        return self._backoff.after_failure(needs_mending=needs_mending)

    def _about(self, exc: Exception, retry_s: float) -> dict[str, object]:
        why = {"reason": in_plain_words(exc), "retry_s": round(retry_s, 1)}
        return {**self._settings.about, **why}


async def _until_readable(session: ImapSession, wait_s: float) -> None:
    loop = asyncio.get_running_loop()
    spoken = asyncio.Event()
    loop.add_reader(session.fileno(), spoken.set)
    try:
        async with asyncio.timeout(wait_s):
            await spoken.wait()
    except TimeoutError:
        pass
    finally:
        loop.remove_reader(session.fileno())


def _close_late(opening: Future[ImapSession]) -> None:
    """Close a connection that came about after nobody wanted it any more."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().abort()
