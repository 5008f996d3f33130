"""Whatever happens in whatever order, the boxes do what their tables say.

Two machines play at random: events come, are claimed, ended, given back, set aside; leases run
out; processes die. After every claim the rows handed out are compared with what a model of a few
lines would hand out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gateway.errors import FenceLost, NotFound
from gateway.model.inbox import Claim
from gateway.model.outbox import OutboxState, Settled
from gateway.store import open_store
from tests.fakes import databases
from tests.fakes.databases import BACK_ENDS
from tests.fakes.world import FakeWorld
from tests.store.things import done, offer, plan, send

Database = Callable[[FakeWorld], AbstractContextManager[str]]

LEASE = timedelta(seconds=30)
LANES = st.sampled_from("aab")
PICK = st.integers(0, 7)
SECONDS = st.sampled_from([1, 10, 29, 30, 60])
PACE = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


class Machine(RuleBasedStateMachine):
    """A store on a clock that stands still; ``database`` gives the URL of an empty one."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.world = FakeWorld()
        self.given = ExitStack()
        self.url = self.given.enter_context(database(self.world))
        self.count = 0
        self.store: Any = None
        self.open(sole_writer=False)

    def do(self, call: Any) -> Any:
        """Wait for one call of the store."""
        return self.runner.run(call)

    def open(self, **how: Any) -> None:
        """Open the store, as a new process would."""
        how |= {"world": self.world, "node": "one", "lease": LEASE}
        self.store = self.do(open_store(self.url, **how))

    def teardown(self) -> None:
        """Give everything back."""
        self.do(self.store.close())
        self.runner.close()
        self.given.close()

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: int) -> None:
        """Let leases run out and delays end."""
        self.world.advance(timedelta(seconds=seconds))


@dataclass
class Event:
    """The model of an inbox row; ``until`` is when it may be claimed (again)."""

    id: int
    lane: str
    state: str
    until: datetime | None
    fence: int = 0
    attempts: int = 0
    live: bool = False

    def free(self, now: datetime) -> bool:
        """Tell whether its own state lets it be claimed."""
        return self.until is None or self.until <= now


