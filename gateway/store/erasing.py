"""Erasure: everything of a person is emptied, and their address taken out of what others wrote.

Called by `StepStore.erase`. A mail address is looked for everywhere, also within bytes; so is the
id that a chat platform gives its user, where it is long enough to mean nobody else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.model.upkeep import Erased
from gateway.store import emptying, links, merged, parting, retaining
from gateway.store.retaining import Doing
from gateway.store.steps import Row, Steps, change, one, rows
from gateway.store.values import CHUNKS_PER_ROW, from_json, storable, to_json

GONE = "[erased]"
PIECES = 500
# A shorter id of a chat platform may be any number: only whole columns are compared with it.
SHORTEST_ID = 7
_WHERE = 5
"""Where in a party's row its place on chat stands."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom to erase: the kind of a channel, and what it calls them."""

    kind: str
    address: str

    @property
    def like(self) -> str:
        """Return the pattern that finds them in lower-case text."""
        plain = to_json(self.address.lower())[1:-1]
        return f"%{plain}%"

    @property
    def is_telling(self) -> bool:
        """Return whether the address means nobody else wherever it stands."""
        return "@" in self.address or len(self.address) >= SHORTEST_ID

    @property
    def pattern(self) -> re.Pattern[str]:
        """Return what finds the address itself, and not one that only ends or begins like it.

        With it goes the name of somebody whom a text mentions (`gateway.journey.handover.naming`).
        """
        around = r"\w.+%-" if "@" in self.address else r"\w"
        plain = re.escape(self.address)
        named = rf"@[^@()\n]{{1,200}} \({plain}\)"
        alone = rf"(?<![{around}]){plain}(?![\w-])(?!\.\w)"
        return re.compile(f"{named}|{alone}", re.IGNORECASE | re.ASCII)


async def erase(look: Doing, write: Doing, kind: str, address: str, at: int) -> Erased:
    """Empty everything of a person; return what that was. ``at`` is when this begins."""
    person = Person(kind, storable(address))
    numbers = [
        row["number"]
        for row in await look(partial(rows, "person_tickets", kind=kind, address=person.address))
    ]
    await write(partial(_empty_answers, await look(partial(_places_in, numbers))))
    whole = await _part(look, write, person, numbers)
    await merged.let_go(look, write, frozenset(whole), at)
    for start in range(0, len(whole), retaining.BATCH):
        # Together: what is known by ticket in other tables is looked through once for all of them.
        await write(partial(emptying.empty_tickets, whole[start : start + retaining.BATCH]))
    await write(partial(_forget_person, person))
    messages = mentions = 0
    if person.is_telling:
        mentions = await write(partial(_rewrite, person))
        messages = await write(partial(_empty_named, person, at))
        messages += await _empty_holding(look, write, person, at)
    files = 0
    async for unnamed in retaining.unnamed_files(look, 0, at):
        some = [(row["id"], row["digest"]) for row in unnamed]
        files += await write(partial(emptying.drop_unnamed, some))
    return Erased(tickets=len(numbers), messages=messages, mentions=mentions, files=files)


def _places_in(numbers: Sequence[int]) -> Steps[set[str]]:
    """Return the places where a person's tickets were talked about."""
    places = set()
    for number in numbers:
        row = yield from one("ticket_show", number=number)
        if row is not None:
            body = from_json(row["body"])
            first, *_ = body["parties"]
            places |= {thread[0] for thread in body["threads"]}
            places |= {f"{body['channel']}:{where}" for where in first[_WHERE : _WHERE + 1]}
    return places


def _empty_answers(places: Collection[str]) -> Steps[None]:
    """Empty what was told there outside any ticket: how somebody's requests stand, and which."""
    lanes = [f"answer:{place}" for place in sorted(places)]
    for row in (yield from rows("answers_at", lanes=lanes)) if lanes else ():
        yield from emptying.empty_send(row["position"])


async def _part(look: Doing, write: Doing, person: Person, numbers: Sequence[int]) -> Sequence[int]:
    """Take a person out of tickets that are others' too; return those that are theirs alone."""
    whole, seen = [], set(numbers)
    for number in numbers:
        if not await write(partial(parting.part, number, person.kind, person.address)):
            whole.append(number)
        into = await look(partial(merged.merged_into, number))
        while into is not None and into not in seen:
            seen.add(into)
            await write(partial(parting.part, into, person.kind, person.address))
            into = await look(partial(merged.merged_into, into))
    return whole


def _forget_person(person: Person) -> Steps[None]:
    yield from change("person_drop", kind=person.kind, address=person.address)
    yield from links.forget(person.kind, person.address)
    for row in (yield from rows("waiting_sends_to", destination=person.address)):
        yield from emptying.empty_send(row["position"])
    key = f"{person.kind}:{person.address}"
    yield from change("person_budgets_drop", first=f"{key}:", behind=f"{key};")
    room = re.compile(rf"(?:[:/]|user){re.escape(person.address)}(?![^/:])")
    for name in ("conversation", "pace"):
        for row in (yield from rows(f"{name}_keys", like=f"%{person.address}%")):
            if room.search(row["key"]):
                yield from change(f"{name}_drop", key=row["key"])


