"""Codes that wait to come back, and accounts on chat that are linked with a mail address.

Called by the other modules of this package.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from gateway.errors import VersionConflict
from gateway.model.linking import (
    MAIL,
    CodeMade,
    CodeUsed,
    CodeVoid,
    LinkCode,
    LinkStep,
    Unlinked,
)
from gateway.store.steps import Steps, change, one, rows
from gateway.store.values import from_micros, storable, to_micros

# Nobody has more accounts; somebody who collects them is not shown to the end.
MOST_LINKED = 20


def read_code(kind: str, address: str, at: int) -> Steps[LinkCode | None]:
    """Return the code that somebody asked for, while it counts."""
    row = yield from one("code_show", kind=storable(kind), address=storable(address), now=at)
    if row is None:
        return None
    return LinkCode(
        kind=kind, address=address, mail=row["mail"], digest=row["digest"],
        ends_at=from_micros(row["ends_at"]),
    )  # fmt: skip


def linked_with(mail: str, but: tuple[str, str]) -> Steps[tuple[tuple[str, str], ...]]:
    """Return who is one person with a mail address, it among them, by kind and address."""
    found = yield from rows("links_to", mail=storable(mail), count=MOST_LINKED)
    everybody = ((MAIL, mail), *((row["kind"], row["address"]) for row in found))
    return tuple(one for one in everybody if one != but)


def take(steps: Sequence[LinkStep], at: int) -> Steps[None]:
    """Take steps on the way to a link, or back. `VersionConflict`: a code does not count now."""
    for step in steps:
        match step:
            case CodeMade():
                yield from _make(step.code, at)
            case CodeVoid():
                yield from _drop(step.code)
            case CodeUsed():
                yield from _drop(step.code)
                yield from change(
                    "link_write", **_asker(step.code), mail=storable(step.code.mail), at=at
                )
            case Unlinked():
                yield from forget(step.kind, step.address)
            case _:
                assert_never(step)


def _make(code: LinkCode, at: int) -> Steps[None]:
    yield from change("codes_prune", now=at)
    yield from change(
        "code_write", **_asker(code), mail=storable(code.mail), digest=code.digest,
        ends_at=to_micros(code.ends_at),
    )  # fmt: skip


def _drop(code: LinkCode) -> Steps[None]:
    if not (yield from change("code_drop", **_asker(code), digest=code.digest)):
        raise VersionConflict("the code was used, or another one was made")


def _asker(code: LinkCode) -> dict[str, object]:
    return {"kind": storable(code.kind), "address": storable(code.address)}


def forget(kind: str, address: str) -> Steps[None]:
    """Link somebody with nobody any more, and let no code count that they asked for or got."""
    asker = {"kind": storable(kind), "address": storable(address)}
    yield from change("codes_drop_of", **asker)
    yield from change("link_drop", **asker)
    if kind == MAIL:
        yield from change("links_drop_to", mail=storable(address))
        yield from change("codes_drop_to", mail=storable(address))
