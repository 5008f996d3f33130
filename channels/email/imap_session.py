"""One logged-in IMAP connection, as `imap` needs it. Everything here blocks: it runs in threads.

imapclient is not thread-safe: one call at a time, whoever waits for it. Mail is fetched by lists of
UIDs (4.x refuses ranges) and always with PEEK. Raises ImapError, MailboxRefused and OSError; after
any of them the connection is of no use.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from imapclient import IMAPClient, SocketTimeout  # type: ignore[import-untyped]
from imapclient.exceptions import (  # type: ignore[import-untyped]
    IMAPClientAbortError,
    IMAPClientError,
    LoginError,
)

from channels.email.endpoints import Server, Tls
from channels.email.oauth import AccessTokens, OAuthError

CONNECT_WITHIN_S = 8.0
# The longest silence in the middle of an answer. Together with `imap.WAIT_S` this is how soon a
# connection that only looks alive is noticed: within a minute.
READ_WITHIN_S = 30.0
# Of a mail that is too big: the header, and this much of its text.
BIG_HEAD = 64 * 1024
_LOOKED_AT_ONCE = 500
_SEARCHED_AT_ONCE = 50_000

# imaplib's log would hold every line, passwords and mails too.
logging.getLogger("imapclient").setLevel(logging.WARNING)

# RFC 5530: the server has trouble, not the password.
_PASSING = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]", "[CONTACTADMIN]")


class ImapError(Exception):
    """The server said something that is no use, or nothing at all."""


class MailboxRefused(ImapError):
    """The server refuses the login, or has no such mailbox: somebody must mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How to log in. ``password`` may raise; ``tokens`` are set where XOAUTH2 is wanted."""

    server: Server
    tls: Callable[[], ssl.SSLContext]
    has_private_ca: bool
    password: Callable[[], str]
    tokens: AccessTokens | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What is known of a mail without reading it."""

    uid: int
    size: int
    is_seen: bool
    arrived_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A mail; ``truncated`` is its whole size when only its beginning was taken, 0 otherwise."""

    uid: int
    body: bytes
    truncated: int = 0


class ImapSession:
    """A selected mailbox. ``uid_next`` is what it was when it was selected."""

    def __init__(self, login: Login, *, read_only: bool = False) -> None:
        with _as_imap_error():
            self._client = _connected(login)
        try:
            with _as_imap_error():
                _protect(self._client, login)
                _log_in(self._client, login)
                state = _select(self._client, login.server.mailbox, read_only=read_only)
                self.can_idle = bool(self._client.has_capability("IDLE"))
        except BaseException:
            self.abort()
            raise
        self.uid_validity = _number(state, b"UIDVALIDITY")
        self.uid_next = _number(state, b"UIDNEXT")
        self.count = _number(state, b"EXISTS")

    # --- looking ----------------------------------------------------------------------------

    def uids(self, first: int, last: int | None = None, since: datetime | None = None) -> list[int]:
        """Return the UIDs from ``first`` to ``last`` (None: all) of mails, oldest first.

        ``since`` leaves out what arrived before that day; the day before it may be there too.
        """
        # The server counts days in a time zone of its own.
        age: list[object] = ["SINCE", (since - timedelta(days=1)).date()] if since else []
        found: list[int] = []
        with _as_imap_error():
            for start, end in _ranges(first, last):
                found += self._client.search(["UID", f"{start}:{end}", *age])
        # "n:*" always names the newest mail, however old it is (RFC 3501 section 6.4.8).
        return sorted(uid for uid in found if uid >= first)

    def listings(self, uids: Sequence[int]) -> list[Listing]:
        """Return what is known of these mails, oldest first; those that have gone are left out."""
        listed: list[Listing] = []
        for start in range(0, len(uids), _LOOKED_AT_ONCE):
            with _as_imap_error():
                answer = self._client.fetch(
                    uids[start : start + _LOOKED_AT_ONCE], ["RFC822.SIZE", "FLAGS", "INTERNALDATE"]
                )
            listed += [_listing(uid, found) for uid, found in answer.items()]
        return sorted(listed, key=lambda one: one.uid)

    # --- taking -----------------------------------------------------------------------------

    def whole(self, uids: Sequence[int]) -> list[Fetched]:
        """Return mails as they are, without marking them as read."""
        with _as_imap_error():
            answer = self._client.fetch(uids, ["BODY.PEEK[]"])
        return [
            Fetched(uid=uid, body=found[b"BODY[]"])
            for uid, found in sorted(answer.items())
            if isinstance(found.get(b"BODY[]"), bytes)
        ]

    def head(self, uid: int, size: int) -> Fetched | None:
        """Return the header and the beginning of a mail that is too big, None when it has gone."""
        wanted = [f"BODY.PEEK[{part}]<0.{BIG_HEAD}>" for part in ("HEADER", "TEXT")]
        with _as_imap_error():
            found = self._client.fetch([uid], wanted).get(uid, {})
        header, text = found.get(b"BODY[HEADER]<0>"), found.get(b"BODY[TEXT]<0>")
        if header is None:
            return None
        return Fetched(uid=uid, body=header + (text or b""), truncated=size)

    def mark_seen(self, uids: Sequence[int]) -> None:
        r"""Set \Seen, as a courtesy to people who look into the mailbox."""
        with _as_imap_error():
            try:
                self._client.add_flags(uids, [b"\\Seen"], silent=True)
            except IMAPClientAbortError:
                raise
            except IMAPClientError:
                return  # the mailbox is read-only for us: our own cursor is what counts

    # --- waiting ----------------------------------------------------------------------------

    def fileno(self) -> int:
        """Return what becomes readable when the server says something."""
        return int(self._client.socket().fileno())

    def begin_idle(self) -> bool:
        """Ask the server to speak when something happens; return whether it has done so already.

        What came together with its consent lies in a buffer of imaplib's, or of TLS, and will
        never make the socket readable.
        """
        with _as_imap_error():
            self._client.idle()
            return self._has_unread()

    def _has_unread(self) -> bool:
        connection = self._client.socket()
        timeout = connection.gettimeout()
        connection.setblocking(False)
        try:
            return bool(self._client._imap.file.peek(1))  # noqa: SLF001 - it cannot be asked
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        finally:
            connection.settimeout(timeout)

    def end_idle(self) -> None:
        """End waiting; what the server said meanwhile is only a hint and is not looked at."""
        with _as_imap_error():
            self._client.idle_done()

    def noop(self) -> None:
        """Ask for a sign of life."""
        with _as_imap_error():
            self._client.noop()

    # --- leaving ----------------------------------------------------------------------------

    def leave(self) -> None:
        """Say goodbye and close."""
        with contextlib.suppress(ImapError, OSError), _as_imap_error():
            self._client.logout()
        self.abort()

    def abort(self) -> None:
        """Close at once; a call that waits in another thread ends with an error."""
        with contextlib.suppress(OSError):
            self._client.socket().shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._client.shutdown()


@contextlib.contextmanager
def _as_imap_error() -> Iterator[None]:
    try:
        yield
    except LoginError as exc:
        kind = ImapError if any(code in str(exc) for code in _PASSING) else MailboxRefused
        raise kind(f"the login was refused: {exc}") from exc
    except (IMAPClientError, OAuthError) as exc:
        raise ImapError(str(exc)) from exc
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as exc:
        # imapclient and imaplib fail in these ways over answers that make no sense.
        raise ImapError(f"an answer that makes no sense: {exc}") from exc


def _connected(login: Login) -> IMAPClient:
    server = login.server
    at_once = server.tls is Tls.AT_ONCE
    client = IMAPClient(
        server.host,
        server.port,
        ssl=at_once,
        ssl_context=login.tls() if at_once else None,
        timeout=SocketTimeout(connect=CONNECT_WITHIN_S, read=READ_WITHIN_S),
    )
    client.normalise_times = False  # so that times keep their zone
    return client


def _protect(client: IMAPClient, login: Login) -> None:
    """Go over to TLS where that is asked for; never on without it."""
    tls = login.server.tls
    if tls is Tls.STARTTLS or (tls is Tls.LOOPBACK and login.has_private_ca):
        client.starttls(login.tls())


def _log_in(client: IMAPClient, login: Login) -> None:
    user = login.server.user
    if login.tokens is not None:
        _log_in_by_token(client, user, login.tokens)
    elif client.has_capability("AUTH=PLAIN"):
        client.plain_login(user, login.password())  # LOGIN cannot carry every password
    else:
        client.login(user, login.password())


def _log_in_by_token(client: IMAPClient, user: str, tokens: AccessTokens) -> None:
    """Log in by an access token; one that is refused is not used again."""
    was_held = tokens.is_held
    try:
        client.oauth2_login(user, tokens.get())
    except LoginError as exc:
        tokens.forget()
        if was_held:
            # It was good once, and ended before its time: nothing for people, a new one is asked.
            raise ImapError(f"the access token is not good any more: {exc}") from exc
        raise


def _select(client: IMAPClient, mailbox: str, *, read_only: bool) -> Mapping[bytes, object]:
    try:
        state: Mapping[bytes, object] = client.select_folder(mailbox, readonly=read_only)
    except IMAPClientAbortError:
        raise
    except IMAPClientError as exc:
        raise MailboxRefused(f"the mailbox {mailbox} cannot be opened: {exc}") from exc
    return state


def _ranges(first: int, last: int | None) -> Iterator[tuple[int, int | str]]:
    """Yield the portions of a search: imaplib refuses lines of more than a million bytes."""
    if last is None:
        yield first, "*"
        return
    for start in range(first, last + 1, _SEARCHED_AT_ONCE):
        yield start, min(last, start + _SEARCHED_AT_ONCE - 1)


def _number(state: Mapping[bytes, object], name: bytes) -> int:
    value = state.get(name)
    if not isinstance(value, int):
        raise ImapError(f"the server did not say {name.decode()} of the mailbox")
    return value


def _listing(uid: int, found: Mapping[bytes, object]) -> Listing:
    size, flags, arrived_at = (found.get(k) for k in (b"RFC822.SIZE", b"FLAGS", b"INTERNALDATE"))
    return Listing(
        uid=uid,
        size=size if isinstance(size, int) else 0,
        is_seen=isinstance(flags, tuple) and b"\\Seen" in flags,
        arrived_at=arrived_at if isinstance(arrived_at, datetime) else None,
    )
