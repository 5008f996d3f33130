"""Whether a desk slows down as it grows: the same mails in a full store and in an empty one.

What is measured is the store's whole part in a mail: accept, know, apply, claim the send, settle.
CPU time of the process, its database thread included; rounds go to each store in turn.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

from benchmarks import mails
from benchmarks.figures import Figure
from gateway.contracts.store import Store
from gateway.model.inbox import InboxItem, Outcome
from gateway.model.message import Keys, RawEvent
from gateway.model.outbox import NewSend, OutboxState, SendItem, Settled
from gateway.model.outgoing import Part
from gateway.model.people import Person, Place
from gateway.model.plan import Budget, InboxDone, Plan, TicketWrite
from gateway.model.question import Question
from gateway.model.ticket import EventKind, Party, Ticket, TicketEvent, TicketState, Visibility
from gateway.store import open_store
from gateway.world import RealWorld, new_outbox_id

CHANNEL = "support-mail"
_WORLD = RealWorld()
_TOGETHER = 100
_BUDGETS = ("tickets", "automatic")


def run(*, long: bool) -> Iterator[Figure]:
    """Measure; see the module."""
    yield asyncio.run(_measure(200_000 if long else 8_000, rounds=9 if long else 5))


async def _measure(tickets: int, rounds: int) -> Figure:
    with tempfile.TemporaryDirectory() as name:
        full, empty = [await _open(Path(name) / f"{which}.db") for which in ("full", "empty")]
        numbers = count(1)
        for _ in range(0, tickets, _TOGETHER):
            await _mails(full, numbers)
        ratios = []
        for _ in range(rounds):
            spent = []
            for store in (full, empty):
                start = time.process_time()
                await _mails(store, numbers)
                spent.append(time.process_time() - start)
            ratios.append(spent[0] / spent[1])
        await full.close()
        await empty.close()
    each = spent[1] / _TOGETHER * 1000
    return Figure(
        name=f"store work per mail with {tickets:,} tickets, of an empty store's",
        value=statistics.median(ratios),
        unit="x",
        goal=1.5,
        note=f"empty: {each:.2f} ms CPU",
    )


async def _open(path: Path) -> Store:
    return await open_store(f"sqlite:///{path}", world=_WORLD, node="bench", sole_writer=True)


async def _mails(store: Store, numbers: Iterator[int]) -> None:
    """Take some mails through the store, all at once, until their replies are sent."""
    some = [next(numbers) for _ in range(_TOGETHER)]
    await asyncio.gather(*(_decide(store, number) for number in some))
    left = len(some)
    while left:
        claimed = await store.claim_sends(
            left, lease=timedelta(minutes=1), now=_WORLD.now(), sync=False
        )
        left -= len(claimed)
        await asyncio.gather(*(_sent(store, item) for item in claimed))


async def _decide(store: Store, number: int) -> None:
    address = mails.sender("growth", number)
    facts = {"mail_from": address, "rcpt": [mails.RECIPIENT]}
    body = mails.make("growth", number, "plain")
    raw = RawEvent(channel=CHANNEL, body=body, facts=facts, received_at=_WORLD.now())
    keys = Keys(offers=(f"smtp:{number}",), lane=f"{CHANNEL}:{address}")
    (item,) = await store.accept([(raw, keys)], None, claim=True)
    budgets = tuple(
        Budget(key=f"{what}:{address}", limit=100, window=timedelta(hours=1)) for what in _BUDGETS
    )
    reference = mails.message_id("growth", number)
    question = Question(
        now=_WORLD.now(),
        effect=f"effect-{number}",
        kind="email",
        address=address,
        refs=(reference,),
        budgets=budgets,
    )
    await store.know(question)
    await store.apply(_plan(item, number, address, budgets))


def _plan(item: InboxItem, number: int, address: str, budgets: tuple[Budget, ...]) -> Plan:
    now = _WORLD.now()
    part = Part(
        outbox_id=new_outbox_id(_WORLD), place=Place(CHANNEL, address), body=b"Thank you." * 150
    )
    heard = TicketEvent(
        ticket=number,
        at=now,
        kind=EventKind.REQUEST,
        visibility=Visibility.PUBLIC,
        by=address,
        text="The scanner takes two pages at once. " * 20,
        inbox_id=item.claim.id,
    )
    return Plan(
        at=now,
        done=InboxDone(
            claim=item.claim,
            outcome=Outcome.ROUTED,
            reason="No rule matched.",
            effect=f"effect-{number}",
            ticket=number,
        ),
        tickets=(TicketWrite(ticket=_ticket(number, address), planned_on=0),),
        events=(heard,),
        sends=(NewSend(part=part, lane=f"{CHANNEL}:{address}", ticket=number, created_at=now),),
        refs=((mails.message_id("growth", number), number),),
        people=(Person(kind="email", address=address, language="en"),),
        spend=budgets,
    )


def _ticket(number: int, address: str) -> Ticket:
    now = _WORLD.now()
    return Ticket(
        number=number,
        reference=f"VT-{number}-F",
        version=1,
        state=TicketState.CLOSED,
        channel=CHANNEL,
        kind="email",
        subject="Scanner on the second floor",
        language="en",
        created_at=now,
        updated_at=now,
        closed_at=now,
        parties=(Party(number=1, kind="email", address=address),),
        team="service-desk",
    )


async def _sent(store: Store, item: SendItem) -> None:
    settled = Settled(
        outbox_id=item.part.outbox_id, fence=item.fence, state=OutboxState.SENT, at=_WORLD.now()
    )
    await store.apply(Plan(at=_WORLD.now(), settled=(settled,)))
