"""The suite that every channel kind passes, ours and a third party's alike.

A test module inherits `ChannelSuite`, says how its kind is driven (`Driver`), and pytest runs the
rest. `ScriptedIntake` stands in for the gateway: it stores, raises, waits or never answers, as the
test wants. Needs pytest with pytest-asyncio; imported by tests only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol
from unittest import SkipTest

from gateway.contracts.channel import Channel, Cursor
from gateway.errors import (
    AddressRefused,
    ParseError,
    StoreUnavailable,
    TemporaryFailure,
    Throttled,
)
from gateway.model.message import Parsed, RawEvent
from gateway.model.outgoing import Outgoing, Part
from gateway.model.people import Place

WAIT_S = 10.0


class ScriptedIntake:
    """An `Intake` in memory that does what it is told.

    ``script`` holds what the next calls of `accept` do before they store: None stores at once, an
    exception is raised (nothing is stored), an event is waited for. When it is empty, `accept`
    stores. ``stored`` are the events in order, with repeats: keys are the store's business. What
    comes as a cursor alone is stored at once: the script is about events.
    """

    def __init__(self, *script: BaseException | asyncio.Event | None) -> None:
        self.script = list(script)
        self.stored: list[RawEvent] = []
        self.cursors: dict[str, Cursor] = {}
        self.offered = 0
        self.held: list[str] = []
        self._changed = asyncio.Event()

    async def accept(self, events: Sequence[RawEvent], cursor: Cursor | None = None) -> None:
        """See `Intake.accept`."""
        if cursor is not None and not events:
            self.cursors[cursor.key] = cursor
            self._changed.set()
            return
        self.offered += 1
        self._changed.set()
        step = self.script.pop(0) if self.script else None
        if isinstance(step, BaseException):
            raise step
        if step is not None:
            await step.wait()
        self.stored += events
        if cursor is not None:
            self.cursors[cursor.key] = cursor
        self._changed.set()

    async def cursor(self, key: str) -> Cursor | None:
        """See `Intake.cursor`."""
        return self.cursors.get(key)

    async def language(self, kind: str, address: str) -> str:
        """See `Intake.language`; here nobody has written before."""
        del kind, address
        return ""

    @asynccontextmanager
    async def lease(self, key: str) -> AsyncIterator[None]:
        """See `Intake.lease`; here nobody else wants it."""
        self.held.append(key)
        yield

    async def until(self, is_met: Callable[[], bool]) -> None:
        """Wait until something holds that `accept` can bring about."""
        async with asyncio.timeout(WAIT_S):
            while not is_met():
                self._changed.clear()
                await self._changed.wait()


class Driver(Protocol):
    """How the suite drives one channel kind; fakes stand at the network edge only."""

    channel: Channel
    place: Place
    """Somewhere on this channel that a message can go to."""
    receives: bool
    """Whether `offer` works: a kind that only sends has nothing to offer."""

    async def offer(self, number: int) -> bool:
        """Let the platform deliver event ``number``; say whether it was told "got it".

        The same number is the same event, with the platform's own id of it. Returns False when
        it was told to come back, or was told nothing within a second.
        """
        ...

    async def delivered(self) -> Sequence[bytes]:
        """Return what has arrived at the platform, oldest first."""
        ...

    async def fail_next(self, how: str) -> None:
        """Make the platform's next answer ``refused address``, ``throttle``, ``temporary``."""
        ...


def sample(place: Place, **changes: object) -> Outgoing:
    """Return something to say at a place."""
    plain = Outgoing(
        outbox_id="aaaaaaaaaaaaaaaa",
        place=place,
        created_at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
        title="We have your request",
        text="Hello,\n\nyour reference is **VT-1042-F**.",
        reference="VT-1042-F",
        reply_token="a" * 32,
        delivery_token="b" * 32,
        stamp="c" * 16,
    )
    return replace(plain, **changes)  # type: ignore[arg-type] # the test names the fields


