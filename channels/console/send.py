"""Shows the desk's messages on the terminal."""

from __future__ import annotations

import json
import textwrap

from channels.console.markup import Said
from channels.console.terminal import MARGIN, Terminal
from gateway.errors import AddressRefused, TemporaryFailure
from gateway.model.outgoing import Part


def show_part(terminal: Terminal, part: Part) -> Said:
    """Show a message; return how it can be answered.

    Raises:
        AddressRefused: nobody reads this terminal any more.
        TemporaryFailure: it cannot be written to now.
    """
    body = json.loads(part.body)
    buttons: dict[str, str] = body["buttons"]
    choices = "  ".join(f"{letter}) {label}" for letter, label in buttons.items())
    said = [terminal.paint(text) if painted else text for text, painted in body["pieces"]]
    text = "\n\n".join(piece for piece in (*said, choices) if piece)
    try:
        terminal.show(f"\n{textwrap.indent(text, ' ' * MARGIN)}\n\n> ")
    except BrokenPipeError as error:
        raise AddressRefused("nobody reads this terminal") from error
    except OSError as error:
        raise TemporaryFailure("the terminal cannot be written to") from error
    return Said(token=body["token"], id=part.external_id, buttons=buttons)
