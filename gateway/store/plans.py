"""The two transactions that every event comes by: what is known of it, and what it changes.

Called by the back ends only. `apply` raises what `Store.apply` promises; the back end then undoes
whatever it had written.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from gateway.model.linking import MAIL
from gateway.model.people import Person
from gateway.model.plan import Plan
from gateway.model.question import Known, Question
from gateway.model.ticket import Ticket
from gateway.store import (
    budgets,
    clocks,
    events,
    inbox,
    knowledge,
    links,
    moves,
    outbox,
    outbox_rows,
    tickets,
)
from gateway.store.steps import Row, Steps, change, change_each, one
from gateway.store.values import (
    from_micros,
    from_micros_or_none,
    storable,
    to_micros,
    to_micros_or_none,
)


def apply(plan: Plan) -> Steps[None]:
    """Make a plan true. What can be refused comes first."""
    at = to_micros(plan.at)
    if plan.done is not None:
        yield from inbox.end(plan.done, at)
    for done in plan.read_with:
        yield from inbox.end(done, at)
    for settled in plan.settled:
        yield from outbox.settle(settled)
    if plan.spend:
        yield from budgets.spend(plan.spend, at)
    for write in plan.tickets:
        yield from tickets.write_ticket(write)
    if plan.links:
        yield from links.take(plan.links, at)
    yield from _add(plan)


def _add(plan: Plan) -> Steps[None]:
    """Write down what nobody can be in the way of."""
    yield from events.add_events(plan.events)
    yield from clocks.add_stays(plan.stays)
    yield from knowledge.add_drafts(plan.drafts)
    for send in plan.sends:
        yield from outbox.queue(send)
    refs = [{"ref": storable(ref), "ticket": ticket} for ref, ticket in plan.refs]
    yield from change_each("ref_insert", refs)
    for person in plan.people:
        yield from _write_person(person)
    for file in plan.files:
        yield from tickets.add_file(file, to_micros(plan.at))
    yield from _write_conversations(plan)
    for moved in plan.moves:
        yield from moves.move(moved.channel, moved.before, moved.after)
    for kind, address, why in plan.dead:
        values = {"kind": storable(kind), "address": storable(address), "why": storable(why)}
        yield from change("person_died", **values)


def _write_person(person: Person) -> Steps[None]:
    yield from change(
        "person_write",
        kind=storable(person.kind),
        address=storable(person.address),
        name=storable(person.name),
        language=person.language,
        wished=person.wished,
        automatic_at=to_micros_or_none(person.automatic_at),
        dead=None if person.dead is None else storable(person.dead),
    )


def know(question: Question) -> Steps[Known]:
    """Answer everything that planning one event needs."""
    at = to_micros(question.now)
    refs = yield from _known_refs(question.refs)
    sends = {}
    for outbox_id in question.sends:
        if (row := (yield from outbox_rows.show_send(outbox_id))) is not None:
            sends[outbox_id] = row
    theirs = [row.ticket for row in sends.values() if row.ticket is not None]
    talk = yield from _known_talk(question.conversation)
    theirs += [talk[0]] if talk else []
    spendings = yield from budgets.spent(question.budgets, at)
    spent = {budget.key: some for budget, some in zip(question.budgets, spendings, strict=True)}
    # People without an address are one person: nobody can tell them apart.
    has_person = bool(question.kind)
    person, open_tickets, newest, linked = (
        (yield from _known_person(question.kind, question.address))
        if has_person
        else (None, 0, None, ())
    )
    code = None
    if question.code:
        code = yield from links.read_code(question.kind, question.address, at)
    return Known(
        duplicate_of=(yield from _duplicate_of(question.effect)),
        person=person,
        refs=refs,
        tickets=(yield from _known_tickets((*question.tickets, *refs.values(), *theirs))),
        sends=sends,
        open_tickets=open_tickets,
        newest_open=newest,
        spent=spent,
        talk=talk,
        linked=linked,
        code=code,
    )


def _write_conversations(plan: Plan) -> Steps[None]:
    at = to_micros(plan.at)
    for key, ticket in plan.conversations:
        yield from change("conversation_write", key=storable(key), ticket=ticket, at=at)
    for key, ticket in plan.spoken:
        yield from change("conversation_speak", key=storable(key), ticket=ticket, at=at)


def _known_talk(key: str) -> Steps[tuple[int, datetime] | None]:
    row = (yield from one("conversation_show", key=storable(key))) if key else None
    return (row["ticket"], from_micros(row["at"])) if row is not None and row["ticket"] else None


def _duplicate_of(effect: str) -> Steps[int | None]:
    row = (yield from one("inbox_of_effect", effect=storable(effect))) if effect else None
    return None if row is None else int(row["id"])


def _known_refs(refs: Iterable[str]) -> Steps[dict[str, int]]:
    known = {}
    for ref in refs:
        if (row := (yield from one("ref_show", ref=storable(ref)))) is not None:
            known[ref] = row["ticket"]
    return known


def _known_person(
    kind: str, address: str
) -> Steps[tuple[Person | None, int, int | None, tuple[tuple[str, str], ...]]]:
    row = yield from one("person_known", kind=storable(kind), address=storable(address))
    assert row is not None
    person = None if row["stored"] is None else _person(row, kind, address)
    mail = address if kind == MAIL and row["accounts"] else row["mail"]
    linked = (yield from links.linked_with(mail, but=(kind, address))) if mail else ()
    open_tickets = row["open_tickets"]
    for other_kind, other in linked:
        theirs = yield from one("person_known", kind=storable(other_kind), address=storable(other))
        open_tickets += 0 if theirs is None else theirs["open_tickets"]
    return person, open_tickets, row["newest"], linked


def show_person(kind: str, address: str) -> Steps[Person | None]:
    """Return what is known of somebody, None when they never wrote."""
    return (yield from _known_person(kind, address))[0]


def _known_tickets(numbers: Iterable[int]) -> Steps[dict[int, Ticket]]:
    """Return tickets, and those that they were merged into."""
    known: dict[int, Ticket] = {}
    wanted = list(numbers)
    while wanted:
        number = wanted.pop()
        ticket = None if number in known else (yield from tickets.read_ticket(number))
        if ticket is not None:
            known[number] = ticket
            if ticket.merged_into is not None:
                wanted.append(ticket.merged_into)
    return known


def _person(row: Row, kind: str, address: str) -> Person:
    return Person(
        kind=kind,
        address=address,
        name=row["name"],
        language=row["language"],
        wished=row["wished"],
        automatic_at=from_micros_or_none(row["automatic_at"]),
        dead=row["dead"],
    )
