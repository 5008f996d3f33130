"""One person on two channels: an account on chat is linked with a mail address by a one-time code.

The code goes to the address and comes back on chat, so that whoever links them holds both. A mail
address may be linked with several accounts, an account with one address: they are one person.
A link tells people what belongs together. It proves nothing about who wrote a mail.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

MAIL = "email"
"""The kind of channel whose addresses accounts are linked with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCode:
    """A code that waits to come back: who asked for it, by kind and address, and where it went.

    ``digest`` is a keyed hash of it. An asker has one at a time.
    """

    kind: str
    address: str
    mail: str
    digest: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class CodeMade:
    """A code is on its way; an older one of the same asker counts no more."""

    code: LinkCode


@dataclass(frozen=True, slots=True)
class CodeVoid:
    """A code counts no more: it was guessed at too often."""

    code: LinkCode


@dataclass(frozen=True, slots=True)
class CodeUsed:
    """A code came back, once: its asker and its mail address are one person from now on."""

    code: LinkCode


@dataclass(frozen=True, slots=True)
class Unlinked:
    """An account or a mail address is linked with nobody any more; nor does a code of it count."""

    kind: str
    address: str


LinkStep = CodeMade | CodeVoid | CodeUsed | Unlinked
