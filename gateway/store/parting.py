"""A ticket of several people, one of whom is erased: what is the others' stays.

Called by `gateway.store.erasing`. The others came with tickets of their own that were merged into
it: what was said there before is the first one's alone, what was said since belongs to all, but
for the words of whoever is erased.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.model.ticket import MERGED, WAS_MERGED, EventKind
from gateway.store import emptying
from gateway.store.steps import Row, Steps, change, one, rows
from gateway.store.values import from_json, to_json

_KIND, _ADDRESS, _INVITED, _WHERE, _ORIGIN = 1, 2, 4, 5, 6
"""Where in a party's row these stand; the last two only where they say something."""

_ENDED = ("sent", "bounced", "dead", "dropped")
_Party = Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parting:
    """Who leaves a ticket, and who stays; ``owners`` are those who stay with a request of theirs.

    ``since`` is the line of history from which on it is everybody's, None where none tells.
    """

    number: int
    address: str
    leaving: Sequence[_Party]
    staying: Sequence[_Party]
    owners: Sequence[_Party]
    was_first: bool
    since: Row | None

    def lanes_of(self, parties: Sequence[_Party]) -> set[str]:
        """Return the names of the lanes in which messages go out to some."""
        return {f"{self.number}:{party[0]}" for party in parties}

    def takes(self, line: Row) -> bool:
        """Tell whether a line of history goes along."""
        if line["by_whom"].lower() == self.address.lower():
            return True
        is_others = line["by_whom"] in {party[_ADDRESS] for party in self.staying}
        is_since = self.since is not None and line["seq"] >= self.since["seq"]
        return self.was_first and not is_others and not is_since


def part(number: int, kind: str, address: str) -> Steps[bool]:
    """Take somebody out of a ticket that others have a request in; tell whether there are any."""
    row = yield from one("ticket_held", number=number)
    if row is None:
        return False
    body, lines = from_json(row["body"]), (yield from rows("event_list", ticket=number))
    parting = _parting(number, (kind, address), body["parties"], lines)
    if not parting.leaving or not parting.owners:
        return False
    sends = yield from rows("sends_to_parties", ticket=number)
    yield from _drop_threads(parting, body, sends)
    yield from _rewrite(parting, body)
    yield from _empty_lines(parting, lines)
    yield from _empty_sends(parting, sends, _told_at(parting, lines))
    yield from _drop_conversations(parting)
    return True


def _parting(
    number: int, who: tuple[str, str], parties: Sequence[_Party], lines: Sequence[Row]
) -> _Parting:
    first, (kind, address) = parties[0], who
    leaving = [p for p in parties if p[_KIND] == kind and p[_ADDRESS].lower() == address.lower()]
    # A caller is known by the line that was logged for them: their number is no address.
    asked = (ln["by_whom"] for ln in lines if ln["kind"] == EventKind.REQUEST.value)
    if first not in leaving and first[_KIND] == kind and address in asked:
        leaving = [first, *leaving]
    staying = [p for p in parties if p not in leaving and p[_ADDRESS]]
    return _Parting(
        number=number, address=address, leaving=leaving, staying=staying,
        owners=[p for p in staying if p is first or len(p) > _ORIGIN],
        was_first=first in leaving,
        since=next((line for line in lines if _tells_of_a_merge(line)), None),
    )  # fmt: skip


def _tells_of_a_merge(line: Row) -> bool:
    is_note = line["kind"] == EventKind.NOTE.value
    return is_note and (MERGED in from_json(line["body"])[1] or WAS_MERGED in line["text"])


def _rewrite(parting: _Parting, body: dict[str, Any]) -> Steps[None]:
    """Let the next one be first, as they know what they asked; who leaves has no name there."""
    gone = [(party[0], party[_KIND], "", "", True) for party in parting.leaving]
    first, *others = parting.owners
    if parting.was_first:
        channel, _, subject, language = first[_ORIGIN]
        first = [*first[:_INVITED], False, *first[_INVITED + 1 :]]
        body |= {"channel": channel, "subject": subject, "language": language}
        body |= {"fields": {}, "why": {}}
        body.pop("asks", None)
    invited = [party for party in parting.staying if party not in parting.owners]
    body["parties"] = [first, *others, *invited, *gone]
    yield from change(
        "ticket_part", number=parting.number, body=to_json(body), channel=body["channel"],
        kind=first[_KIND], address=first[_ADDRESS],
    )  # fmt: skip


def _drop_threads(parting: _Parting, body: dict[str, Any], sends: Sequence[Row]) -> Steps[None]:
    """Forget where they talk, and talked before: what is said there next is something else."""
    lanes = parting.lanes_of(parting.leaving)
    where = {place for p in parting.leaving for place in _places(p)}
    where |= {row["destination"] for row in sends if row["lane"] in lanes}
    where -= {place for p in parting.staying for place in _places(p)}
    theirs = [row for row in body["threads"] if row[0].partition(":")[2] in where]
    body["threads"] = [row for row in body["threads"] if row not in theirs]
    for _, root, last, references, *_ in theirs:
        for ref in (root, last, *references):
            yield from change("ref_drop", ref=ref)


def _empty_lines(parting: _Parting, lines: Sequence[Row]) -> Steps[None]:
    empty = {"by_whom": "", "body": "[[],{}]", "text": ""}
    for line in filter(parting.takes, lines):
        _, details = from_json(line["body"])
        for ref in details.get("messages", ()):
            yield from change("ref_drop", ref=ref)
        if line["inbox"] is not None:
            yield from emptying.empty_event(line["inbox"])
            yield from change("event_hush", id=line["inbox"])
        yield from change("history_rewrite", ticket=parting.number, seq=line["seq"], **empty)


def _told_at(parting: _Parting, lines: Sequence[Row]) -> set[int]:
    """Return when teams were told the stories of tickets of theirs that came in: by no name."""
    came = [f"{party[_ORIGIN][1]}{WAS_MERGED}" for party in parting.leaving if len(party) > _ORIGIN]
    return {line["at"] for line in lines for told in came if line["text"].startswith(told)}


def _places(party: _Party) -> Sequence[str]:
    """Return what stands behind the channel's name in the places of a party."""
    return tuple(filter(None, (party[_ADDRESS], *party[_WHERE:_ORIGIN])))


def _empty_sends(parting: _Parting, sends: Sequence[Row], told_at: Container[int]) -> Steps[None]:
    """Empty what went out to them, their stories, and all that was before the others came."""
    kept, lanes = parting.lanes_of(parting.staying), parting.lanes_of(parting.leaving)
    before = parting.since["at"] if parting.was_first and parting.since is not None else 0
    for row in sends:
        is_earlier = row["created_at"] < before
        if row["lane"] in lanes or (is_earlier and row["state"] not in _ENDED):
            yield from change("ref_drop", ref=row["external_id"])
            yield from emptying.empty_send(row["position"])
        elif (
            row["lane"] not in kept
            and row["state"] in _ENDED
            and (
                # A notice names the subject, and what stood in it tells of nobody by name.
                parting.was_first or row["created_at"] in told_at
            )
        ):
            yield from emptying.hollow_send(row["position"])


def _drop_conversations(parting: _Parting) -> Steps[None]:
    """Let no conversation be about this ticket but those of who stays."""
    kept = {party[_WHERE] for party in parting.staying if len(party) > _WHERE}
    for row in (yield from rows("conversations_about", ticket=parting.number)):
        if row["key"].partition(":")[2] not in kept:
            yield from change("conversation_drop", key=row["key"])
