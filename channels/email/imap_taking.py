r"""Takes what is new in an IMAP mailbox: fetched, and stored in one commit with how far we are.

Used by `imap`, which keeps the connection. ``\Seen`` is set afterwards, as a courtesy to people.
Raises ImapError and OSError when the connection is of no use any more, and StoreUnavailable: then
nothing of the batch at hand was stored.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from channels.email.imap_position import Position
from channels.email.imap_session import Fetched, ImapError, ImapSession, Listing, Login
from channels.email.imap_threads import in_thread
from gateway.contracts.channel import Cursor, Intake
from gateway.model.message import RawEvent
from gateway.world import World

log = logging.getLogger(__name__)

BATCH_BYTES = 8 * 1024 * 1024
BATCH_MAILS = 100
# A mail whose fetching failed so often, alone, is not what keeps all others waiting.
MAX_TRIES = 3


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

    @property
    def about(self) -> dict[str, object]:
        """Return what a line in the log says of it."""
        server = self.login.server
        return {"channel": self.channel, "mailbox": server.mailbox, "server": str(server)}


class Taking:
    """Takes the mails of one mailbox; it remembers, over connections, which of them broke one."""

    def __init__(self, settings: MailboxSettings, world: World, intake: Intake) -> None:
        self._settings = settings
        self._world = world
        self._intake = intake
        self._tries: Counter[int] = Counter()
        self._is_careful = False

    async def position(self, session: ImapSession) -> Position:
        """Return how far this mailbox has been read; in one that is new to us, where to begin."""
        cursor = await self._intake.cursor(self._settings.key)
        validity, uid_next = session.uid_validity, session.uid_next
        if cursor is None:
            now = self._world.now()
            position = Position.first(validity, uid_next, now, self._settings.first_look)
        else:
            position = Position.read(cursor.value)
            if position.uid_validity == validity:
                return position
            log.warning("mailbox was renumbered, it is read again", extra=self._settings.about)
            position = position.renumbered(validity, uid_next)
        # Stored at once: when we first looked must not move, even if we are stopped here.
        await self._intake.accept([], self._cursor(position))
        return position

    async def take_new(self, session: ImapSession, position: Position) -> Position:
        """Take everything that came since, and return the new position."""
        if position.looks_back:
            position = await self._look_back(session, position)
        uids = await in_thread(session.uids, position.uid + 1)
        if uids:
            listings = await in_thread(session.listings, uids)
            position = await self._take(session, position, listings)
        return position

    async def _look_back(self, session: ImapSession, position: Position) -> Position:
        """Go through what was there before we looked, and take what we want of it."""
        last, since = position.look_back_to, position.unread_since
        uids = await in_thread(session.uids, position.uid + 1, last, since)
        listings = await in_thread(session.listings, uids)
        wanted = [mail for mail in listings if position.wants(mail)]
        position = await self._take(session, position, wanted)
        position = position.after(last)
        await self._intake.accept([], self._cursor(position))
        skipped = max(0, session.count - len(wanted))
        log.info("mailbox looked through", extra=self._settings.about | {"skipped": skipped})
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
                await in_thread(session.mark_seen, seen)
        self._is_careful = False
        self._tries.clear()
        return position

    async def _fetch_or_give_up(
        self, session: ImapSession, batch: Sequence[Listing]
    ) -> list[Fetched]:
        """Fetch a batch; a mail that broke the connection again and again is only mentioned."""
        hopeless = [mail for mail in batch if self._tries[mail.uid] >= MAX_TRIES]
        if hopeless:
            log.error(
                "mail cannot be fetched, it is left in the mailbox", extra=self._settings.about
            )
            return [
                Fetched(uid=mail.uid, body=b"", truncated=max(1, mail.size)) for mail in hopeless
            ]
        try:
            return await in_thread(self._fetch, session, batch)
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
