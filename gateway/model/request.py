"""The one request model that rules decide on, whatever channel it came by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.model.knowledge import Lesson
from gateway.model.message import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What rules may look at of an attachment: its cleaned name, its type, its size in bytes."""

    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Somebody asks something. ``kind`` is the channel kind ("email"), ``sender`` the address.

    ``text`` is the new text only. ``language`` is one of the desk's languages: that of the text, or
    the likeliest, and then ``language_known`` is False. ``wished`` is the one that its requester
    asked to be answered in, None where they did not. ``foreseen`` is what `Rules.foresee` made of
    it before, None for nothing.
    """

    channel: str
    kind: str
    subject: str
    text: str
    sender: str
    recipients: tuple[str, ...] = ()
    attachments: tuple[FileFacts, ...] = ()
    language: str = "en"
    language_known: bool = True
    wished: str | None = None
    is_reply: bool = False
    is_spam: bool = False
    foreseen: object = field(default=None, compare=False, repr=False)

    @property
    def answered_in(self) -> str:
        """Return the language to answer in."""
        return self.wished or self.language


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the desk knows beside the request itself.

    ``lessons`` say how editions of FAQ entries fared.
    ``automatic`` is the reason why a machine must have sent it, None for people. ``use_faq`` is
    False when somebody asked for a person.
    """

    now: datetime
    known: bool = False
    open_tickets: int = 0
    trust: Trust = Trust.CLAIMED
    automatic: str | None = None
    use_faq: bool = True
    lessons: Mapping[str, Lesson] = field(default_factory=dict, repr=False)
