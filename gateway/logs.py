"""Log lines to standard error, that never stop the desk.

Started by `gateway.cli` once in a process; everything logs through standard `logging` or
structlog. Lines are handed to a thread over a bounded queue: when the reader of standard error is
stuck, lines are dropped and counted; when it is gone, all are. Every value passes the redactor.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from gateway.redaction import Redactor

# structlog looks for rich, to paint tracebacks: 5 MiB that nobody sees in a log. None in its place
# says that it is not installed; afterwards it is, for whoever wants it.
_is_hidden = sys.modules.setdefault("rich", None) is None  # type: ignore[arg-type]
import structlog  # noqa: E402 - see above
from structlog.typing import EventDict, Processor  # noqa: E402 - see above

if _is_hidden:
    del sys.modules["rich"]

Form = Literal["json", "console"]
_WAITING_LINES = 10_000
_FLUSH_SECONDS = 1.0
# The first line of a burst is written at once, what comes in the next moment together.
_PAUSE_SECONDS = 0.02
_LINES_AT_ONCE = 100
# Libraries that tell what they do line by line, some of them with addresses and URLs.
_CHATTY = ("mail.log", "aiosqlite", "uvicorn", "asyncio", "httpx", "markdown_it")


@dataclass(slots=True)
class _Line:
    """What waits for the writer: the record, and the context it was logged in."""

    record: logging.LogRecord
    context: EventDict


class Logs(logging.Handler):
    """Writes records to a file descriptor from a thread of its own.

    ``on_drop`` is told how many lines were dropped since the last one that was written; it is
    called from the writing thread, and once more by `close`.
    """

    def __init__(self, descriptor: int, form: Form, redactor: Redactor, level: int) -> None:
        super().__init__(level)
        self.dropped = 0
        self.on_drop: Callable[[int], None] = lambda _count: None
        self._descriptor = descriptor
        self._waiting: queue.SimpleQueue[_Line | None] = queue.SimpleQueue()
        self._told = 0
        self._closing = threading.Event()
        colours = os.isatty(descriptor) and not os.environ.get("NO_COLOR")
        self.setFormatter(_formatter(form, redactor, colours=colours))
        self._writer = threading.Thread(target=self._write_all, name="logs", daemon=True)
        self._writer.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a record to the writer; drop it when too many wait. Never blocks, never raises."""
        # The message is put together here: its arguments may change before it is written.
        if isinstance(record.msg, str):
            record.msg, record.args = _message(record), None
        # Threads that pass here together may go over the bound by one each.
        if self._waiting.qsize() < _WAITING_LINES:
            self._waiting.put(_Line(record, structlog.contextvars.get_contextvars()))
        else:
            self.dropped += 1

    def close(self) -> None:
        """Write what waits, for a second at most. Idempotent."""
        self._waiting.put(None)
        self._closing.set()
        self._writer.join(_FLUSH_SECONDS)
        super().close()

    def _write_all(self) -> None:
        lines: list[_Line | None] = []
        while None not in lines:
            lines = [self._waiting.get()]
            with contextlib.suppress(queue.Empty):
                while lines[-1] is not None and len(lines) < _LINES_AT_ONCE:
                    lines.append(self._waiting.get_nowait())
            self._write([line for line in lines if line is not None])
            if len(lines) < _LINES_AT_ONCE:
                # Waking a thread for each line costs more than the line.
                self._closing.wait(_PAUSE_SECONDS)

    def _write(self, lines: Sequence[_Line]) -> None:
        shown: list[bytes] = []
        lost = 0
        for line in lines:
            try:
                line.record.context = line.context
                shown.append(f"{self.format(line.record)}\n".encode())
            except (ValueError, TypeError, RecursionError):
                # There is no better place to say that a value cannot be shown.
                self.dropped += 1
                lost += 1
            shown.extend(self._told_of_dropped())
        try:
            _write_bytes(self._descriptor, b"".join(shown))
        except OSError:  # nobody reads
            self.dropped += len(lines) - lost
            self._told_of_dropped()

    def _told_of_dropped(self) -> list[bytes]:
        """Tell `on_drop` of lines that were dropped since the last time; return a line of it."""
        count = self.dropped - self._told
        if not count:
            return []
        self._told += count
        self.on_drop(count)
        record = logging.LogRecord("gateway.logs", logging.WARNING, "", 0, "", None, None)
        record.msg = f"{count} log lines were dropped"
        return [f"{self.format(record)}\n".encode()]


@contextlib.contextmanager
def logging_to(
    descriptor: int,
    *,
    form: Form | None = None,
    secrets: Iterable[str] = (),
    level: int = logging.INFO,
) -> Iterator[Logs]:
    """Log to a file descriptor while the body runs.

    ``form`` is ``console`` on a terminal and ``json`` elsewhere, unless it is said.
    ``secrets`` are taken out of every line.
    """
    chosen: Form = form or ("console" if os.isatty(descriptor) else "json")
    logs = Logs(descriptor, chosen, Redactor(secrets), level)
    _configure_structlog()
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    root.handlers[:], root.level = [logs], level
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    _make_records_cheap()
    try:
        yield logs
    finally:
        root.level, root.handlers[:] = before
        logs.close()


def _make_records_cheap() -> None:
    # Nothing shows the source line, thread or process of a record: finding them costs half of it.
    # docs.python.org/3/howto/logging.html#optimization
    logging._srcfile = None  # noqa: SLF001 - documented there
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    # A failed write is counted by us; the interpreter's own report would block on standard error.
    logging.raiseExceptions = False


def stderr() -> int:
    """Return the file descriptor that logs go to, also where there is no standard error."""
    try:
        return sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):
        return os.open(os.devnull, os.O_WRONLY)


def _write_bytes(descriptor: int, line: bytes) -> None:
    while line:
        line = line[os.write(descriptor, line) :]


def _configure_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            _with_failure,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _with_failure(_logger: object, _method: str, fields: EventDict) -> EventDict:
    """Hold on to what failed: the thread that writes the line cannot find it out any more."""
    if fields.get("exc_info") is True:
        fields["exc_info"] = sys.exc_info()
    return fields


def _formatter(form: Form, redactor: Redactor, *, colours: bool) -> logging.Formatter:
    def redact(_logger: object, _method: str, fields: EventDict) -> EventDict:
        return {**{key: fields.pop(key) for key in _OURS}, **redactor.line(fields)}

    show: Processor = (
        _to_json
        if form == "json"
        else structlog.dev.ConsoleRenderer(timestamp_key="at", colors=colours)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder()],
        processors=[_in_order, structlog.processors.format_exc_info, redact, show],
    )


_OURS = ("at", "level")
_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


def _to_json(_logger: object, _method: str, fields: EventDict) -> str:
    # One encoder for all lines: json.dumps with options makes a new one for each.
    return _encode(fields)


def _in_order(_logger: object, _method: str, fields: EventDict) -> EventDict:
    """Return the fields with those in front that every line has."""
    record: logging.LogRecord = fields["_record"]
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    first = {"at": at, "level": record.levelname.lower(), "event": fields.pop("event", "")}
    context = fields.pop("context", None) or getattr(record, "context", {})
    rest = {key: value for key, value in fields.items() if not key.startswith("_")}
    return {**first, "logger": record.name, **context, **rest}


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return str(record.msg)
