"""The two ends of a terminal, as the console sees them: lines in, text out."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from dataclasses import dataclass
from typing import Protocol

MARGIN = 4
WIDEST = 100


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody typed; ``id`` is the same when the same line is offered again."""

    id: str
    text: str


class Terminal(Protocol):
    """Somebody who types and reads."""

    async def next_line(self) -> Line | None:
        """Return the next line, None when there will be no more."""
        ...

    def taken(self, line: Line, *, stored: bool) -> None:
        """Tell that a line is stored, or that it has to be typed again."""
        ...

    def paint(self, markdown: str) -> str:
        """Return Markdown as it is shown here."""
        ...

    def show(self, text: str) -> None:
        """Show a text.

        Raises:
            OSError: it cannot be shown; BrokenPipeError when nobody will ever read it.
        """
        ...


class Standard:
    """Standard input and standard output. ``session`` keeps its lines apart from other runs'."""

    def __init__(self, session: str) -> None:
        self._session = session
        self._count = 0
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._reader: threading.Thread | None = None

    async def next_line(self) -> Line | None:
        """See `Terminal.next_line`."""
        if self._reader is None:
            # A thread that nobody waits for: reading a terminal cannot be given up.
            loop = asyncio.get_running_loop()
            self._reader = threading.Thread(target=self._read, args=[loop], daemon=True)
            self._reader.start()
        text = await self._lines.get()
        if text is None:
            return None
        self._count += 1
        if not sys.stdin.isatty():
            # Nobody has seen it being typed.
            self.show(f"{text.rstrip()}\n")
        return Line(f"{self._session}.{self._count}", text.rstrip("\r\n"))

    def taken(self, line: Line, *, stored: bool) -> None:
        """See `Terminal.taken`."""
        if not stored:
            self.show(f"(not stored, please write it again: {line.text})\n")

    def paint(self, markdown: str) -> str:
        """See `Terminal.paint`: in a pipe as it is written, for it was made to be read that way."""
        return painted(markdown) if sys.stdout.isatty() else markdown

    def show(self, text: str) -> None:
        """See `Terminal.show`."""
        sys.stdout.write(text)
        sys.stdout.flush()

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        # The loop may be gone when the last line comes.
        with contextlib.suppress(RuntimeError):
            for text in sys.stdin:
                loop.call_soon_threadsafe(self._lines.put_nowait, text)
            loop.call_soon_threadsafe(self._lines.put_nowait, None)


def painted(markdown: str) -> str:
    """Return Markdown in the colours of a terminal; addresses stay readable behind their words."""
    from rich.console import Console  # noqa: PLC0415 - not for a desk without a terminal
    from rich.markdown import Markdown  # noqa: PLC0415 - see above

    console = Console(force_terminal=True, highlight=False, markup=False, emoji=False)
    console.width = min(console.width - 2 * MARGIN, WIDEST)
    with console.capture() as shown:
        console.print(Markdown(markdown, hyperlinks=False))
    return "\n".join(line.rstrip() for line in shown.get().strip("\n").splitlines())
