"""Examples: what a rule must and must not match, as requests that state only some things.

A plain text states the text; a mapping states what it names. What an example leaves open counts
as fulfilled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from gateway.model.calendar import Calendar
from gateway.model.request import Facts, FileFacts, Request
from rules import days, fields
from rules.fields import Fields
from rules.known import Known
from rules.nodes import MapNode, Node, Scalar
from rules.problems import Mark
from rules.view import View

EXAMPLE_KEYS = ("text", "subject", "from", "to", "channel", "attachments", "at")

# Conditions are asked by name which aspects an example states.
_STATES: Mapping[str, tuple[str, ...]] = {
    "from": ("from", "from_domain"),
    "to": ("to",),
    "channel": ("channel", "kind"),
    "attachments": ("attachments",),
    "at": ("hours", "weekday", "date"),
}
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One example. ``stated`` names the conditions beside text that it settles."""

    request: Request
    stated: frozenset[str]
    mark: Mark
    at: datetime | None = None

    def view(self, calendar: Calendar) -> View:
        """Return it as conditions see it; ``at`` is meant by the calendar's clock."""
        zone = ZoneInfo(calendar.timezone)
        now = self.at.replace(tzinfo=zone) if self.at else LONG_AGO
        return View(self.request, Facts(now=now), calendar)

    @property
    def shown(self) -> str:
        """Return its text, short enough for a message."""
        words = f"{self.request.subject} {self.request.text}".split()
        return " ".join(words[:8]) + (" ..." if len(words) > 8 else "")  # noqa: PLR2004 - one line


@dataclass(frozen=True, slots=True)
class Examples:
    """What must match and what must not."""

    match: tuple[Example, ...] = ()
    no_match: tuple[Example, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return bool(self.match or self.no_match)


def read_examples(node: Node | None, known: Known) -> Examples:
    """Return the examples under a rule or an entry."""
    if node is None:
        return Examples()
    found = fields.fields(node, "examples", ("match", "no_match"), known.problems) or {}
    return Examples(_list(found, "match", known), _list(found, "no_match", known))


def _list(found: Fields, key: str, known: Known) -> tuple[Example, ...]:
    if key not in found:
        return ()
    read = (_example(node, f"examples.{key}", known) for node in fields.one_or_more(found[key]))
    return tuple(example for example in read if example is not None)


def _example(node: Node, what: str, known: Known) -> Example | None:
    if isinstance(node, MapNode):
        return _stated_example(node, what, known)
    text = fields.text(node, what, known.problems)
    if text is None:
        return None
    request = Request(channel="", kind="", subject="", text=text, sender="")
    return Example(request=request, stated=frozenset(), mark=node.mark)


def _stated_example(node: MapNode, what: str, known: Known) -> Example | None:
    found = fields.fields(node, what, EXAMPLE_KEYS, known.problems)
    if not found:
        return None
    channel = _text(found, "channel", what, known)
    request = Request(
        channel=channel,
        kind=(known.channels or {}).get(channel, channel),
        subject=_text(found, "subject", what, known),
        text=_text(found, "text", what, known),
        sender=_text(found, "from", what, known).lower(),
        recipients=_texts(found, "to", what, known),
        attachments=_files(found["attachments"], what, known) if "attachments" in found else (),
    )
    stated = frozenset(name for key in found for name in _STATES.get(key, ()))
    at = days.moment(found["at"], f"{what}.at", known.problems) if "at" in found else None
    return Example(request=request, stated=stated, mark=node.mark, at=at)


def _text(found: Fields, key: str, what: str, known: Known) -> str:
    if key not in found:
        return ""
    return fields.text(found[key], f"{what}.{key}", known.problems) or ""


def _texts(found: Fields, key: str, what: str, known: Known) -> tuple[str, ...]:
    if key not in found:
        return ()
    return tuple(text for text, _ in fields.texts(found[key], f"{what}.{key}", known.problems))


def _files(node: Node, what: str, known: Known) -> tuple[FileFacts, ...]:
    """Return ``true``, ``false``, file names, or mappings with name, type and size."""
    if isinstance(node, Scalar) and node.plain and node.text in ("true", "false"):
        return (FileFacts(name="file", media_type="", size=0),) if node.text == "true" else ()
    files = (_file(item, f"{what}.attachments", known) for item in fields.one_or_more(node))
    return tuple(file for file in files if file is not None)


def _file(node: Node, what: str, known: Known) -> FileFacts | None:
    if isinstance(node, Scalar):
        return FileFacts(name=node.text, media_type="", size=0)
    found = fields.fields(node, what, ("name", "type", "size"), known.problems)
    if found is None:
        return None
    size = fields.integer(found["size"], what, known.problems, 0, 10**9) if "size" in found else 0
    return FileFacts(
        name=_text(found, "name", what, known),
        media_type=_text(found, "type", what, known),
        size=size or 0,
    )
