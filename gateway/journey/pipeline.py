"""The journey of a stored event: parse, identify, guard, decide, plan, apply.

`Pipeline` works on many lanes side by side and on each lane in order. An event leaves it in one of
three ways: applied, quarantined after `TRIES` failures with its bytes kept, or given up because
its claim was lost and somebody else has it. A database that is down only makes it wait.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Protocol, assert_never

import structlog

from gateway.contracts.store import Known, Question
from gateway.errors import FenceLost, ParseError, StoreUnavailable, VersionConflict
from gateway.journey import (
    agent_mail,
    cli_order,
    delivery_report,
    follow_up,
    guards,
    limits,
    new_request,
)
from gateway.journey.desk import Desk
from gateway.journey.draft import Draft
from gateway.journey.identify import Identity, Who, identify, question, report_question
from gateway.model.inbox import InboxItem, Outcome
from gateway.model.message import (
    Command,
    DeliveryReport,
    Feedback,
    Ignored,
    Message,
    Parsed,
    RawEvent,
    Revision,
    Wish,
)
from gateway.model.plan import Plan
from gateway.model.ticket import TicketState

log = structlog.get_logger()

TRIES = 3
# The whole desk died, or was too slow, so often with an event in hand. Most were only standing by,
# and the store hands suspects out one at a time: the guilty one gets here alone.
MOST_CRASHES = 10
WORKERS = 24
# Each one means that a neighbour has got on; nobody has so many neighbours.
MOST_CONFLICTS = 30
MOST_IN_HAND = 1000
MOST_BYTES_IN_HAND = 48 * 1024 * 1024
STORE_RETRY_SECONDS = 0.5
CLAIM_BATCH = 200
BIG_FILES = 1024 * 1024
_WITH_HISTORY = (TicketState.ANSWERED, TicketState.ASKING, TicketState.CLOSED)


class Reader(Protocol):
    """Says what a stored event is, wherever it does the reading."""

    async def parse(self, raw: RawEvent) -> Parsed:
        """Return what an event is. Raises `ParseError`, or anything that counts as a try."""
        ...


class Pipeline:
    """Takes claimed events to their end."""

    def __init__(self, desk: Callable[[], Desk], reader: Reader) -> None:
        """``desk`` is asked for each event: deciding waits for the book, accepting does not."""
        self._desk = desk
        self._reader = reader
        self._lanes: dict[str, deque[InboxItem]] = {}
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._in_hand = 0
        self._bytes_in_hand = 0
        self._others_wait = False
        self._more = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._turn = asyncio.Lock()

    def has_room(self) -> bool:
        """Return whether more events may be held in memory."""
        return self._in_hand < MOST_IN_HAND and self._bytes_in_hand < MOST_BYTES_IN_HAND

    def submit(self, items: Sequence[InboxItem]) -> None:
        """Take events in their order: those that are ours.

        Without a fence an event is nobody's yet: there was no room, or an older one of its lane
        is before it.
        """
        for item in items:
            if not item.claim.fence:
                self._others_wait = True
                continue
            self._in_hand += 1
            self._bytes_in_hand += len(item.event.body)
            self._idle.clear()
            lane = self._lanes.get(item.lane)
            if lane is None:
                self._lanes[item.lane] = deque((item,))
                self._ready.put_nowait(item.lane)
            else:
                lane.append(item)

    async def idle(self) -> None:
        """Return when nothing is in hand."""
        await self._idle.wait()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            for number in range(WORKERS):
                group.create_task(self._work(), name=f"pipeline {number}")

    async def claim_waiting(self) -> int:
        """Claim events that wait in the inbox; return how many there were."""
        self._more.clear()
        if not self.has_room():
            return 0
        items = await self._desk().store.claim_events(min(CLAIM_BATCH, MOST_IN_HAND))
        # None may only mean that all who wait are behind somebody whom we have in hand.
        self._others_wait = bool(items) or (self._others_wait and self._in_hand > 0)
        self.submit(items)
        return len(items)

    async def more(self) -> None:
        """Return when an event has ended, since the last claim, that others may wait behind."""
        await self._more.wait()

    async def _work(self) -> None:
        while True:
            name = await self._ready.get()
            lane = self._lanes[name]
            item = lane[0]
            try:
                await self._take_to_its_end(item)
            finally:
                self._leave(name, item)

    def _leave(self, name: str, item: InboxItem) -> None:
        lane = self._lanes[name]
        lane.popleft()
        self._in_hand -= 1
        self._bytes_in_hand -= len(item.event.body)
        if lane:
            self._ready.put_nowait(name)
        else:
            del self._lanes[name]
        if self._in_hand == 0:
            self._idle.set()
        if self._others_wait:
            self._more.set()

    async def _take_to_its_end(self, item: InboxItem) -> None:
        """Try until the event is done, quarantined, or somebody else's."""
        crashes, tries, failure = item.claim.attempts, 0, ""
        while tries < 2 * TRIES:
            try:
                if failure or tries >= TRIES or crashes >= MOST_CRASHES:
                    why = failure or f"{tries or crashes} tries failed"
                    await self._quarantine(item, why)
                else:
                    await self._journey(item)
            except StoreUnavailable as exc:
                log.warning("store unavailable, event waits", inbox=item.claim.id, error=str(exc))
                await asyncio.sleep(STORE_RETRY_SECONDS)
            except FenceLost:
                log.warning("claim lost, somebody else has the event", inbox=item.claim.id)
                return
            except ParseError as exc:
                failure = f"unreadable: {exc}"
            except Exception:
                tries += 1
                log.exception("event failed", inbox=item.claim.id, tries=tries)
            else:
                return

    async def _journey(self, item: InboxItem) -> None:
        parsed = await self._reader.parse(item.event)
        desk = self._desk()
        try:
            plan = await _carry_out(desk, item, parsed)
        except VersionConflict:
            plan = await self._in_turn(desk, item, parsed)
        if plan.done is not None:
            _seen(desk, item, plan)
        if plan.sends:
            desk.wake_delivery([send.lane for send in plan.sends])

    async def _in_turn(self, desk: Desk, item: InboxItem, parsed: Parsed) -> Plan:
        """Carry out what lost against a neighbour, one at a time.

        Twenty people may write to one ticket at once: whoever lost waits here instead of losing
        again against all of them. What still conflicts will never fit.
        """
        async with self._turn:
            for _ in range(MOST_CONFLICTS):
                with suppress(VersionConflict):
                    return await _carry_out(desk, item, parsed)
            return await _carry_out(desk, item, parsed)

    async def _quarantine(self, item: InboxItem, reason: str) -> None:
        desk = self._desk()
        # One at a time: each counts how many alerts went out before it.
        async with self._turn:
            draft = Draft(desk, desk.rules)
            asked = Question(now=draft.at, budgets=(limits.ALERTS,))
            draft.knows_alerts((await desk.store.know(asked)).spent)
            what = f"Message {item.claim.id} on {item.event.channel} is quarantined"
            draft.alert(what, f"{reason}. Look: ventanilla inbox show {item.claim.id}")
            plan = draft.plan()
            await desk.store.quarantine(item.claim, reason, plan)
        desk.meter.quarantined(item.event.channel)
        desk.wake_delivery([send.lane for send in plan.sends])
        log.error("quarantined", inbox=item.claim.id, channel=item.event.channel, reason=reason)


