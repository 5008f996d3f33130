"""From what the desk wants to say to what a terminal shows: Markdown, and what somebody typed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from gateway.model.outgoing import Outgoing, Part

# What would move the cursor, change colours, or turn text around; line feeds and tabs stay.
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")

# What is only a list, a heading or a quotation at the beginning of a line.
_BLOCK = re.compile(r"(?:[-*+>#]+|\d+[.)])\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the desk said last: how to answer it. ``buttons`` maps letters to labels."""

    token: str
    id: str
    buttons: dict[str, str]


def to_part(outgoing: Outgoing) -> Part:
    """Return the one part that says all of it. Pure."""
    body = {
        "pieces": shown_pieces(outgoing),
        "token": outgoing.reply_token,
        "buttons": dict(
            zip(ascii_lowercase, (button.label for button in outgoing.buttons), strict=False)
        ),
    }
    return Part(
        outbox_id=outgoing.outbox_id,
        place=outgoing.place,
        body=json.dumps(body).encode(),
        external_id=f"console.{outgoing.outbox_id}",
    )


def shown_pieces(outgoing: Outgoing) -> Sequence[tuple[str, bool]]:
    """Return the message piece by piece, the reference in front, and whether each is Markdown."""
    pieces = ((outgoing.text, True), (outgoing.literal, False), (outgoing.closing, True))
    filled = [(_clean(text.strip()), is_markdown) for text, is_markdown in pieces if text.strip()]
    if not outgoing.reference:
        return filled
    head = f"[{outgoing.reference}]"
    (first, is_markdown), *others = filled or [("", True)]
    # On its line a list would not begin.
    gap = "\n\n" if is_markdown and _BLOCK.match(first) else " "
    return [(f"{head}{gap}{first}".strip(), is_markdown), *others]


def _clean(text: str) -> str:
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