class InboxMachine(Machine):
    """Events, in two lanes."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.events: list[Event] = []

    def unfinished(self, lane: str) -> list[Event]:
        """Return the lane's open rows, oldest first."""
        return [e for e in self.events if e.lane == lane and e.state in {"new", "claimed"}]

    def expected(self) -> list[Event]:
        """Return what may be handed out."""
        heads = [self.unfinished(lane)[:1] for lane in "ab"]
        ready = [e for head in heads for e in head if e.free(self.world.now())]
        return sorted(ready, key=lambda e: e.id)

    def held(self) -> list[Event]:
        """Return what is claimed, with a lease or without."""
        return [e for e in self.events if e.state == "claimed"]

    @rule(lane=LANES, claim=st.booleans())
    def an_event_comes(self, lane: str, claim: bool) -> None:
        """It is ours at once, unless somebody else has one before it."""
        self.count += 1
        before = self.unfinished(lane)[-1:]
        ours = claim and all(
            e.state == "claimed" and e.live and not e.free(self.world.now()) for e in before
        )

        [item] = self.do(self.store.accept([offer(f"k{self.count}", lane)], None, claim=claim))

        assert item.claim.fence == int(ours)
        event = Event(item.claim.id, lane, "new", None)
        self.events.append(event)
        if ours:
            self.now_ours(event)

    def now_ours(self, event: Event) -> None:
        """Write down a claim."""
        event.state, event.until = "claimed", self.world.now() + LEASE
        event.fence += 1
        event.live = True

    @rule(limit=st.integers(1, 3))
    def events_are_claimed(self, limit: int) -> None:
        """The heads of the lanes that are free, oldest first, and nothing else."""
        free = self.expected()
        calm = [e for e in free if e.attempts + (e.state == "claimed") < 3]
        watched = any(e.attempts >= 3 and not e.free(self.world.now()) for e in self.held())
        suspects = [] if watched else [e for e in free if e not in calm][:1]
        expected = calm[:limit] or suspects
        for event in expected:
            event.attempts += event.state == "claimed"
            self.now_ours(event)

        items = self.do(self.store.claim_events(limit))

        claims = [(i.claim.id, i.claim.fence, i.claim.attempts) for i in items]
        assert claims == [(e.id, e.fence, e.attempts) for e in expected]

    @precondition(lambda self: self.held())
    @rule(pick=PICK, end=st.sampled_from(["done", "quarantined"]), stale=st.booleans())
    def one_ends(self, pick: int, end: str, stale: bool) -> None:
        """Under its own fence; under an older one nothing changes."""
        event = self.held()[pick % len(self.held())]
        claim = Claim(id=event.id, fence=event.fence - stale, attempts=0)
        if end == "done":
            call = self.store.apply(plan(done=done(claim)))
        else:
            call = self.store.quarantine(claim, "x", plan())

        try:
            self.do(call)
        except FenceLost:
            assert stale
        else:
            assert not stale
            event.state = end

    @precondition(lambda self: self.held())
    @rule(pick=PICK, delay=st.sampled_from([None, 10]))
    def one_is_given_back(self, pick: int, delay: int | None) -> None:
        """At once, or for later."""
        event = self.held()[pick % len(self.held())]
        event.state = "new"
        event.until = None if delay is None else self.world.now() + timedelta(seconds=delay)
        claim = Claim(id=event.id, fence=event.fence, attempts=0)

        self.do(self.store.release(claim, not_before=event.until))

    @precondition(lambda self: self.events)
    @rule(pick=PICK, word=st.sampled_from(["retry", "drop"]))
    def people_repair(self, pick: int, word: str) -> None:
        """Quarantined ones only."""
        event = self.events[pick % len(self.events)]
        repair = self.store.retry_event if word == "retry" else self.store.drop_event

        try:
            self.do(repair(event.id))
        except NotFound:
            assert event.state != "quarantined"
        else:
            assert event.state == "quarantined"
            event.state, event.until = ("new" if word == "retry" else "dropped"), None
            event.attempts = 0

    @rule()
    def the_process_dies(self) -> None:
        """The next one has what it held."""
        self.do(self.store.close())
        self.open(sole_writer=True)
        for event in self.held():
            event.until, event.live = None, False

    def teardown(self) -> None:
        """In the end the audit adds up, and has no problems."""
        sums = dict(self.do(self.store.audit()))
        super().teardown()
        assert sums.pop("problems") == 0
        assert sums.pop("accepted") == sum(sums.values()) == len(self.events)


@dataclass
class Sending:
    """The model of an outbox row."""

    id: str
    lane: str
    due: datetime | None
    state: str = "queued"
    fence: int = 0
    attempts: int = 0
    until: datetime | None = None
    uncertain: bool = False


BLOCKING = {"queued", "wire", "retry", "uncertain"}
RESULTS = st.sampled_from(["sent", "retry", "uncertain", "held", "dead"])


