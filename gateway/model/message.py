"""What comes in: the raw event as a platform gave it, and what parsing makes of it.

A channel's parser turns a `RawEvent` into exactly one `Parsed` value. Nothing in here is trusted:
every field but ``received_at`` was chosen by whoever sent it, unless its comment says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
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
    ``burst``: events of one burst that come close together are read as one (chat).
    """

    offers: tuple[str, ...]
    lane: str
    burst: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote, as the channel names people.

    ``address`` is normalised for comparison (mail: lower case; chat: the platform's user id) and
    empty when there is none that can be used. ``name`` is for showing only.
    """

    address: str
    name: str = ""
    trust: Trust = Trust.CLAIMED


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file with its bytes. ``digest`` is the SHA-256 of ``content`` in hex."""

    name: str
    media_type: str
    digest: str
    content: bytes = field(repr=False)
    inline: bool = False

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return len(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a person, or a machine, wrote to us.

    ``text`` is the new text, apart from ``quoted`` history; both are plain text with LF line ends,
    free of NUL, lone surrogates and control characters. ``external_id`` is the platform's id of
    this very message ("" when it has none), ``refs`` the ids it answers, nearest first.
    ``tokens`` are strings that look like our reply tokens, unchecked. ``automatic`` and ``own``
    say why a machine, or we ourselves, must have written it. ``digest`` is equal for two
    deliveries of one message and for nothing else. ``copied`` are all addresses it was sent to
    beside ours. ``flags`` are words for agents ("unparseable sender", "parts differ").
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
    attachments: tuple[Attachment, ...] = ()
    recipients: tuple[str, ...] = ()
    copied: tuple[str, ...] = ()
    automatic: str | None = None
    own: str | None = None
    spam: bool = False
    forwarded: bool = False
    flags: tuple[str, ...] = ()
    sent_at: datetime | None = None


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
class Ignored:
    """An event that is no message at all (a join, a test, an empty poke)."""

    channel: str
    digest: str
    reason: str


Parsed = Message | DeliveryReport | Command | Ignored
