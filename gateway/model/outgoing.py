"""What goes out: from what the journey wants to say to the frozen bytes of one outbox row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gateway.model.message import Attachment, Json, Trust
from gateway.model.people import Place


class Mark(StrEnum):
    """What a small sign on somebody's message says became of it."""

    NOTED = "noted"
    """It is kept, and stays inside."""
    DONE = "done"
    """It was carried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of a form. ``kind`` is the type of its field; "" is an answer where optional."""

    name: str
    label: str
    kind: str
    choices: tuple[str, ...] = ()
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """Something the reader may press. ``word`` is what saying it in words means.

    By mail it is a ``mailto:`` link to the reply address with ``label`` as subject. On chat it
    carries ``id``, at most 64 bytes of ASCII that only we can make, and comes back as `Feedback`.
    With ``questions`` it opens a form, where the channel can; their answers come back with it.
    ``pressers`` are the addresses there of those for whom it opens, empty for everybody; what a
    press means is decided elsewhere.
    """

    label: str
    word: str
    id: str = ""
    questions: tuple[Question, ...] = ()
    pressers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisper:
    """Who alone reads something in a room of many: whoever pressed a button there.

    ``to`` is their address, ``press`` the platform's id of the press, "" where it has none.
    """

    to: str
    press: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One thing to say at one place, in Markdown, before a channel gives it its form.

    ``title`` is our own words for a subject line; ``quoted_subject`` the requester's, which a
    channel may show only when ``trust`` is at least authenticated or a person wrote this
    (``automatic`` False). ``reply_token`` and ``delivery_token`` are bound to this ticket and this
    row ("" where there is none to bind). ``stamp`` is a keyed digest of ``outbox_id``, for ids
    that nobody else can make. ``in_reply_to`` and ``references`` are the platform's ids.
    Shown in this order: ``text``, rendered Markdown source; ``literal``, what a person typed,
    never read as markup; ``closing``, small Markdown below both.
    On chat: ``under`` is the outbox id of the message at this place whose thread it goes into;
    ``state`` the ticket's state in words, for the small line with the reference. With ``edits``,
    the outbox id of an earlier message, there is nothing to say: that message's buttons and
    state line are replaced by these, and its text stays. With ``mark`` there is nothing to say
    either: the message ``in_reply_to`` gets that sign. ``prompts`` is the agents' word whose text
    an answer to this is, "" for none. ``cut_line`` are the words that tell agents to write above
    them, "" where nobody may answer the requester by answering this: see `gateway.model.cut_line`.
    A ``whisper`` is read by one person alone; where that cannot be nobody reads it.
    """

    outbox_id: str
    place: Place
    created_at: datetime
    title: str
    text: str = ""
    literal: str = ""
    closing: str = ""
    language: str = "en"
    reference: str | None = None
    quoted_subject: str = ""
    trust: Trust = Trust.CLAIMED
    automatic: bool = True
    to_agents: bool = False
    sender_name: str = ""
    reply_token: str = ""
    delivery_token: str = ""
    stamp: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    under: str = ""
    edits: str = ""
    state: str = ""
    mark: Mark | None = None
    prompts: str = ""
    whisper: Whisper | None = None
    cut_line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One outbox row, its bytes frozen: every attempt sends exactly these.

    ``facts`` is what sending needs beside the bytes (for mail: ``mail_from`` and ``rcpt``).
    ``external_id`` is the id the platform will know it by, where we may choose it (Message-ID).
    ``anchor`` is the outbox id of an earlier part that this one edits, or goes under. When it is
    sent, the desk fills in ``anchor_id``, the platform's id of that one ("" when it never went
    out), ``anchor_body``, its bytes, and ``is_repeat``: an earlier attempt may have arrived.
    """

    outbox_id: str
    place: Place
    body: bytes = field(repr=False)
    facts: Mapping[str, Json] = field(default_factory=dict)
    external_id: str = ""
    anchor: str = ""
    anchor_id: str = ""
    anchor_body: bytes = field(default=b"", repr=False)
    is_repeat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The platform took it. ``external_id`` is its id there; ``detail`` its own words."""

    external_id: str = ""
    detail: str = ""