class ChannelSuite:
    """Inherit it, and give it a ``driver`` fixture."""

    async def _receiving(
        self, driver: Driver, intake: ScriptedIntake, talk: Callable[[], Awaitable[None]]
    ) -> None:
        if not driver.receives:
            raise SkipTest("this kind only sends")
        await driver.channel.bind()
        receiving = asyncio.create_task(driver.channel.receive(intake))
        try:
            await talk()
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)
            await driver.channel.close()

    async def test_an_event_is_stored_before_it_is_acknowledged(self, driver: Driver) -> None:
        """The platform hears "got it" only after `accept` has returned."""
        may_store = asyncio.Event()
        intake = ScriptedIntake(may_store)

        async def talk() -> None:
            offer = asyncio.create_task(driver.offer(1))
            await intake.until(lambda: intake.offered == 1)
            assert not offer.done()
            may_store.set()
            assert await offer

        await self._receiving(driver, intake, talk)
        assert len(intake.stored) == 1

    async def test_an_event_that_was_not_stored_is_not_acknowledged(self, driver: Driver) -> None:
        """A store that cannot write, or a bug of ours, makes the platform come back."""
        intake = ScriptedIntake(StoreUnavailable("locked"), RuntimeError("/secret/path"))

        async def talk() -> None:
            assert not await driver.offer(1)
            assert not await driver.offer(1)
            assert await driver.offer(1)

        await self._receiving(driver, intake, talk)
        assert len(intake.stored) == 1

    async def test_a_receiver_that_is_stopped_while_storing_acknowledges_nothing(
        self, driver: Driver
    ) -> None:
        """When it ends in the middle of `accept`, the platform is not told "got it"."""
        if not driver.receives:
            raise SkipTest("this kind only sends")
        intake = ScriptedIntake(asyncio.Event())
        await driver.channel.bind()
        receiving = asyncio.create_task(driver.channel.receive(intake))
        offer = asyncio.create_task(driver.offer(1))
        await intake.until(lambda: intake.offered == 1)
        receiving.cancel()

        assert not await offer
        assert not intake.stored
        await asyncio.gather(receiving, return_exceptions=True)
        await driver.channel.close()

    async def test_the_same_event_has_the_same_keys(self, driver: Driver) -> None:
        """However often an event is offered, its keys are the ones it had at first."""
        intake = ScriptedIntake()

        async def talk() -> None:
            assert await driver.offer(1)
            assert await driver.offer(1)
            assert await driver.offer(2)

        await self._receiving(driver, intake, talk)
        keys = [frozenset(driver.channel.parser.keys(event).offers) for event in intake.stored]
        assert len(intake.stored) in {2, 3}  # a kind with a cursor does not even offer it twice
        assert len(set(keys)) == 2  # noqa: PLR2004 - events 1 and 2

    async def test_an_unreadable_event_raises_nothing_but_parse_error(self, driver: Driver) -> None:
        """Whatever the bytes are, parsing ends in a value or in `ParseError`."""
        for body in (b"", b"\0", b"\xff" * 512, b"{" * 512, b"\r\n" * 512):
            event = RawEvent(
                channel=driver.channel.name,
                body=body,
                facts={},
                received_at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
            )
            assert driver.channel.parser.keys(event).offers
            _parse(driver.channel, event)

    async def test_a_long_text_is_delivered_whole(self, driver: Driver) -> None:
        """A text over the platform's limits is split or attached, in order, never cut."""
        words = [f"word{number}" for number in range(20_000)]
        parts = driver.channel.render(sample(driver.place, text="", literal=" ".join(words)))

        assert [part.outbox_id for part in parts] == _numbered(parts)
        for part in parts:
            await driver.channel.send(part)

        seen = b" ".join(await driver.delivered())
        assert words[0].encode() in seen
        assert words[-1].encode() in seen

    async def test_rendering_is_pure(self, driver: Driver) -> None:
        """The same thing to say gives the same bytes: every attempt sends exactly these."""
        outgoing = sample(driver.place)

        assert driver.channel.render(outgoing) == driver.channel.render(outgoing)

    async def test_a_refused_address_is_permanent(self, driver: Driver) -> None:
        """An address that does not exist ends in `AddressRefused`, at once."""
        await driver.fail_next("refused address")
        error = await self._error_of(driver)

        assert isinstance(error, AddressRefused)

    async def test_a_throttle_is_temporary(self, driver: Driver) -> None:
        """Being told to slow down is never the end of a message."""
        await driver.fail_next("throttle")
        error = await self._error_of(driver)

        assert isinstance(error, Throttled | TemporaryFailure)

    async def test_a_passing_fault_is_temporary_and_public_words_hide_it(
        self, driver: Driver
    ) -> None:
        """The next attempt succeeds; what everybody may read names no host."""
        await driver.fail_next("temporary")
        error = await self._error_of(driver)

        assert isinstance(error, TemporaryFailure)
        assert "127.0.0.1" not in error.public
        for part in driver.channel.render(sample(driver.place)):
            await driver.channel.send(part)

    async def _error_of(self, driver: Driver) -> Exception | None:
        parts = driver.channel.render(sample(driver.place))
        try:
            await driver.channel.send(parts[0])
        except Exception as exc:  # noqa: BLE001 - the test looks at which it is
            return exc
        return None


def _parse(channel: Channel, event: RawEvent) -> Parsed | None:
    try:
        return channel.parser.parse(event)
    except ParseError:
        return None


def _numbered(parts: Sequence[Part]) -> list[str]:
    first = parts[0].outbox_id
    return [first, *(f"{first}.{number}" for number in range(2, len(parts) + 1))]
