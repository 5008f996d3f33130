"""Tickets that were merged into others: where they go on, and what becomes of them where those end.

Called by `gateway.store.erasing`.
"""

from __future__ import annotations

from functools import partial

from gateway.model.ticket import BY_DESK, EventKind, TicketEvent, Visibility
from gateway.store import events, retaining
from gateway.store.retaining import Doing
from gateway.store.steps import Steps, change, one, rows
from gateway.store.values import from_json, from_micros, to_json


def merged_into(number: int) -> Steps[int | None]:
    """Return the number of the ticket that a ticket goes on in, None where it is none or gone."""
    row = yield from one("ticket_show", number=number)
    into: int | None = from_json(row["body"])["merged_into"] if row is not None else None
    return into


async def let_go(look: Doing, write: Doing, numbers: frozenset[int], at: int) -> None:
    """Let go of others' tickets that were merged into a person's: they go on by themselves."""
    after = 0
    while found := await look(partial(rows, "merged_tickets", after=after, count=retaining.BATCH)):
        after = found[-1]["number"]
        for row in found:
            if row["number"] not in numbers and from_json(row["body"])["merged_into"] in numbers:
                await write(partial(_open_again, row["number"], numbers, at))


def _open_again(number: int, numbers: frozenset[int], at: int) -> Steps[None]:
    """Let a ticket go on where the one that it was merged into goes on, else open it again.

    The desk looks at it at once, and winds its clocks. It is closed where that one was.
    """
    row = yield from one("ticket_held", number=number)
    if row is None:
        return
    body = from_json(row["body"])
    last = into = body["merged_into"]
    for _ in numbers:
        if into not in numbers:
            break
        last, into = into, (yield from merged_into(into))
    if into is not None:
        relinked = to_json({**body, "merged_into": into})
        yield from change("ticket_rewrite", number=number, body=relinked)
        return
    is_open = (yield from one("ticket_is_open", number=last)) is not None
    state, wake_at = ("open", at) if is_open else ("closed", None)
    body = to_json({**body, "merged_into": None})
    yield from change("ticket_let_go", number=number, body=body, state=state, wake_at=wake_at)
    yield from events.add_events([_let_go_line(number, state, at)])


def _let_go_line(number: int, state: str, at: int) -> TicketEvent:
    return TicketEvent(
        ticket=number, at=from_micros(at), kind=EventKind.STATE, visibility=Visibility.INTERNAL,
        by=BY_DESK, text=f"merged -> {state}: the ticket that it was merged into was erased",
    )  # fmt: skip
