"""Who takes part: places, requesters, teams and their agents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

MOST_ADDRESS = 254
"""RFC 5321 section 4.5.3.1.3, without the brackets."""
_MAIL_ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]",
    re.IGNORECASE,
)
# "(0)" is left out by who dials from abroad.
_BETWEEN_DIGITS = re.compile(r"(?<=\d) *\(0\)|[ ()./-]")


class Way(StrEnum):
    """How somebody reached the desk whose request an agent writes down."""

    PHONE = "phone"
    VISIT = "visit"
    LETTER = "letter"
    EMAIL = "email"


def is_mail_address(text: str) -> bool:
    """Return whether a text is exactly one plain mail address, as people type them."""
    return len(text) <= MOST_ADDRESS and _MAIL_ADDRESS.fullmatch(text) is not None


def plain_number(text: str) -> str:
    """Return a phone number without what people write between its digits: one name a number."""
    return _BETWEEN_DIGITS.sub("", text)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Somewhere a message can go: a channel's name (or kind) and the platform's address there.

    Written ``<channel>:<where>``: ``support-mail:ana@corp.example``, ``slack:#network``.
    """

    channel: str
    where: str

    def __str__(self) -> str:
        """Return the written form."""
        return f"{self.channel}:{self.where}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """Return the place a text names.

        Raises:
            ValueError: there is no colon, or nothing on one side of it.
        """
        channel, colon, where = text.partition(":")
        if not (channel and colon and where):
            raise ValueError(f"{text!r} is not a place: expected <channel>:<where>")
        return cls(channel, where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A requester known by an address on a channel kind.

    ``language`` is the last one they wrote in, ``wished`` the one they asked to be answered in,
    None while they did not. ``automatic_at`` is when we last sent this address
    something by ourselves. ``dead`` says why nothing should be sent there, None while it works.
    """

    kind: str
    address: str
    name: str = ""
    language: str | None = None
    wished: str | None = None
    automatic_at: datetime | None = None
    dead: str | None = None


class Replies(StrEnum):
    """What an agent's plain text in a team's room is."""

    EXPLICIT = "explicit"
    """A note: only words go out."""
    THREAD = "thread"
    """An answer to the requester: only ``!note`` stays inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team of the rule files. ``tell`` are the places where it hears of its tickets."""

    id: str
    level: int
    tell: tuple[Place, ...] = ()
    agents: tuple[str, ...] = ()
    next_team: str | None = None
    private: bool = False
    replies: Replies = Replies.EXPLICIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent of the rule files. ``addresses`` maps a channel name or kind to the id there."""

    id: str
    name: str
    level: int | None = None
    addresses: Mapping[str, str] = field(default_factory=dict)
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A FAQ entry as the journey needs it: its first question and its answer, by language.

    ``edition`` names it as it is worded now: what became of its answers counts until it is changed.
    """

    id: str
    questions: Mapping[str, str]
    answers: Mapping[str, str]
    tags: tuple[str, ...] = ()
    edition: str = ""