def _rewrite(person: Person) -> Steps[int]:
    """Take the address out of others' tickets; what the person said there is gone."""
    pattern, changed = person.pattern, 0
    for row in (yield from rows("naming_tickets", like=person.like)):
        body = pattern.sub(GONE, _without_party(person, row["body"]))
        if body != row["body"]:
            yield from change("ticket_rewrite", number=row["number"], body=body)
            changed += 1
    for row in (yield from rows("naming_history", like=person.like)):
        changed += yield from _rewrite_line(person, row)
    for row in (yield from rows("refs_naming", like=person.like)):
        if pattern.search(row["ref"]):
            yield from change("ref_drop", ref=row["ref"])
    return changed


def _without_party(person: Person, body: str) -> str:
    """Return a ticket's body in which somebody who joined it is a party without a name or address.

    Nothing goes out to such a one. What they asked may have been a ticket that was merged into it,
    and their conversation is forgotten with it.
    """
    ticket = from_json(body)
    parties = ticket.get("parties", ())
    theirs = [row for row in parties if _is_row_of(person, row)]
    if not theirs:
        return body
    ticket["parties"] = [
        (row[0], row[1], "", "", True) if row in theirs else row for row in parties
    ]
    places = {row[_WHERE] for row in theirs if len(row) > _WHERE}
    ticket["threads"] = [
        row for row in ticket["threads"] if row[0].partition(":")[2] not in places - {""}
    ]
    return to_json(ticket)


def _is_row_of(person: Person, row: Sequence[Any]) -> bool:
    _, kind, address, *_ = row
    return (kind, address.lower()) == (person.kind, person.address.lower())


def _rewrite_line(person: Person, row: Row) -> Steps[int]:
    pattern = person.pattern
    is_theirs = row["by_whom"].lower() == person.address.lower()
    text, in_text = ("", 1) if is_theirs else pattern.subn(GONE, row["text"])
    body, in_body = pattern.subn(GONE, _without_name(row["body"]) if is_theirs else row["body"])
    by_whom, in_name = pattern.subn("", row["by_whom"])
    if in_text or in_body or in_name:
        place = {"ticket": row["ticket"], "seq": row["seq"]}
        yield from change("history_rewrite", **place, by_whom=by_whom, body=body, text=text)
    return int(bool(in_text or in_body or in_name))


def _without_name(body: str) -> str:
    """Return the rest of a line of history without the name of who said it."""
    files, details = from_json(body)
    details.pop("name", None)
    return to_json([files, details])


def _empty_named(person: Person, at: int) -> Steps[int]:
    """Empty messages that the person's address stands on."""
    pattern, many = person.pattern, 0
    for row in (yield from rows("naming_events", like=person.like)):
        if pattern.search(row["words"]):
            yield from _empty_event(row["id"], at)
            many += 1
    for query in ("naming_sends", "naming_attempts"):
        for row in (yield from rows(query, like=person.like)):
            if pattern.search(row["words"]):
                yield from _empty_ended(row["position"], at)
                many += 1
    return many


def _empty_event(inbox_id: int, at: int) -> Steps[bool]:
    yield from change("event_drop_quarantined", id=inbox_id, at=at)
    is_ended = yield from emptying.empty_event(inbox_id)
    yield from change("event_hush", id=inbox_id)
    return is_ended


async def _empty_holding(look: Doing, write: Doing, person: Person, at: int) -> int:
    """Empty ended messages in whose bytes the address stands; return how many.

    The order to erase is among them and not ended: it is emptied last, and nobody's message.
    """
    many = 0
    for query, empty in (("event_bytes_walk", _empty_event), ("send_bytes_walk", _hollow_ended)):
        after = -1
        while found := await look(partial(rows, query, after=after, count=PIECES)):
            after = found[-1]["piece"]
            for owner in _holding(person, found):
                many += await write(partial(empty, owner, at))
    return many


def _holding(person: Person, found: Sequence[Row]) -> list[int]:
    """Return the owners of chunks that hold the address."""
    needle = person.address.lower().encode()
    near = [row for row in found if needle in bytes(row["bytes"]).lower()]
    holding = (
        row["piece"] // CHUNKS_PER_ROW
        for row in near
        if person.pattern.search(bytes(row["bytes"]).decode("utf-8", "replace"))
    )
    return list(dict.fromkeys(holding))


def _empty_ended(position: int, _at: int) -> Steps[bool]:
    is_ended = (yield from one("send_is_ended", position=position)) is not None
    if is_ended:
        yield from emptying.empty_send(position)
    return is_ended


def _hollow_ended(position: int, _at: int) -> Steps[bool]:
    """Take the words of somebody else's message: what goes below it still finds it."""
    is_ended = (yield from one("send_is_ended", position=position)) is not None
    if is_ended:
        yield from emptying.hollow_send(position)
    return is_ended


def forget_orders() -> Steps[None]:
    """Empty the orders of the command line that named whom to erase."""
    for row in (yield from rows("erasing_orders")):
        yield from emptying.empty_event(row["id"])
