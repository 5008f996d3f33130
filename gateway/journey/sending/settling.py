"""What became of an attempt to send, as a plan: the row's new state, and whoever must hear of it.

Called by `gateway.journey.deliver`. Each function returns a draft that may be made again when a
ticket changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from gateway.errors import AddressRefused, PlaceMoved
from gateway.journey.desk import Desk
from gateway.journey.plan import limits
from gateway.journey.plan.draft import Draft
from gateway.journey.plan.showing import MARKS
from gateway.journey.plan.team_buttons import prompt_ref
from gateway.journey.sending import retry
from gateway.journey.sending.retry import Verdict
from gateway.journey.wishes.own_requests import end_of
from gateway.model.outbox import OutboxState, SendItem, Settled
from gateway.model.outgoing import Receipt
from gateway.model.people import Place
from gateway.model.question import Question
from gateway.model.ticket import EventKind, Ticket


def success(desk: Desk, item: SendItem, receipt: Receipt) -> Draft:
    """Draft that a platform took a part; what stands under it belongs to its ticket."""
    draft = Draft(desk, desk.rules)
    external_id = receipt.external_id or item.part.external_id
    draft.settle(
        _settled(draft, item, OutboxState.SENT, reason=receipt.detail, external_id=external_id)
    )
    if item.ticket is not None and external_id and not item.part.external_id:
        draft.belongs(external_id, item.ticket)
        if word := item.part.facts.get("prompts"):
            draft.belongs(prompt_ref(str(word), external_id), item.ticket)
    return draft


def not_found_yet(desk: Desk, item: SendItem) -> Draft:
    """Draft that an uncertain part is not at its platform, and that we look once more."""
    draft = Draft(desk, desk.rules)
    draft.settle(
        _settled(
            draft,
            item,
            OutboxState.UNCERTAIN,
            code=retry.LOOKED,
            reason="it is not there; looking once more before it is sent again",
            due_at=draft.at + retry.SECOND_LOOK,
        )
    )
    return draft


async def failure(desk: Desk, item: SendItem, error: Exception, verdict: Verdict) -> Draft:
    """Draft what a failed attempt causes."""
    draft = Draft(desk, desk.rules)
    code, reason = retry.code_of(error)
    draft.settle(
        _settled(draft, item, verdict.state, code=code, reason=reason, due_at=verdict.due_at)
    )
    if isinstance(error, PlaceMoved):
        _move(draft, item, error.where)
    if isinstance(error, AddressRefused):
        await _lose(draft, item, reason)
    if verdict.state is OutboxState.DEAD:
        await _tell_of_dead(draft, item, reason)
    elif verdict.state is OutboxState.HELD:
        await tell_of_held(draft, item, reason)
    return draft


async def held(desk: Desk, item: SendItem) -> Draft:
    """Draft that a part that may have arrived waits for a person's decision."""
    draft = Draft(desk, desk.rules)
    reason = "it may have arrived: the desk stopped before the answer came"
    draft.settle(_settled(draft, item, OutboxState.HELD, code=retry.LOST_ANSWER, reason=reason))
    await tell_of_held(draft, item, reason)
    return draft


def room_of(item: SendItem) -> str:
    """Return the room that a part goes to."""
    return item.part.place.where.partition("/")[0]


def _move(draft: Draft, item: SendItem, where: str) -> None:
    """Re-aim everything that goes to a room which has another id now."""
    channel, before = item.part.place.channel, room_of(item)
    draft.move(channel, before, where)
    for (of, older), newer in draft.desk.moved.items():
        if of == channel and newer == before:
            draft.move(channel, older, where)


async def _lose(draft: Draft, item: SendItem, why: str) -> None:
    """Remember whom nothing reaches any more."""
    ticket = await _ticket_of(draft, item)
    place = item.part.place
    kind = draft.desk.kind_of(place.channel)
    theirs = (p.address for p in ticket.parties if p.where == place.where) if ticket else ()
    draft.lost(kind, next(iter(theirs), place.where), why)


async def _ticket_of(draft: Draft, item: SendItem) -> Ticket | None:
    return await draft.desk.store.ticket(item.ticket) if item.ticket is not None else None


async def _tell_of_dead(draft: Draft, item: SendItem, reason: str) -> None:
    """Tell the ticket's team, else the alerts, that something will never arrive."""
    if item.lane.startswith(MARKS):
        return
    place = str(item.part.place)
    ticket = await _ticket_of(draft, item)
    await _count_alerts(draft)
    if ticket is None:
        if not item.lane.startswith("alert:"):
            draft.alert(f"A message to {place} could not be delivered", reason)
        return
    text, now = f"not delivered to {place}: {reason}", await end_of(draft.desk, ticket)
    draft.event(now, EventKind.DELIVERY, text, details={"outbox": item.part.outbox_id})
    if _is_for_party(ticket, item):
        _tell_team(draft, now, place, reason)
    elif draft.desk.policy.alerts:
        draft.alert(f"A message to {place} could not be delivered", reason)
    else:
        await _tell_other_places(draft, now, item, reason)


def _is_for_party(ticket: Ticket, item: SendItem) -> bool:
    return item.lane in {f"{ticket.number}:{party.number}" for party in ticket.parties}


def _tell_team(
    draft: Draft, ticket: Ticket, place: str, reason: str, but: Collection[Place] = ()
) -> None:
    values = {"reference": ticket.reference, "place": place, "reason": reason}
    draft.to_team(ticket, "agent/dead", values, but=but)


async def _tell_other_places(draft: Draft, ticket: Ticket, item: SendItem, reason: str) -> None:
    """Tell a team at its other places that one of them cannot be reached; once a day each.

    What says so may itself not arrive: then every place has had its turn, and it is silent.
    """
    place = draft.desk.resolve(item.part.place)
    budget = limits.of_dead_place(ticket.number, str(place))
    known = await draft.desk.store.know(Question(now=draft.at, budgets=(budget,)))
    if limits.spent((budget,), known):
        return
    draft.spend((budget,))
    _tell_team(draft, ticket, str(item.part.place), reason, but={place})


async def tell_of_held(draft: Draft, item: SendItem, reason: str) -> None:
    """Tell people that they have to decide whether something is sent again."""
    await _count_alerts(draft)
    outbox_id = item.part.outbox_id
    ticket = await _ticket_of(draft, item)
    if ticket is not None:
        text = f"held, it may have arrived at {item.part.place}: {reason}"
        draft.event(ticket, EventKind.DELIVERY, text, details={"outbox": outbox_id})
    details = f"{reason}\nTo send it again: ventanilla outbox retry {outbox_id}"
    details += f"\nIf it is there: ventanilla outbox drop {outbox_id}"
    if not item.lane.startswith("alert:"):
        draft.alert(f"A message to {item.part.place} may have arrived, or not", details)


async def _count_alerts(draft: Draft) -> None:
    asked = Question(now=draft.at, budgets=(limits.ALERTS,))
    draft.knows_alerts((await draft.desk.store.know(asked)).spent)


def _settled(
    draft: Draft,
    item: SendItem,
    state: OutboxState,
    *,
    code: str = "",
    reason: str = "",
    external_id: str = "",
    due_at: datetime | None = None,
) -> Settled:
    return Settled(
        outbox_id=item.part.outbox_id,
        fence=item.fence,
        state=state,
        at=draft.at,
        code=code,
        reason=reason,
        external_id=external_id,
        due_at=due_at,
    )
