"""What the journey asks of a channel adapter, and what it gives one.

A channel kind is a package with four rooms (receive, parse, send, markup) and one class that
fulfils `Channel`. It is found by its entry point in the group ``ventanilla.channels`` and must
pass the suite in ``channels.conformance``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from gateway.errors import Problem
from gateway.model.message import Json, Keys, Parsed, RawEvent, RemoteFile
from gateway.model.outgoing import Outgoing, Part, Receipt
from gateway.model.people import Place
from gateway.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far a receiver has read: stored in the commit that stores what it has read."""

    key: str
    value: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a channel can do.

    ``presses``: its buttons come back as `Feedback`, not as words; with ``forms`` one of them may
    open questions to be filled in, whose answers come back with it. ``marks``: it can put a sign on
    somebody else's message. ``whispers``: it can tell something to whoever pressed a button, for
    their eyes alone. ``sends`` is False where it has nothing to send with.
    ``resend_is_harmless``: a repeat has the same id and bytes; then the wire mark need not be
    synced and an uncertain send is sent again. Where it is not, and the channel is no `Confirms`,
    ``on_uncertain`` decides: ``resend`` sends once more, ``hold`` waits for a person.
    """

    threads: bool = True
    attachments: bool = True
    buttons: bool = False
    presses: bool = False
    forms: bool = False
    edits: bool = False
    marks: bool = False
    whispers: bool = False
    sends: bool = True
    resend_is_harmless: bool = False
    on_uncertain: Literal["resend", "hold"] = "resend"
    max_text: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """At most ``count`` sends in ``per``, for each ``scope``: the whole channel, or a room.

    A room is a place's ``where`` up to the first ``/``. ``only`` limits it to rooms that begin so.
    """

    scope: Literal["channel", "room"]
    count: int
    per: timedelta
    only: str = ""


@runtime_checkable
class Parser(Protocol):
    """Reads stored events. Picklable, no sockets, no secrets: it runs in a killable child."""

    def keys(self, raw: RawEvent) -> Keys:
        """Return what identifies and orders an event; reads at most 8 KB of it, never raises."""
        ...

    def parse(self, raw: RawEvent) -> Parsed:
        """Return what the event is. Pure.

        Raises:
            ParseError: it cannot be read; it is quarantined with its bytes, never lost.
        """
        ...


class Intake(Protocol):
    """What the gateway gives a receiver."""

    async def accept(self, events: Sequence[RawEvent], cursor: Cursor | None = None) -> None:
        """Store events and cursor in one commit; events offered before are passed over.

        Only after this has returned may the platform be told "got it".

        Raises:
            StoreUnavailable: nothing was stored; the platform shall offer it again later.
        """
        ...

    async def cursor(self, key: str) -> Cursor | None:
        """Return the stored cursor, None before the first commit of one."""
        ...

    async def language(self, kind: str, address: str) -> str:
        """Return the language that somebody wished for or wrote last, "" where nobody knows.

        Raises:
            StoreUnavailable: it could not be asked.
        """
        ...

    def lease(self, key: str) -> AbstractAsyncContextManager[None]:
        """Hold a name that only one node may hold at a time; waits for it.

        Raises:
            LeaseLost: it could not be kept; the body was cancelled where it stood.
            StoreUnavailable: it could not be asked for.
        """
        ...


@runtime_checkable
class Channel(Protocol):
    """One configured channel: ``name`` as the admin calls it, ``kind`` what it is."""

    name: str
    kind: str
    abilities: Abilities
    rates: Sequence[Rate]
    parser: Parser

    async def bind(self) -> Mapping[str, str]:
        """Bind listeners, if there are any; return name -> address for the ready line.

        Raises:
            OSError: an address cannot be bound.
        """
        ...

    async def receive(self, intake: Intake) -> None:
        """Take events until cancelled; acknowledge each only after ``accept`` returned for it.

        Heals what can heal by itself (reconnects with back-off); never returns before that.
        """
        ...

    def render(self, outgoing: Outgoing) -> Sequence[Part]:
        """Return the frozen parts of one thing to say, in order. Pure.

        The first part has ``outgoing.outbox_id``; part n (from 2) has ``<outbox_id>.<n>``.
        """
        ...

    async def send(self, part: Part) -> Receipt:
        """Hand one part to the platform, once: no retries of its own.

        Raises:
            TemporaryFailure, Throttled, PermanentFailure, AddressRefused, ChannelMisconfigured,
            Uncertain, PlaceMoved: as `gateway.errors` says.
        """
        ...

    async def check(self, places: Sequence[Place], *, connect: bool) -> Sequence[Problem]:
        """Return what is wrong with its settings and secrets, and with these places on it.

        With ``connect`` also what the platform says. Never takes events from a running desk.
        """
        ...

    def room_of(self, place: Place) -> str:
        """Return a place in the form that ``Talk.room`` has (by mail: that of an address).

        "" while the platform has not told yet which room a name means.
        """
        ...

    async def close(self) -> None:
        """Give back listeners and connections. Idempotent."""
        ...


Address: TypeAlias = tuple[str, int] | str
"""A host with its port, or the path of a socket."""


@runtime_checkable
class Listens(Protocol):
    """A channel that may have a listener of its own, named by the key ``listen`` of its table."""

    def listens(self) -> Address | None:
        """Return where `Channel.bind` listens as it is configured, None where it does not."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a platform says of a user; "" where it says nothing."""

    name: str = ""
    email: str = ""
    language: str = ""


