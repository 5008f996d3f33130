"""What a plan changes beside what it says: tickets, history, people, budgets, the item's end.

`gateway.journey.draft.Draft` adds the saying. Pure apart from the clock, which is the desk's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.contracts.rules import Rules
from gateway.journey.desk import Desk
from gateway.journey.limits import ALERTS, Wallet
from gateway.model.inbox import Claim, Outcome
from gateway.model.message import Attachment, Json, Message
from gateway.model.outbox import NewSend, Settled
from gateway.model.people import Person, Place
from gateway.model.plan import Budget, InboxDone, Plan, TicketWrite
from gateway.model.ticket import (
    EventKind,
    FileRef,
    Party,
    Thread,
    Ticket,
    TicketEvent,
    TicketState,
    Visibility,
    require_transition,
)

BY_DESK = "ventanilla"
REFERENCES_KEPT = 12


class _Working:
    """A ticket in the making: its fields are gathered, and put together when they are read."""

    def __init__(self, ticket: Ticket, *, planned_on: int) -> None:
        self._ticket = ticket
        self._planned_on = planned_on
        self.changes: dict[str, object] = {}

    def now(self) -> Ticket:
        """Return the ticket with every change so far."""
        if self.changes:
            self._ticket = replace(self._ticket, **self.changes)  # type: ignore[arg-type]
            self.changes.clear()
        return self._ticket

    def write(self, at: datetime) -> TicketWrite:
        """Return the ticket as it shall be stored."""
        self.changes |= {"version": self._planned_on + 1, "updated_at": at}
        return TicketWrite(ticket=self.now(), planned_on=self._planned_on)


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
        self._tickets: dict[int, _Working] = {}
        self._events: list[TicketEvent] = []
        self._sends: list[NewSend] = []
        self._refs: dict[str, int] = {}
        self._people: dict[tuple[str, str], Person] = {}
        self._spend: dict[str, Budget] = {}
        self._files: dict[str, Attachment] = {}
        self._settled: list[Settled] = []
        self._done: InboxDone | None = None

    def plan(self) -> Plan:
        """Return everything drafted so far, frozen."""
        writes = (working.write(self.at) for working in self._tickets.values())
        return Plan(
            at=self.at,
            done=self._done,
            settled=tuple(self._settled),
            tickets=tuple(writes),
            events=tuple(self._events),
            sends=tuple(self._sends),
            refs=tuple(self._refs.items()),
            people=tuple(self._people.values()),
            spend=tuple(self._spend.values()),
            files=tuple(self._files.values()),
        )

    @property
    def said(self) -> Sequence[TicketEvent]:
        """Return the lines of history that this draft adds."""
        return self._events

    # --- tickets and history ----------------------------------------------------------------

    def open(self, ticket: Ticket) -> None:
        """Write a new ticket."""
        self._tickets[ticket.number] = _Working(ticket, planned_on=0)

    def now(self, ticket: Ticket) -> Ticket:
        """Return a ticket as it stands in this draft."""
        working = self._tickets.get(ticket.number)
        return working.now() if working else ticket

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

    def heard(self, ticket: Ticket, message: Message) -> None:
        """Note that a message belongs to a ticket, for threading and for later replies."""
        if not message.external_id:
            return
        self._refs.setdefault(message.external_id, ticket.number)
        now = self.now(ticket)
        place = str(self._place_of(now, now.requester))
        chain = (*reversed(message.refs), message.external_id)
        self._rethread(ticket, place, chain, message.external_id)

    # --- the end of the item ----------------------------------------------------------------

    def done(self, outcome: Outcome, reason: str, *, effect: str, ticket: int | None) -> None:
        """End the inbox item this draft is about."""
        assert self.claim is not None
        self._done = InboxDone(
            claim=self.claim, outcome=outcome, reason=reason, effect=effect, ticket=ticket
        )

    def settle(self, settled: Settled) -> None:
        """Say what became of a send."""
        self._settled.append(settled)

    def spend(self, budgets: tuple[Budget, ...]) -> None:
        """Spend budgets, once each."""
        self._spend.update({budget.key: budget for budget in budgets})

    def knows_alerts(self, spent: Mapping[str, int]) -> None:
        """Take in how many alerts have gone out, from what the store says is spent."""
        self.alerts_left = ALERTS.limit - spent.get(ALERTS.key, 0)

    def person(self, person: Person) -> None:
        """Write what we know of a person."""
        self._people[(person.kind, person.address)] = person

    def known_person(self, kind: str, address: str) -> Person | None:
        """Return a person as this draft writes them, None when it does not."""
        return self._people.get((kind, address))

    def _rethread(self, ticket: Ticket, place: str, chain: tuple[str, ...], last: str) -> None:
        now = self.now(ticket)
        known = now.thread_at(place) or Thread(place=place, root=chain[0])
        merged = tuple(dict.fromkeys((*known.references, *chain)))
        kept = (
            merged
            if len(merged) <= REFERENCES_KEPT
            else (merged[0], *merged[1 - REFERENCES_KEPT :])
        )
        thread = replace(known, root=known.root or last, last=last, references=kept)
        others = (t for t in now.threads if t.place != place)
        self.change(ticket, threads=(*others, thread))

    def _place_of(self, ticket: Ticket, party: Party) -> Place:
        return Place(ticket.channel, party.address)
