"""What a plan changes beside what it says: tickets, history, people, budgets, the item's end.

`gateway.journey.plan.draft.Draft` adds the saying. Pure apart from the clock, which is the desk's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from gateway.contracts.rules import Rules
from gateway.journey.desk import Desk
from gateway.journey.plan import limits
from gateway.journey.plan.clocks import Change, Wound, line_of, wind
from gateway.journey.plan.limits import Wallet
from gateway.model.inbox import Claim, Outcome
from gateway.model.knowledge import FaqDraft, Solved
from gateway.model.linking import LinkStep
from gateway.model.message import Attachment, Json
from gateway.model.outbox import NewSend, Settled
from gateway.model.people import Person
from gateway.model.plan import Budget, InboxDone, Move, Plan, TicketWrite
from gateway.model.ticket import (
    BY_DESK,
    EventKind,
    FileRef,
    Ticket,
    TicketEvent,
    TicketState,
    Visibility,
    require_transition,
)
from gateway.model.timing import Ending, Stay


class _Working:
    """A ticket in the making: its fields are gathered, and put together when they are read."""

    def __init__(self, ticket: Ticket, *, planned_on: int) -> None:
        self._ticket = ticket
        self._planned_on = planned_on
        self.before = ticket if planned_on else None
        self.changes: dict[str, object] = {}

    def now(self) -> Ticket:
        """Return the ticket with every change so far."""
        if self.changes:
            self._ticket = replace(self._ticket, **self.changes)  # type: ignore[arg-type]
            self.changes.clear()
        return self._ticket

    def write(self, ticket: Ticket, at: datetime) -> TicketWrite:
        """Return the ticket, with its clocks wound, as it shall be stored."""
        stored = replace(ticket, version=self._planned_on + 1, updated_at=at)
        return TicketWrite(ticket=stored, planned_on=self._planned_on)


class Alike(NamedTuple):
    """A solved ticket that is like a request, and the team that it lay with."""

    solved: Solved
    team: str | None


class Record:
    """What one event, one attempt to send or one due time shall change."""

    def __init__(self, desk: Desk, rules: Rules, *, claim: Claim | None = None) -> None:
        self.desk = desk
        self.rules = rules
        self.at: datetime = desk.world.now()
        self.claim = claim
        self.wallet = Wallet()
        self.alerts_left: int | None = None
        """How many more alerts may go out; None where something else bounds them."""
        self.history: Sequence[TicketEvent] = ()
        """What was said before on the ticket, where a use case needs it."""
        self.merged: Sequence[TicketEvent] = ()
        """What was said on tickets that were merged into it, for whoever gets it now."""
        self.similar: Sequence[Alike] = ()
        """Solved tickets like the request, for the team that gets it."""
        self._tickets: dict[int, _Working] = {}
        self._events: list[TicketEvent] = []
        self._sends: list[NewSend] = []
        self._refs: dict[str, int] = {}
        self._people: dict[tuple[str, str], Person] = {}
        self._spend: dict[str, Budget] = {}
        self._files: dict[str, Attachment] = {}
        self._settled: list[Settled] = []
        self._conversations, self._spoken = dict[str, int](), dict[str, int]()
        self._moves: list[Move] = []
        self._dead: list[tuple[str, str, str]] = []
        self._drafts: list[FaqDraft] = []
        self._links: list[LinkStep] = []
        self._done: InboxDone | None = None
        self.read_with: Sequence[tuple[Claim, str]] = ()
        """Claims and effects of events that were read as one with this one."""
        self.received_at: datetime = self.at

    def worth_an_entry(self, found: FaqDraft) -> None:
        """Note that a ticket is worth an entry of the FAQ."""
        self._drafts.append(found)

    def link(self, step: LinkStep) -> None:
        """Take a step on the way to a link between accounts of one person, or back."""
        self._links.append(step)

    def plan(self) -> Plan:
        """Return everything drafted so far, frozen."""
        done = self._done
        workings = self._tickets.values()
        wound = [self._wind(working) for working in workings]
        pairs = zip(workings, wound, strict=True)
        stays = tuple(stay for one in wound for stay in one.stays)
        return Plan(
            at=self.at,
            done=done,
            read_with=tuple(_end_with(done, *other) for other in self.read_with) if done else (),
            settled=tuple(self._settled),
            tickets=tuple(working.write(one.ticket, self.at) for working, one in pairs),
            events=(*self._events, *(line_of(stay) for stay in stays if self._is_told(stay))),
            sends=tuple(self._sends),
            refs=tuple(self._refs.items()),
            people=tuple(self._people.values()),
            spend=tuple(self._spend.values()),
            files=tuple(self._files.values()),
            conversations=tuple(self._conversations.items()),
            spoken=tuple(self._spoken.items()),
            moves=tuple(self._moves),
            dead=tuple(self._dead),
            stays=stays,
            drafts=tuple(self._drafts),
            links=tuple(self._links),
        )

    def _is_told(self, stay: Stay) -> bool:
        """Return whether history tells what a stay took: at its end, where its level has clocks."""
        return stay.ending is not Ending.GOES_ON and stay.level in self.rules.levels

    def due_at(self, ticket: Ticket) -> datetime | None:
        """Return when a ticket's first clock will run out, as things stand in this draft."""
        working = self._tickets.get(ticket.number)
        return self._wind(working).ticket.due_at if working else ticket.due_at

    def _wind(self, working: _Working) -> Wound:
        ticket = working.now()
        said = [event for event in self._events if event.ticket == ticket.number]
        return wind(
            Change(before=working.before, ticket=ticket, rules=self.rules, at=self.at, said=said)
        )

    @property
    def said(self) -> Sequence[TicketEvent]:
        """Return the lines of history that this draft adds."""
        return self._events

    def changed(self) -> Sequence[tuple[Ticket, Ticket]]:
        """Return the tickets that this draft writes and that were there: before and after."""
        return [(w.before, w.now()) for w in self._tickets.values() if w.before is not None]

    # --- tickets and history ----------------------------------------------------------------

    def open(self, ticket: Ticket) -> None:
        """Write a new ticket."""
        self._tickets[ticket.number] = _Working(ticket, planned_on=0)

    def now(self, ticket: Ticket) -> Ticket:
        """Return a ticket as it stands in this draft."""
        working = self._tickets.get(ticket.number)
        return working.now() if working else ticket

    def before(self, ticket: Ticket) -> Ticket | None:
        """Return a ticket as it was before this draft, None for a new one."""
        working = self._tickets.get(ticket.number)
        return working.before if working else ticket

    def change(self, ticket: Ticket, **fields: object) -> None:
        """Write fields of a ticket, over the version that was loaded."""
        working = self._tickets.get(ticket.number)
        if working is None:
            working = self._tickets[ticket.number] = _Working(ticket, planned_on=ticket.version)
        working.changes.update(fields)

    def set_state(self, ticket: Ticket, state: TicketState, why: str) -> None:
        """Move a ticket to a state, with a line of history when that is a change.

        Raises:
            IllegalTransition: it may not become that.
        """
        before, policy = self.now(ticket).state, self.desk.policy
        require_transition(before, state)
        due = {
            TicketState.ANSWERED: self.at + policy.close_answered_after,
            TicketState.ASKING: self.at + policy.ask_timeout,
        }.get(state)
        closed = self.at if state is TicketState.CLOSED else None
        self.change(ticket, state=state, due_at=due, closed_at=closed)
        if state is not before:
            self.event(ticket, EventKind.STATE, f"{before} -> {state}: {why}")

    def event(
        self,
        ticket: Ticket,
        kind: EventKind,
        text: str,
        *,
        by: str = BY_DESK,
        visibility: Visibility = Visibility.INTERNAL,
        attachments: tuple[Attachment, ...] = (),
        stored: tuple[FileRef, ...] = (),
        details: Mapping[str, Json] | None = None,
    ) -> None:
        """Add a line to a ticket's history; ``stored`` are files that the store has already."""
        line = TicketEvent(
            ticket=ticket.number,
            at=self.at,
            kind=kind,
            visibility=visibility,
            by=by,
            text=text,
            attachments=(*stored, *self._stored(attachments)),
            inbox_id=self.claim.id if self.claim else None,
            details=details or {},
        )
        self._events.append(line)

    def _stored(self, attachments: tuple[Attachment, ...]) -> tuple[FileRef, ...]:
        self._files.update({a.digest: a for a in attachments})
        return tuple(
            FileRef(name=a.name, media_type=a.media_type, size=a.size, id=a.digest)
            for a in attachments
        )

    # --- the end of the item ----------------------------------------------------------------

    def done(self, outcome: Outcome, reason: str, *, effect: str, ticket: int | None) -> None:
        """End the inbox item this draft is about."""
        assert self.claim is not None
        self._done = InboxDone(
            claim=self.claim, outcome=outcome, reason=reason, effect=effect, ticket=ticket
        )

    def end_as(self, outcome: Outcome) -> None:
        """Count the item as something else than what was drafted for it."""
        if self._done is not None and self._done.outcome is not Outcome.IGNORED:
            self._done = replace(self._done, outcome=outcome)

    def move(self, channel: str, before: str, after: str) -> None:
        """Note that a room of a channel has another id now."""
        self._moves.append(Move(channel=channel, before=before, after=after))

    def lost(self, kind: str, address: str, why: str) -> None:
        """Note that nothing reaches somebody any more."""
        self._dead.append((kind, address, why))

    def settle(self, settled: Settled) -> None:
        """Say what became of a send."""
        self._settled.append(settled)

    def spend(self, budgets: tuple[Budget, ...]) -> None:
        """Spend budgets, once each."""
        self._spend.update({budget.key: budget for budget in budgets})

    def knows_alerts(self, spent: Mapping[str, int]) -> None:
        """Take in how many alerts have gone out, from what the store says is spent."""
        self.alerts_left = limits.ALERTS.limit - spent.get(limits.ALERTS.key, 0)

    def person(self, person: Person) -> None:
        """Write what we know of a person."""
        self._people[(person.kind, person.address)] = person

    def known_person(self, kind: str, address: str) -> Person | None:
        """Return a person as this draft writes them, None when it does not."""
        return self._people.get((kind, address))


def _end_with(first: InboxDone, claim: Claim, effect: str) -> InboxDone:
    """Return the end of an event that was read as one with another."""
    outcome = Outcome.APPENDED if first.ticket is not None else first.outcome
    why = f"read as one with {first.claim.id}"
    return InboxDone(claim=claim, outcome=outcome, reason=why, effect=effect, ticket=first.ticket)