@runtime_checkable
class Fetches(Protocol):
    """A channel whose files lie at the platform."""

    async def fetch(self, file: RemoteFile, max_bytes: int) -> bytes:
        """Return a file's bytes.

        Raises:
            TemporaryFailure, Throttled: another time; asked again a few times.
            PermanentFailure: it cannot be had; ``public`` says why, for agents.
        """
        ...


@runtime_checkable
class Profiles(Protocol):
    """A channel that can tell who a user is."""

    async def profile(self, address: str) -> Profile | None:
        """Return what the platform says of a user, None when it may not be asked. Never raises."""
        ...


@runtime_checkable
class Confirms(Protocol):
    """A channel that can look whether an uncertain part arrived."""

    async def confirm(self, part: Part) -> Receipt | None:
        """Return the receipt of a part that did arrive, None when it is not there.

        Raises:
            TemporaryFailure, Throttled, PermanentFailure: it cannot be told now, or ever.
        """
        ...


@runtime_checkable
class Rereads(Protocol):
    """A channel where an answer quotes what it answers."""

    def reread(self, body: bytes) -> str:
        """Return the text of a part that this channel made, from its bytes. Never raises."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that a channel cannot do at the moment, for which it keeps trying.

    ``what`` names it, the same as long as it lasts: a mailbox, a connection. ``needs_mending`` says
    that time alone will not heal it.
    """

    what: str
    reason: str
    since: datetime
    needs_mending: bool


@runtime_checkable
class Ails(Protocol):
    """A channel that can tell what it cannot do at the moment."""

    def troubles(self) -> Sequence[Trouble]:
        """Return what does not work now; nothing when all is well."""
        ...


class ChannelFactory(Protocol):
    """What an entry point of ``ventanilla.channels`` names: the class of a channel kind."""

    kind: str

    @classmethod
    def settings_model(cls) -> type[Any]:
        """Return the pydantic model of one ``[channels.<name>]`` table of this kind."""
        ...

    @classmethod
    def check_where(cls, where: str) -> Problem | None:
        """Return what is wrong with how a place on such a channel is written; None for nothing."""
        ...

    def __call__(self, name: str, settings: Any, setup: ChannelSetup) -> Channel:
        """Return a channel. Opens nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSetup:
    """What a channel is told of the desk it belongs to.

    ``secrets`` maps the last part of a secret's name (``IMAP_PASSWORD``) to its value, which is
    "" where its file cannot be read: the desk has told that.
    ``size_limit`` is the most bytes one event may have. ``languages`` are the desk's, the first
    its default. ``public_url`` is where the platforms reach us over HTTP, "" where they do not.
    """

    desk_name: str
    size_limit: int
    secrets: Mapping[str, str]
    world: World
    languages: tuple[str, ...] = ("en",)
    public_url: str = ""
