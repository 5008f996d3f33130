"""A decision for people: what, why, which FAQ entries came near, and how each rule fared.

Used by ``explain``, and by ``tickets show --why`` for what was stored with a ticket.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gateway.cli import screen
from gateway.model.units import format_score

if TYPE_CHECKING:
    from rich.table import Table

_VERBS = {"answer": "answer", "ask": "ask back", "route": "route", "ignore": "ignore"}
_PIPE_WIDTH = 120
_ORDER = "order"
_MOST_TERMS = 8
_SHORT_HASH = 12
# Of a text that no rule matched, its beginning says which one it was.
_MOST_FOUND = 200
# What rounds to nothing did not come near.
_LEAST_NEAR = 0.005


def show(explained: Mapping[str, Any], *, needed: float | None = None) -> None:
    """Print an explanation. ``needed`` is how sure the FAQ must be to answer."""
    screen.say(f"{_VERBS[explained['decision']]} {_object(explained)}".strip())
    screen.say(f"because {explained['reason']}")
    for name, value in _around(explained):
        screen.say(f"  {name:<9} {value}")
    _show_near(explained, needed)
    if not explained["trace"]:
        screen.say("\nno rule was looked at")
        return
    screen.say("\nrules, as they were tried:")
    screen.console(None if sys.stdout.isatty() else _PIPE_WIDTH).print(_table(explained["trace"]))


def _object(explained: Mapping[str, Any]) -> str:
    match explained["decision"]:
        case "answer":
            score = explained["score"]
            return f"with FAQ entry {explained['faq']}" + (
                f" ({format_score(score)})" if score else ""
            )
        case "route":
            return f"to team {explained['team']}, level {explained['level']}"
        case "ask":
            offered = ", ".join(choice["faq"] for choice in explained["choices"])
            return f"which is meant: {offered}" if offered else "for what is missing"
        case _:
            return ""


def _around(explained: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield what else was decided; tickets of older versions know less of it."""
    yield "language", explained["language"] or "none"
    yield "priority", explained["priority"]
    for name in ("tags", "notes"):
        if explained.get(name):
            yield name, ", ".join(explained[name])
    for name, value in (explained.get("fields") or {}).items():
        yield "field", f"{name} = {value}"
    if explained.get("reply"):
        yield "template", explained["reply"]
    yield "rulebook", f"{explained['rulebook'][:_SHORT_HASH]}"


def _show_near(explained: Mapping[str, Any], needed: float | None) -> None:
    near: Sequence[Mapping[str, Any]] = explained.get("near") or explained["choices"]
    if not near:
        return
    if why := explained.get("why_faq"):
        needed = why["needed"]
    bar = f" (an answer needs {needed:.2f})" if needed is not None else ""
    screen.say(f"\nFAQ entries that came near{bar}:")
    for entry in near:
        if entry["score"] >= _LEAST_NEAR:
            screen.say(f"  {format_score(entry['score'])}  {entry['faq']}")
    if why:
        _show_why_faq(why)


def _show_why_faq(why: Mapping[str, Any]) -> None:
    if why["phrasing"]:
        screen.say(f"  nearest phrasing: {why['phrasing']}")
    if why["words"]:
        screen.say(f"  words that decided: {', '.join(why['words'])}")
    for slip in why.get("slips") or ():
        screen.say(f"  {slip['said']} is read as {slip['read']}")
    if why["doubt"]:
        screen.say(f"  no answer, because {why['doubt']}")
    for name in ("trials", "learned"):
        if why.get(name):
            screen.say(f"  {why[name]}")


def _table(trace: Iterable[Mapping[str, Any]]) -> Table:
    from rich.table import Table  # noqa: PLC0415 - see screen.console
    from rich.text import Text  # noqa: PLC0415 - see screen.console

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold underline")
    table.add_column("rule", overflow="fold")
    table.add_column("matched", no_wrap=True)
    table.add_column("condition", no_wrap=True)
    for name in ("expected", "found"):
        table.add_column(name, ratio=1, overflow="fold")
    table.expand = True
    for step in trace:
        late = "too late" if step["condition"] == _ORDER else "no"
        cells = ("yes",) if step["matched"] else (late, *_failure(step))
        style = "bold green" if step["matched"] else ""
        table.add_row(*(Text(screen.clean(cell), style) for cell in (step["rule"], *cells)))
    return table


def _failure(step: Mapping[str, Any]) -> tuple[str, str, str]:
    expected = str(step["expected"] or "")
    terms = expected.split(", ")
    if len(terms) > _MOST_TERMS:
        more = len(terms) - _MOST_TERMS
        expected = f"{', '.join(terms[:_MOST_TERMS])} … and {more} more"
    return str(step["condition"] or ""), expected, _cut(str(step["actual"] or ""))


def _cut(found: str) -> str:
    return found if len(found) <= _MOST_FOUND else f"{found[:_MOST_FOUND]} …"