class OutboxMachine(Machine):
    """Parts, in two lanes."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.rows: list[Sending] = []

    def expected(self) -> set[str]:
        """Return the ids that may go out now: of each lane one, what is on the wire first."""
        now = self.world.now()
        found = set()
        for lane in "ab":
            blocking = [r for r in self.rows if r.lane == lane and r.state in BLOCKING]
            wire = [r for r in blocking if r.state == "wire"]
            for head in wire or blocking[:1]:
                at = head.until if head.state == "wire" else head.due
                if at is not None and at <= now:
                    found.add(head.id)
        return found

    def pick(self, pick: int, *states: str) -> Sending:
        """Return one of the rows in some states."""
        some = [r for r in self.rows if not states or r.state in states]
        return some[pick % len(some)]

    @rule(lane=LANES, delay=st.sampled_from([0, 10]))
    def one_is_queued(self, lane: str, delay: int) -> None:
        """For now, or for later."""
        self.count += 1
        due = self.world.now() + timedelta(seconds=delay)
        row = Sending(f"s{self.count}", lane, due)
        self.rows.append(row)
        self.do(self.store.apply(plan(sends=(send(row.id, lane, not_before=due),))))

    @rule()
    def they_are_claimed(self) -> None:
        """What is due and not blocked, and nothing else."""
        expected = self.expected()
        now = self.world.now()

        items = self.do(self.store.claim_sends(10, lease=LEASE, now=now, sync=False))

        assert {item.part.outbox_id for item in items} == expected
        assert len({item.lane for item in items}) == len(items)
        for item in items:
            [row] = [r for r in self.rows if r.id == item.part.outbox_id]
            row.uncertain |= row.state == "wire"
            row.state, row.until = "wire", now + LEASE
            row.attempts += 1
            row.fence = item.fence
            assert (item.attempt, item.was_uncertain) == (row.attempts, row.uncertain)

    @precondition(lambda self: any(r.state == "wire" for r in self.rows))
    @rule(pick=PICK, state=RESULTS, delay=st.sampled_from([None, 0, 10]), stale=st.booleans())
    def one_is_settled(self, pick: int, state: str, delay: int | None, stale: bool) -> None:
        """Under its own fence only."""
        row = self.pick(pick, "wire")
        now = self.world.now()
        due = None if delay is None else now + timedelta(seconds=delay)
        word = Settled(outbox_id=row.id, fence=row.fence - stale, at=now, due_at=due,
                       state=OutboxState(state))  # fmt: skip

        try:
            self.do(self.store.apply(plan(settled=(word,))))
        except FenceLost:
            assert stale
        else:
            assert not stale
            row.state, row.uncertain = state, row.uncertain or state == "uncertain"
            row.due = due or (now if state == "retry" else None)

    @precondition(lambda self: self.rows)
    @rule(pick=PICK)
    def a_report_comes(self, pick: int) -> None:
        """What was sent, or may have been, bounces."""
        row = self.pick(pick)
        word = Settled(outbox_id=row.id, fence=0, at=self.world.now(), state=OutboxState.BOUNCED)

        self.do(self.store.apply(plan(settled=(word,))))

        if row.state in {"sent", "wire", "uncertain"}:
            row.state = "bounced"

    @precondition(lambda self: self.rows)
    @rule(pick=PICK, word=st.sampled_from(["retry", "drop"]))
    def people_repair(self, pick: int, word: str) -> None:
        """Where the tables allow it."""
        row = self.pick(pick)
        allowed = {
            "retry": {"dead", "held", "uncertain", "dropped"},
            "drop": {"queued", "retry", "uncertain", "held", "dead"},
        }
        repair = self.store.retry_send if word == "retry" else self.store.drop_send

        try:
            self.do(repair(row.id))
        except NotFound:
            assert row.state not in allowed[word]
        else:
            assert row.state in allowed[word]
            row.state = "queued" if word == "retry" else "dropped"
            row.due = self.world.now()

    @rule()
    def the_process_dies(self) -> None:
        """What it had on the wire may go out again at once, uncertain."""
        self.do(self.store.close())
        self.open(sole_writer=True)
        for row in self.rows:
            if row.state == "wire":
                row.until = self.world.now()

    @invariant()
    def states_are_those_of_the_model(self) -> None:
        """Every row stands where it should."""
        found = self.do(self.store.list_outbox(frozenset(OutboxState), 1000))
        assert {r.id: r.state for r in self.rows} == {r.id: r.state.value for r in found}

    @invariant()
    def the_next_time_is_known(self) -> None:
        """Whoever sleeps until then misses nothing."""
        if self.expected():
            assert self.do(self.store.next_send_at()) <= self.world.now()


@pytest.mark.parametrize("machine", [InboxMachine, OutboxMachine])
@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_a_box_does_what_its_table_says(
    machine: Callable[[Database], Machine], back_end: str, request: Any, tmp_path: Path
) -> None:
    """Whatever comes in whatever order, on every back end."""
    count = iter(range(1_000_000))

    def begin() -> Machine:
        folder = tmp_path / str(next(count))
        folder.mkdir()
        return machine(partial(databases.empty, back_end, request, folder))

    pace = PACE if back_end == "sqlite" else settings(PACE, max_examples=15)
    run_state_machine_as_test(begin, settings=pace)
