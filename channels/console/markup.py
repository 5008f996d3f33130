"""From what the desk wants to say to what a terminal shows.

Markdown is shown as it is written: it was made to be read that way.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from string import ascii_lowercase

from gateway.model.outgoing import Outgoing, Part

# What would move the cursor, change colours, or turn text around; line feeds and tabs stay.
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the desk said last: how to answer it. ``buttons`` maps letters to labels."""

    token: str
    id: str
    buttons: dict[str, str]


def to_part(outgoing: Outgoing) -> Part:
    """Return the one part that says all of it. Pure."""
    body = {
        "text": shown_text(outgoing),
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


def shown_text(outgoing: Outgoing) -> str:
    """Return the message as it is shown, the reference in front."""
    pieces = (outgoing.text, outgoing.literal, outgoing.closing)
    text = "\n\n".join(piece.strip() for piece in pieces if piece.strip())
    head = f"[{outgoing.reference}] " if outgoing.reference else ""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", f"{head}{text}")
