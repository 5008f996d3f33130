"""What the demo shows: mails and answers as a conversation that one reads from top to bottom."""

from __future__ import annotations

import sys
import textwrap
from email.message import EmailMessage

from gateway.cli import screen
from gateway.cli.demo.mailbox import text_of

_COLOURS = {"mail": "cyan", "answer": "green", "note": "yellow", "wrong": "red"}
_WIDEST = 88


class Stage:
    """Shows one thing after the other: panels on a terminal, plain lines in a pipe."""

    def __init__(self) -> None:
        self._is_plain = not sys.stdout.isatty()

    def scene(self, number: int, title: str) -> None:
        """Announce what comes next."""
        screen.say(f"\n{number}. {title}")

    def mail(self, mail: EmailMessage) -> None:
        """Show a mail that somebody wrote."""
        self._show("mail", "→ to the desk", mail)

    def answer(self, mail: EmailMessage) -> None:
        """Show a mail that the desk sent."""
        self._show("answer", "← from the desk", mail)

    def note(self, text: str) -> None:
        """Say what the desk did beside answering."""
        self._line("note", f"✓ {text}")

    def wrong(self, text: str) -> None:
        """Say that something did not come out as told."""
        self._line("wrong", f"✗ {text}")

    def _line(self, kind: str, text: str) -> None:
        if self._is_plain:
            screen.say(f"   {text}")
            return
        from rich.text import Text  # noqa: PLC0415 - terminals only

        screen.console().print(Text(f"   {screen.clean(text)}", style=_COLOURS[kind]))

    def _show(self, kind: str, title: str, mail: EmailMessage) -> None:
        head = "\n".join(f"{name}: {mail[name]}" for name in ("From", "To", "Subject"))
        text = screen.clean(f"{head}\n\n{text_of(mail)}")
        if self._is_plain:
            screen.say(f"\n   {title}\n{textwrap.indent(text, '   | ', lambda _line: True)}\n")
            return
        from rich.panel import Panel  # noqa: PLC0415 - terminals only
        from rich.text import Text  # noqa: PLC0415 - terminals only

        colour, console = _COLOURS[kind], screen.console()
        body = Text(text)
        body.stylize("dim", 0, len(head))
        heading = Text(title, style=f"bold {colour}")
        width = min(_WIDEST, console.width)
        console.print(
            Panel(body, title=heading, title_align="left", border_style=colour, width=width)
        )
