"""The journey of a stored event: parse, identify, guard, decide, plan, apply.

`Pipeline` works on many lanes side by side and on each lane in order. An event leaves it in one of
four ways: applied, quarantined after `TRIES` failures with its bytes kept, given back because it
came too early, or given up because its claim was lost and somebody else has it. A database that is
down only makes it wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from gateway.contracts.channel import Fetches, Profiles
from gateway.errors import FenceLost, ParseError, StoreUnavailable, VersionConflict
from gateway.failpoint import reach
from gateway.journey.agents.agent_saying import is_word
from gateway.journey.desk import Desk
from gateway.journey.lanes import MOST_IN_HAND, Lanes, Sitting
from gateway.journey.plan import limits
from gateway.journey.plan.draft import Draft
from gateway.journey.planning import LOOK_AGAIN, TooEarly, carry_out
from gateway.journey.reading.burst import Later, as_one
from gateway.journey.reading.completing import Completing
from gateway.model.inbox import InboxItem
from gateway.model.message import Message, Parsed, RawEvent, Wish
from gateway.model.plan import Plan
from gateway.model.question import Question
from gateway.world import World

log = structlog.get_logger()

TRIES = 3
# The whole desk died, or was too slow, so often with an event in hand. Most were only standing by,
# and the store hands suspects out one at a time: the guilty one gets here alone. We ask for one
# with a hand free only: what waits for its turn would be blamed for the next death, too.
MOST_CRASHES = 10
WORKERS = 24
# So many chat events are planned at once; what they need of their platforms first holds up nobody.
TALKERS = 24
# Each one means that a neighbour has got on; nobody has so many neighbours.
MOST_CONFLICTS = 30
STORE_RETRY_SECONDS = 0.5
CLAIM_BATCH = 200


class Reader(Protocol):
    """Says what a stored event is, wherever it does the reading."""

    async def parse(self, raw: RawEvent) -> Parsed:
        """Return what an event is. Raises `ParseError`, or anything that counts as a try."""
        ...


class _Apart(Exception):
    """Some events of a burst cannot be read as one."""


class Pipeline:
    """Takes claimed events to their end."""

    def __init__(
        self,
        desk: Callable[[], Desk],
        reader: Reader,
        *,
        world: World,
        later: Later | None = None,
        completing: Completing | None = None,
    ) -> None:
        """``desk`` is asked for each event: deciding waits for the book, accepting does not.

        ``later`` ends bursts, as ``loop.call_later`` does.
        """
        self._desk = desk
        self._reader = reader
        self._lanes = Lanes(world, later or _call_later)
        self._completing = completing or Completing()
        self._others_wait = False
        self._more = asyncio.Event()
        self._turn = asyncio.Lock()
        self._talkers = asyncio.Semaphore(TALKERS)
        self._talks: set[asyncio.Task[None]] = set()
        self._are_talk: dict[str, bool] = {}

    def has_room(self) -> bool:
        """Return whether more events may be held in memory."""
        return self._lanes.has_room()

    def submit(self, items: Sequence[InboxItem]) -> None:
        """Take events in their order: those that are ours.

        Without a fence an event is nobody's yet: there was no room, or an older one of its lane
        is before it.
        """
        for item in items:
            if item.claim.fence:
                self._lanes.take(item)
            else:
                self._others_wait = True

    async def idle(self) -> None:
        """Return when nothing is in hand."""
        await self._lanes.idle()

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(WORKERS):
                    group.create_task(self._work(), name=f"pipeline {number}")
        finally:
            for talk in self._talks:
                talk.cancel()
            await asyncio.gather(*self._talks, return_exceptions=True)

    async def claim_waiting(self) -> int:
        """Claim events that wait in the inbox; return how many there were."""
        self._more.clear()
        if not self.has_room():
            return 0
        items = await self._desk().store.claim_events(
            min(CLAIM_BATCH, MOST_IN_HAND), suspects=self._lanes.in_hand < WORKERS
        )
        # None may only mean that all who wait are behind somebody whom we have in hand.
        self._others_wait = bool(items) or (self._others_wait and self._lanes.in_hand > 0)
        self.submit(items)
        return len(items)

    async def more(self) -> None:
        """Return when an event has ended, since the last claim, that others may wait behind."""
        await self._more.wait()

    def look_again(self) -> None:
        """End `more`: something else has made room."""
        self._more.set()

    async def _work(self) -> None:
        while True:
            sitting = await self._lanes.next()
            if self._is_talk(sitting):
                # Its platform may have to be asked for files and names: nobody waits for that.
                talk = asyncio.create_task(self._handle(sitting), name="talk")
                self._talks.add(talk)
                talk.add_done_callback(self._talks.discard)
            else:
                await self._handle(sitting)

    def _is_talk(self, sitting: Sitting) -> bool:
        name = sitting[0].event.channel
        if name not in self._are_talk:
            channel = self._desk().channels.get(name)
            self._are_talk[name] = isinstance(channel, Fetches | Profiles)
        return self._are_talk[name]

    async def _handle(self, sitting: Sitting) -> None:
        try:
            await self._take_to_their_end(sitting)
        finally:
            self._lanes.leave(sitting)
            if self._others_wait:
                self._more.set()

    async def _take_to_their_end(self, sitting: Sitting) -> None:
        """Have events that are read as one done together, else each for itself."""
        while len(sitting) > 1:
            try:
                await self._journey(sitting)
            except StoreUnavailable as exc:
                await _wait_for_store(sitting[0], exc)
            except Exception as exc:  # noqa: BLE001 - tried again one by one, and logged there
                log.warning("not read as one", inbox=sitting[0].claim.id, error=repr(exc))
                break
            else:
                return
        for item in sitting:
            await self._take_to_its_end(item)

    async def _take_to_its_end(self, item: InboxItem) -> None:
        """Try until the event is done, quarantined, given back, or somebody else's."""
        crashes, tries, failure = item.claim.attempts, 0, ""
        while tries < 2 * TRIES:
            try:
                if failure or tries >= TRIES or crashes >= MOST_CRASHES:
                    why = failure or f"{tries or crashes} tries failed"
                    await self._quarantine(item, why)
                else:
                    await self._journey((item,))
            except StoreUnavailable as exc:
                await _wait_for_store(item, exc)
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

    async def _journey(self, sitting: Sitting) -> None:
        reach("read")
        parsed, effects = await self._read(sitting)
        reach("parsed")
        desk = self._desk()
        if not self._completing.is_needed(desk, parsed):
            await self._carry_out(desk, sitting, parsed, effects)
            return
        assert isinstance(parsed, Message | Wish)
        said = await self._completing.complete(desk, parsed)
        async with self._talkers:
            await self._carry_out(self._desk(), sitting, said, effects)

    async def _read(self, sitting: Sitting) -> tuple[Parsed, Sequence[str]]:
        """Return what a sitting says, and the effects of its events but the first."""
        if len(sitting) == 1:
            return await self._reader.parse(sitting[0].event), ()
        messages = []
        for item in sitting:
            parsed = await self._reader.parse(item.event)
            if not isinstance(parsed, Message) or parsed.automatic or parsed.own:
                raise _Apart("not all of it was written by a person")
            messages.append(parsed)
        said = [message.text for message in messages if message.text.strip()]
        # What stands beside an agent's word may be meant for colleagues. An album has one text.
        if len(said) > 1 and any(map(is_word, said)):
            raise _Apart("a word is read alone")
        return as_one(messages), [message.digest for message in messages[1:]]

    async def _carry_out(
        self, desk: Desk, sitting: Sitting, parsed: Parsed, effects: Sequence[str]
    ) -> None:
        try:
            plan = await self._planned(desk, sitting, parsed, effects)
        except TooEarly as exc:
            log.info("event waits", inbox=sitting[0].claim.id, reason=str(exc))
            for item in sitting:
                not_before = desk.world.now() + LOOK_AGAIN
                await desk.store.release(item.claim, not_before=not_before)
            return
        for item, done in zip(sitting, (plan.done, *plan.read_with), strict=True):
            if done is not None:
                desk.meter.decided(item.event.channel, done.outcome)
                _log_end(item, done.outcome, done.ticket)
        reach("applied")

    async def _planned(
        self, desk: Desk, sitting: Sitting, parsed: Parsed, effects: Sequence[str]
    ) -> Plan:
        """Plan and apply; what lost against a neighbour has its turn alone.

        Twenty people may write to one ticket at once: whoever lost waits here instead of losing
        again against all of them. What still conflicts will never fit.
        """
        with suppress(VersionConflict):
            return await carry_out(desk, sitting, parsed, effects)
        async with self._turn:
            for _ in range(MOST_CONFLICTS):
                with suppress(VersionConflict):
                    return await carry_out(desk, sitting, parsed, effects)
            return await carry_out(desk, sitting, parsed, effects)

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


def _call_later(seconds: float, call: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(seconds, call)


async def _wait_for_store(item: InboxItem, why: StoreUnavailable) -> None:
    log.warning("store unavailable, event waits", inbox=item.claim.id, error=str(why))
    await asyncio.sleep(STORE_RETRY_SECONDS)


def _log_end(item: InboxItem, outcome: str, ticket: int | None) -> None:
    log.info(
        "decided",
        inbox=item.claim.id,
        channel=item.event.channel,
        outcome=str(outcome),
        ticket=ticket,
    )
