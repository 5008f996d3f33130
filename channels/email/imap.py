r"""Keeps one IMAP mailbox read: fetches what is new, stores it, waits for more.

Run by `receive`, one `Mailbox` per configured mailbox; whatever happens to one, the others go on.
The truth is our own cursor, committed with the mails; IDLE is a hint, and ``\Seen`` a courtesy.
Blocking calls go to a few threads that all mailboxes share. Never raises but when cancelled.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import ParamSpec, TypeVar

from channels.backoff import Backoff
from channels.email.imap_position import Position
from channels.email.imap_session import (
    Fetched,
    ImapError,
    ImapSession,
    Listing,
    Login,
    MailboxRefused,
)
from channels.health import Health
from channels.holding import keep_holding
from gateway.contracts.channel import Cursor, Intake
from gateway.errors import ChannelMisconfigured, GatewayError, in_plain_words
from gateway.model.message import RawEvent
from gateway.world import World

log = logging.getLogger(__name__)

THREADS = 8
# How long to wait for a hint before asking anyway. Servers and routers drop what is silent for
# longer than some minutes; and see `imap_session.READ_WITHIN_S`.
WAIT_S = 25.0
# The first wait after something happened: a mail that came between the search and IDLE is found.
SHORT_WAIT_S = 2.0
BATCH_BYTES = 8 * 1024 * 1024
BATCH_MAILS = 100
# A mail whose fetching failed so often, alone, is not what keeps all others waiting.
MAX_TRIES = 3

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxSettings:
    """What a mailbox has to know of its channel."""

    channel: str
    login: Login
    first_look: timedelta
    size_limit: int

    @property
    def account(self) -> str:
        """Return who is logged in where."""
        return f"{self.login.server.user}@{self.login.server.host}"

    @property
    def title(self) -> str:
        """Return what people call it."""
        return f"mailbox {self.login.server.mailbox} of {self.account}"

    @property
    def key(self) -> str:
        """Return the name of cursor and lease: it outlives the channel's name."""
        return f"imap:{self.account}/{self.login.server.mailbox}"


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="imap")


