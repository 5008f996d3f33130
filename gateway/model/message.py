"""What comes in: the raw event as a platform gave it, and what parsing makes of it.

A channel's parser turns a `RawEvent` into exactly one `Parsed` value. Nothing in here is trusted:
every field but ``received_at`` was chosen by whoever sent it, unless its comment says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import TypeAlias

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None


class Trust(IntEnum):
    """How sure we are of who wrote: a lattice, higher is surer."""

    NONE = 0
    """No usable sender, or an ambiguous one."""
    CLAIMED = 1
    """Somebody says so; a From line alone."""
    AUTHENTICATED = 2
    """Our own receiving server found aligned DMARC."""
    PROVEN = 3
    """A reply token bound to ticket, party and role, or the platform's own verified user id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEvent:
    """One event exactly as a platform handed it over.

    ``facts`` is what stood around the bytes (envelope sender, recipients, mailbox and UID):
    JSON values only, because it is stored beside them.
    """

    channel: str
    body: bytes
    facts: Mapping[str, Json]
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What identifies and orders an event, found without parsing it.

    ``offers``: each is unique in the inbox for ever; an event with any known one is not stored.
    ``lane``: events of one lane are handled one after the other, in the order they were stored.
    ``burst``: events of one burst are read as one (chat): those that come before it has been
    ``quiet`` for so long. Two lanes may share one.
    """

    offers: tuple[str, ...]
    lane: str
    burst: str | None = None
    quiet: timedelta = timedelta(seconds=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote, as the channel names people.

    ``address`` is normalised for comparison (mail: lower case; chat: the platform's user id) and
    empty when there is none that can be used. ``name`` is for showing only; ``email`` is what a
    chat platform says of its user, for rules to look at. ``language`` is the code of what their
    app speaks, "" where the platform does not tell.
    """

    address: str
    name: str = ""
    trust: Trust = Trust.CLAIMED
    email: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file with its bytes. ``digest`` is the SHA-256 of ``content`` in hex.

    ``said_in`` is the external id of the message it came with, where several were read as one.
    """

    name: str
    media_type: str
    digest: str
    content: bytes = field(repr=False)
    inline: bool = False
    said_in: str = ""

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return len(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file that lies at the platform: ``ref`` is what the channel's `Fetches.fetch` takes.

    ``size`` in bytes, 0 where it is not told. ``link`` is where people who may can look at it.
    ``fault`` says why it cannot be had at all ("too large: ..."), "" where it may be fetched.
    ``said_in`` as in `Attachment`.
    """

    name: str
    media_type: str
    ref: str
    size: int = 0
    link: str = ""
    fault: str = ""
    said_in: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """Where on a chat platform something was said.

    ``room`` is the platform's id of the room, as `Channel.room_of` returns it for a place there;
    ``where`` is where an answer goes, in a `Place` (the room, or a thread of it). ``key`` names the
    conversation: the room, or the room, a ``/`` and more. A message under the same key goes on with
    its ticket, unless there was silence for ``rest`` (None: however long). ``addressed``: it was
    said to the desk (a direct message, a mention, a support channel); else it counts only where
    the desk knows the conversation. ``shared``: everybody who writes in this conversation may add
    to its ticket. ``under_ours`` is False where the platform tells that what is answered, or begins
    the thread, was not said by us. ``private``: nobody but the writer and the desk reads it.
    """

    room: str
    where: str
    key: str
    rest: timedelta | None = None
    addressed: bool = True
    shared: bool = False
    under_ours: bool = True
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a person, or a machine, wrote to us.

    ``text`` is the new text, apart from ``quoted`` history; both are plain text with LF line ends,
    free of NUL, lone surrogates and control characters. ``below`` is how much of ``text``, its end,
    stands among the quoted lines of a notice of ours (`gateway.model.cut_line`). ``external_id`` is
    the platform's id of this very message ("" when it has none), ``refs`` the ids it answers,
    nearest first.
    ``tokens`` are strings that look like our reply tokens, unchecked. ``automatic`` and ``own``
    say why a machine, or we ourselves, must have written it. ``digest`` is equal for two
    deliveries of one message and for nothing else. ``copied`` are all addresses it was sent to
    beside ours. ``flags`` are words for agents ("unparseable sender", "parts differ").
    On chat ``talk`` says where it was said, ``files`` lie at the platform still, and ``also`` are
    the external ids of further messages that were read as one with this, ``lines`` how many lines
    of ``text`` each of them has, this one first, and ``missing`` names of files that could not be
    had. ``named`` are addresses of people whom ``text``
    and ``flags`` name by them behind an "@", until their names are looked up. ``foreseen`` is what
    `Rules.foresee` made of it where it was read, None for nothing.
    """

    channel: str
    author: Author
    digest: str
    external_id: str = ""
    refs: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    quoted: str = ""
    below: str = ""
    attachments: tuple[Attachment, ...] = ()
    recipients: tuple[str, ...] = ()
    copied: tuple[str, ...] = ()
    automatic: str | None = None
    own: str | None = None
    spam: bool = False
    forwarded: bool = False
    flags: tuple[str, ...] = ()
    sent_at: datetime | None = None
    talk: Talk | None = None
    files: tuple[RemoteFile, ...] = ()
    also: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()
    missing: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    foreseen: object = field(default=None, compare=False, repr=False)

    @property
    def said(self) -> str:
        """Return what it says: a mail without text speaks by its subject."""
        return self.text if self.text.strip() else self.subject


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """A platform's word on what became of something we sent (RFC 3464 or its poor relations).

    ``action`` is ``failed``, ``delayed`` or ``delivered``; ``status`` an RFC 3463 code or "".
    ``original_ids`` are Message-IDs found in the returned part; ``tokens`` as in `Message`.
    """

    channel: str
    author: Author
    digest: str
    action: str
    status: str = ""
    recipient: str = ""
    diagnostic: str = ""
    tokens: tuple[str, ...] = ()
    original_ids: tuple[str, ...] = ()
    external_id: str = ""
    subject: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """An order given at the desk's own command line: already authorised by the shell it ran in."""

    channel: str
    name: str
    digest: str
    by: str
    ticket: str = ""
    text: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """Somebody pressed a button that we showed, or sent the form behind it.

    ``button`` is the opaque id that we gave it, unchecked. ``values`` are a form's fields by name.
    ``press`` is the platform's id of the press, by which it is answered, "" where it needs none.
    """

    channel: str
    author: Author
    digest: str
    button: str
    press: str = ""
    talk: Talk | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """Somebody changed what they had written, or deleted it (``text`` is None).

    ``external_id`` is that of the message as it was written first.
    """

    channel: str
    author: Author
    digest: str
    external_id: str
    text: str | None
    talk: Talk | None = None


class WishKind(StrEnum):
    """What people may ask of the desk itself, by a platform's own commands."""

    HELP = "help"
    STATUS = "status"
    LANGUAGE = "language"
    NEW = "new"
    """What they write next is something new."""
    LINK = "link"
    """Their account here and a mail address are one person."""
    UNLINK = "unlink"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Somebody asks something of the desk itself; ``argument`` is what stood behind the command."""

    channel: str
    author: Author
    digest: str
    kind: WishKind
    talk: Talk
    argument: str = ""
    external_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """An event that is no message at all (a join, a test, an empty poke)."""

    channel: str
    digest: str
    reason: str


Parsed = Message | DeliveryReport | Command | Feedback | Revision | Wish | Ignored
