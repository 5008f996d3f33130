"""Orders of the command line: one stored event each, done by ``serve`` or, without one, by us.

On SQLite only one process may write tickets. While ``serve`` runs, a command stores one row of the
built-in channel ``cli`` and waits for its effect; else it takes the desk's lock and does the work.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from gateway import app
from gateway.contracts.channel import Channel
from gateway.contracts.store import Store
from gateway.errors import StoreError, StoreMissing, StoreOutdated
from gateway.journey.accept import Accepting
from gateway.journey.desk import Numbers
from gateway.journey.orders import commands
from gateway.journey.orders.cli_order import REFUSED
from gateway.journey.pipeline import Pipeline
from gateway.model.inbox import InboxRow, InboxState
from gateway.model.message import Attachment, Parsed, RawEvent
from gateway.model.ticket_id import format_reference
from gateway.model.upkeep import nodes_there
from gateway.settings import Settings
from gateway.store import DeskLock, open_store
from gateway.world import RealWorld

WAIT_SECONDS = 10.0
LOOK_SECONDS = 0.05
FIRST_ORDERS = frozenset(("open", "keys_rotate"))
"""What can be done on a desk that has no database yet: somebody called before it began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderResult:
    """What became of an order. ``done`` is False while nobody has carried it out yet.

    ``ok`` is False when it was refused; ``ticket`` is the reference it was about or made.
    """

    done: bool
    ok: bool
    reason: str
    ticket: str | None = None


async def order(
    settings: Settings,
    *,
    name: str,
    by: str,
    ticket: str = "",
    text: str = "",
    arguments: Mapping[str, str] | None = None,
    attachments: tuple[Attachment, ...] = (),
    wait_s: float = WAIT_SECONDS,
) -> OrderResult:
    """Have an order carried out within so many seconds, and return what became of it.

    Raises:
        StoreMissing: there is no desk yet that any of it could be about.
        ConfigError: we would have to do it ourselves, and the desk's files have errors.
        StoreError: the store cannot be written.
    """
    event = commands.order(
        RealWorld(), name=name, by=by, ticket=ticket, text=text,
        arguments=arguments, attachments=attachments,
    )  # fmt: skip
    if name not in FIRST_ORDERS:
        await _require_desk(settings)
    path = app.database_path(settings)
    lock = DeskLock(path) if path is not None else None
    if lock is None:
        by_whom = _by_serve if await _is_served(settings) else _by_us
        return await by_whom(settings, event, wait_s)
    if lock.acquire():
        try:
            return await _by_us(settings, event, wait_s)
        finally:
            lock.release()
    return await _by_serve(settings, event, wait_s)


async def _require_desk(settings: Settings) -> None:
    """Raise StoreMissing where there is no database yet: a mistyped store is no empty desk."""
    with suppress(StoreOutdated):
        async with app.reading(settings):
            pass


async def _is_served(settings: Settings) -> bool:
    """Tell whether a node is there, where several may be.

    Raises:
        StoreOutdated: the database is of an older program, as such nodes may be: `serve` alone
            brings it up to date.
    """
    try:
        async with app.reading(settings) as store:
            return bool(nodes_there(await store.leases(), RealWorld().now()))
    except StoreMissing:
        return False


async def _by_serve(settings: Settings, event: RawEvent, wait_s: float) -> OrderResult:
    async with _writing(settings, sole=False) as store:
        parser = commands.CommandParser()
        await store.accept([(event, parser.keys(event))], None, claim=False)
        effect = parser.parse(event).digest
        for _ in range(int(wait_s / LOOK_SECONDS)):
            row = await store.inbox_by_effect(effect)
            if row is not None:
                return _result(settings, row)
            await asyncio.sleep(LOOK_SECONDS)
    reason = "stored; nobody has carried it out yet (is `ventanilla serve` running?)"
    return OrderResult(done=False, ok=True, reason=reason)


async def _by_us(settings: Settings, event: RawEvent, wait_s: float) -> OrderResult:
    parts = app.load_parts(settings)
    is_alone = app.database_path(settings) is not None
    async with _writing(settings, sole=is_alone) as store:
        desk = await app.build_desk(parts, settings, store, world=RealWorld(), meter=app.NoMeter())
        desk.numbers = Numbers(store, block=1)
        pipeline = Pipeline(lambda: desk, _OwnOrders(), world=desk.world)
        await _accept(store, event, pipeline, parts.channels)
        work = asyncio.create_task(pipeline.run(), name="order")
        try:
            async with asyncio.timeout(wait_s):
                await pipeline.idle()
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        row = await store.inbox_by_effect(commands.CommandParser().parse(event).digest)
        if row is None:
            raise StoreError("the order could not be carried out; see `ventanilla inbox list`")
        return _result(settings, row)


async def _accept(
    store: Store, event: RawEvent, pipeline: Pipeline, channels: Mapping[str, Channel]
) -> None:
    """Store the order and take it in hand, and nothing else that may wait in the inbox."""
    intake = Accepting(
        store,
        app.parsers_of(channels),
        app.NoMeter(),
        node=app.node_name(),
        has_room=lambda: True,
        submit=pipeline.submit,
    )
    await intake.accept([event])


class _OwnOrders:
    """Reads the order we wrote ourselves: that needs no child. See `pipeline.Reader`."""

    async def parse(self, raw: RawEvent) -> Parsed:
        """See `Reader.parse`."""
        return commands.CommandParser().parse(raw)


@asynccontextmanager
async def _writing(settings: Settings, *, sole: bool) -> AsyncIterator[Store]:
    store = await open_store(
        settings.store_url, world=RealWorld(), node=app.node_name(), sole_writer=sole
    )
    try:
        yield store
    finally:
        await store.close()


def _result(settings: Settings, row: InboxRow) -> OrderResult:
    refused = row.reason.startswith(REFUSED)
    number = row.ticket
    return OrderResult(
        done=row.state is InboxState.DONE,
        ok=not refused,
        reason=row.reason.removeprefix(REFUSED),
        ticket=format_reference(settings.policy.prefix, number) if number else None,
    )