def _seen(desk: Desk, item: InboxItem, plan: Plan) -> None:
    done = plan.done
    assert done is not None
    desk.meter.decided(item.event.channel, done.outcome)
    log.info(
        "decided",
        inbox=item.claim.id,
        channel=item.event.channel,
        outcome=str(done.outcome),
        ticket=done.ticket,
    )


async def _carry_out(desk: Desk, item: InboxItem, parsed: Parsed) -> Plan:
    """Plan an event on what is known now, and apply the plan."""
    plan = await _plan(desk, item, parsed)
    await desk.store.apply(plan)
    return plan


async def _plan(desk: Desk, item: InboxItem, parsed: Parsed) -> Plan:
    """Load what is needed and plan. Everything after the load is pure."""
    draft = Draft(desk, desk.rules, claim=item.claim)
    match parsed:
        case Message():
            await _plan_message(draft, parsed)
        case DeliveryReport():
            known = await desk.store.know(report_question(desk, parsed))
            draft.knows_alerts(known.spent)
            if not _is_duplicate(draft, known):
                delivery_report.plan(draft, parsed, known)
        case Command():
            await _plan_command(draft, parsed)
        case Feedback() | Revision() | Wish():
            draft.done(Outcome.IGNORED, "no channel sends this", effect=parsed.digest, ticket=None)
        case Ignored():
            draft.done(Outcome.IGNORED, parsed.reason, effect=parsed.digest, ticket=None)
        case _:
            assert_never(parsed)
    return draft.plan()


async def _plan_message(draft: Draft, message: Message) -> None:
    desk = draft.desk
    draft.wallet = limits.wallet(desk, message)
    known = await desk.store.know(question(desk, message, draft.wallet))
    if _is_duplicate(draft, known):
        return
    if own := guards.own(desk, message):
        new_request.end(draft, message, Outcome.IGNORED, f"our own: {own}")
        return
    await desk.numbers.refill()
    known = await _with_newest(draft, known)
    who = identify(desk, draft.rules, message, known)
    if who.ticket is not None and who.ticket.state in _WITH_HISTORY:
        draft.history = await desk.store.events(who.ticket.number)
    if sum(file.size for file in message.attachments) < BIG_FILES:
        _plan_by_writer(draft, message, who, known)
    else:
        # Rendering encodes the files: beside the event loop, so that others are not kept waiting.
        await asyncio.to_thread(_plan_by_writer, draft, message, who, known)


async def _with_newest(draft: Draft, known: Known) -> Known:
    """Add the sender's newest open ticket when this message may have to be folded into it."""
    number = known.newest_open
    if not limits.spent(draft.wallet.opening, known) or number is None or number in known.tickets:
        return known
    ticket = await draft.desk.store.ticket(number)
    return replace(known, tickets={**known.tickets, number: ticket}) if ticket else known


def _plan_by_writer(draft: Draft, message: Message, who: Identity, known: Known) -> None:
    match who.who:
        case Who.ASKER:
            new_request.plan(draft, message, who, known)
        case Who.PARTY:
            follow_up.plan_of_party(draft, message, who, known)
        case Who.STRANGER:
            follow_up.plan_of_stranger(draft, message, who, known)
        case Who.UNPROVEN:
            follow_up.plan_of_unproven(draft, message, who, known)
        case Who.AGENT:
            agent_mail.plan(draft, message, who, known)
        case _:
            assert_never(who.who)


async def _plan_command(draft: Draft, command: Command) -> None:
    desk = draft.desk
    known = await desk.store.know(cli_order.question(desk, command))
    if _is_duplicate(draft, known):
        return
    await desk.numbers.refill()
    named = cli_order.ticket_named(desk, command.ticket, known.tickets)
    if named is not None:
        draft.history = await desk.store.events(named.number)
    cli_order.plan(draft, command, known.tickets, await cli_order.repair(desk, command))


def _is_duplicate(draft: Draft, known: Known) -> bool:
    """End an event whose content had its one effect before."""
    if known.duplicate_of is None:
        return False
    why = f"duplicate of {known.duplicate_of}"
    draft.done(Outcome.DUPLICATE, why, effect="", ticket=None)
    return True
