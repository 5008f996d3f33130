"""Lets the people of a team see what one of them does to a ticket, wherever each is told.

Called by the agents' words. Where something was said on chat everybody there has seen it; the
team's other places are told. Whoever answers what somebody else has just answered hears of that.
"""

from __future__ import annotations

from datetime import timedelta

from gateway.contracts.words import Value
from gateway.journey.agents.deed import Deed
from gateway.journey.plan.draft import Draft
from gateway.model.message import Attachment
from gateway.model.ticket import BY_DESK, EventKind, TicketEvent, Visibility

TOGETHER = timedelta(minutes=10)
"""So soon after another answer people may not have seen it when they wrote theirs."""

_ANSWERS = (EventKind.REPLY, EventKind.ANSWER)


def tell(
    draft: Draft,
    deed: Deed,
    what: str,
    *,
    to: str = "",
    literal: str = "",
    attachments: tuple[Attachment, ...] = (),
) -> None:
    """Tell the team at its other places what somebody did; ``what`` is a word of the template.

    While a ticket lies with no team nobody has heard of it, and nobody is troubled.
    """
    if deed.is_quiet or draft.now(deed.ticket).team is None:
        return
    values: dict[str, Value] = {
        "reference": deed.ticket.reference, "agent": deed.doer, "what": what, "to": to,
    }  # fmt: skip
    draft.to_team(
        deed.ticket, "agent/deed", values,
        literal=literal, attachments=attachments, but=deed.heard_at,
    )  # fmt: skip


def answered_before(draft: Draft, deed: Deed) -> str:
    """Tell whoever answers of somebody else's answer moments ago; return a remark on it, or ""."""
    first = _newest(draft)
    is_other = first is not None and first.kind in _ANSWERS and first.by not in (deed.by, BY_DESK)
    if first is None or not is_other or draft.at - first.at >= TOGETHER:
        return ""
    agent = draft.rules.agents.get(first.by.partition(":")[2])
    name = agent.name if agent else first.by.partition(":")[2]
    values: dict[str, Value] = {
        "reference": deed.ticket.reference, "agent": deed.doer, "other": name,
    }  # fmt: skip
    draft.to_team(deed.ticket, "agent/crossed", values, literal=first.text)
    return f"; {name} had answered just before"


def _newest(draft: Draft) -> TicketEvent | None:
    """Return what was said last between requester and desk."""
    said = (
        event
        for event in reversed(draft.history)
        if event.visibility is Visibility.PUBLIC
        and event.kind in (*_ANSWERS, EventKind.FOLLOWUP, EventKind.REQUEST)
    )
    return next(said, None)
