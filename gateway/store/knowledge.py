"""Drafted entries of the FAQ, and how others fared: rows to models and back.

For this package only.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.errors import NotFound
from gateway.model.knowledge import DraftState, FaqDraft, Said, Sent, SentTo
from gateway.store.steps import Steps, change, rows
from gateway.store.values import from_micros, storable, to_micros

# Behind every instant.
_NEVER = 2**62


def add_drafts(drafts: Iterable[FaqDraft]) -> Steps[None]:
    """Store drafts, each over an earlier one of its ticket."""
    for draft in drafts:
        yield from change(
            "draft_write",
            ticket=draft.ticket,
            at=to_micros(draft.at),
            by_whom=storable(draft.by),
            state=draft.state.value,
            entry=storable(draft.entry),
        )


def list_drafts(states: frozenset[DraftState], limit: int) -> Steps[list[FaqDraft]]:
    """Return drafts, the newest first."""
    wanted = sorted(state.value for state in states)
    found = yield from rows("draft_list", states=wanted, count=limit)
    return [
        FaqDraft(
            ticket=row["ticket"],
            at=from_micros(row["at"]),
            by=row["by_whom"],
            state=DraftState(row["state"]),
            entry=row["entry"],
        )
        for row in found
    ]


def end_draft(ticket: int, state: DraftState, entry: str) -> Steps[None]:
    """Note what became of an open draft; raises `NotFound` where there is none."""
    values = {"ticket": ticket, "state": state.value, "entry": storable(entry)}
    if not (yield from change("draft_end", **values)):
        raise NotFound(f"there is no open draft from ticket {ticket}")


def faq_sent(limit: int, behind: SentTo | None) -> Steps[list[SentTo]]:
    """Return what became of the entries that the FAQ chose, the newest first, from a place on."""
    at, number = (to_micros(behind.at), behind.ticket) if behind else (_NEVER, 0)
    found = yield from rows("faq_sent", at=at, number=number, count=limit)
    return [
        SentTo(
            kind=row["kind"],
            address=row["address"],
            sent=Sent(edition=row["edition"], said=Said(row["said"])),
            ticket=row["number"],
            at=from_micros(row["updated_at"]),
        )
        for row in found
    ]