class Mailbox:
    """One mailbox, read by one node at a time."""

    def __init__(self, settings: MailboxSettings, world: World, health: Health) -> None:
        self._settings = settings
        self._world = world
        self._health = health
        self._backoff = Backoff(world)
        self._tries: Counter[int] = Counter()
        self._is_careful = False
        self._has_heard = False

    async def run(self, intake: Intake) -> None:
        """Read until cancelled."""
        self._intake = intake
        await keep_holding(
            intake,
            self._settings.key,
            self._read_for_ever,
            backoff=self._backoff,
            about=self._about(),
        )

    async def check(self) -> str | None:
        """Log in, look whether the mailbox is there, leave; return what is wrong. Reads no mail."""
        try:
            login = self._settings.login
            session = await self._in_thread(lambda: ImapSession(login, read_only=True))
            await self._in_thread(session.leave)
        except (ImapError, OSError, GatewayError) as exc:
            return f"{self._settings.login.server}: {in_plain_words(exc)}"
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
        opening = _threads().submit(ImapSession, self._settings.login)
        try:
            return await asyncio.wrap_future(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close_late)
            raise

    async def _read(self, session: ImapSession) -> None:
        position = await self._position(session)
        wait_s = SHORT_WAIT_S
        while True:
            done = await self._take_new(session, position)
            self._backoff.reset()
            self._health.heals(self._settings.title)
            self._has_heard = self._has_heard and done == position
            wait_s = WAIT_S if done == position else SHORT_WAIT_S
            position = done
            await self._wait(session, wait_s)

    async def _position(self, session: ImapSession) -> Position:
        cursor = await self._intake.cursor(self._settings.key)
        validity, uid_next = session.uid_validity, session.uid_next
        if cursor is None:
            now = self._world.now()
            position = Position.first(validity, uid_next, now, self._settings.first_look)
        else:
            position = Position.read(cursor.value)
            if position.uid_validity == validity:
                return position
            log.warning("mailbox was renumbered, it is read again", extra=self._about())
            position = position.renumbered(validity, uid_next)
        # Stored at once: when we first looked must not move, even if we are stopped here.
        await self._intake.accept([], self._cursor(position))
        return position

    # --- taking -----------------------------------------------------------------------------

    async def _take_new(self, session: ImapSession, position: Position) -> Position:
        if position.looks_back:
            position = await self._look_back(session, position)
        uids = await self._in_thread(session.uids, position.uid + 1)
        if uids:
            listings = await self._in_thread(session.listings, uids)
            position = await self._take(session, position, listings)
        return position

    async def _look_back(self, session: ImapSession, position: Position) -> Position:
        """Go through what was there before we looked, and take what we want of it."""
        last, since = position.look_back_to, position.unread_since
        uids = await self._in_thread(session.uids, position.uid + 1, last, since)
        listings = await self._in_thread(session.listings, uids)
        wanted = [mail for mail in listings if position.wants(mail)]
        position = await self._take(session, position, wanted)
        position = position.after(last)
        await self._intake.accept([], self._cursor(position))
        skipped = max(0, session.count - len(wanted))
        log.info("mailbox looked through", extra=self._about() | {"skipped": skipped})
        return position

    async def _take(
        self, session: ImapSession, position: Position, listings: Sequence[Listing]
    ) -> Position:
        """Fetch and store mails, batch by batch, each in one commit with the cursor."""
        for batch in _batches(listings, 1 if self._is_careful else BATCH_MAILS):
            fetched = await self._fetch_or_give_up(session, batch)
            position = position.after(batch[-1].uid)
            events = [self._event(mail, position) for mail in fetched]
            await self._intake.accept(events, self._cursor(position))
            seen = [mail.uid for mail in fetched]
            if seen:
                await self._in_thread(session.mark_seen, seen)
        self._is_careful = False
        self._tries.clear()
        return position

    async def _fetch_or_give_up(
        self, session: ImapSession, batch: Sequence[Listing]
    ) -> list[Fetched]:
        """Fetch a batch; a mail that broke the connection again and again is only mentioned."""
        hopeless = [mail for mail in batch if self._tries[mail.uid] >= MAX_TRIES]
        if hopeless:
            log.error("mail cannot be fetched, it is left in the mailbox", extra=self._about())
            return [
                Fetched(uid=mail.uid, body=b"", truncated=max(1, mail.size)) for mail in hopeless
            ]
        try:
            return await self._in_thread(self._fetch, session, batch)
        except (ImapError, OSError):
            self._is_careful = True  # one by one from now on, to find out which it is
            if len(batch) == 1:
                self._tries[batch[0].uid] += 1
            raise

    def _fetch(self, session: ImapSession, batch: Sequence[Listing]) -> list[Fetched]:
        """Return the mails of a batch, and the beginnings of those that are too big. Blocks."""
        limit = self._settings.size_limit
        usual = [mail.uid for mail in batch if mail.size <= limit]
        fetched = session.whole(usual) if usual else []
        heads = [session.head(mail.uid, mail.size) for mail in batch if mail.size > limit]
        return sorted([*fetched, *filter(None, heads)], key=lambda mail: mail.uid)

    def _event(self, mail: Fetched, position: Position) -> RawEvent:
        settings = self._settings
        return RawEvent(
            channel=settings.channel,
            body=mail.body,
            facts={
                "via": "imap",
                "account": settings.account,
                "mailbox": settings.login.server.mailbox,
                "uidvalidity": position.uid_validity,
                "uid": mail.uid,
                "truncated": mail.truncated,
            },
            received_at=self._world.now(),
        )

    def _cursor(self, position: Position) -> Cursor:
        return Cursor(key=self._settings.key, value=position.stored())

    # --- waiting ----------------------------------------------------------------------------

    async def _wait(self, session: ImapSession, wait_s: float) -> None:
        """Wait until the server says something, or until it is time to ask."""
        if not session.can_idle:
            await asyncio.sleep(wait_s)
            await self._in_thread(session.noop)
            return
        has_spoken = await self._in_thread(session.begin_idle)
        if not has_spoken:
            await _until_readable(session, wait_s)
        elif self._has_heard:
            # It has something to say every time, and nothing came of it: it is not asked at once.
            await _until_readable(session, min(wait_s, SHORT_WAIT_S))
        self._has_heard = has_spoken
        await self._in_thread(session.end_idle)

    # --- trouble ----------------------------------------------------------------------------

    def _retry_after(self, exc: Exception) -> float:
        # Servers lock accounts for what is not mended and tried every second.
        needs_mending = isinstance(exc, MailboxRefused | ChannelMisconfigured)
        self._health.ails(self._settings.title, in_plain_words(exc), needs_mending=needs_mending)
        return self._backoff.after_failure(needs_mending=needs_mending)

    def _about(
        self, exc: Exception | None = None, retry_s: float | None = None
    ) -> dict[str, object]:
        about: dict[str, object] = {
            "channel": self._settings.channel,
            "mailbox": self._settings.login.server.mailbox,
            "server": str(self._settings.login.server),
        }
        if exc is not None:
            about |= {"reason": in_plain_words(exc), "retry_s": round(retry_s or 0, 1)}
        return about

    async def _in_thread(self, call: Callable[P, T], *args: P.args, **_: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(_threads(), call, *args)


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


def _batches(listings: Sequence[Listing], most: int) -> Iterator[list[Listing]]:
    """Yield mails in portions of bounded size; one that is bigger comes alone."""
    batch: list[Listing] = []
    size = 0
    for mail in listings:
        if batch and (size + mail.size > BATCH_BYTES or len(batch) >= most):
            yield batch
            batch, size = [], 0
        batch.append(mail)
        size += mail.size
    if batch:
        yield batch
