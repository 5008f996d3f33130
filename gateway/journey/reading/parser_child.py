"""The killable child that reads what strangers wrote: ``python -m`` this module.

It is fed framed pickles on standard input by `parsing.ParserPool`: first the parsers by channel,
then one event after the other; it answers each on standard output. Between events comes a rule
book, as soon as there is one: from then on each message brings along what the rules will find in
it. It holds no secret and no socket. An item that takes too much processor time kills it (SIGPROF,
which even a C loop cannot outlive); one that takes too much memory makes it exit; the parent then
knows which item it was.
"""

from __future__ import annotations

import pickle
import select
import signal
import struct
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import BinaryIO

from gateway.bounds import bound_memory
from gateway.contracts.channel import Parser
from gateway.errors import ParseError
from gateway.journey.reading.foresight import Foresight
from gateway.model.message import Parsed, RawEvent

HEADER = struct.Struct(">I")
MEMORY_BYTES = 1 << 30
CPU_SECONDS = 2.0
CPU_SECONDS_PER_MEBIBYTE = 0.2
EXIT_OUT_OF_MEMORY = 70
BOOK_FOLLOWS = HEADER.pack(0)
"""An empty frame: the next one is no event, but what to foresee with."""
READY = "ready"
"""The first frame of a child: from here on its death is some event's fault."""


def read_frame(stream: BinaryIO) -> bytes | None:
    """Return the next frame, None at the end of the stream."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (size,) = HEADER.unpack(header)
    frame = stream.read(size)
    return frame if len(frame) == size else None


def frame(content: object) -> bytes:
    """Return a value as one frame."""
    pickled = pickle.dumps(content, pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(len(pickled)) + pickled


def allow_cpu(raw: RawEvent) -> None:
    """Let the next item use so much processor time and no more."""
    seconds = CPU_SECONDS + CPU_SECONDS_PER_MEBIBYTE * len(raw.body) / (1 << 20)
    signal.setitimer(signal.ITIMER_PROF, seconds)


def read(parsers: Mapping[str, Parser], raw: RawEvent, foresight: Foresight | None) -> Parsed | str:
    """Return what an event is, or why it cannot be read."""
    try:
        parsed = parsers[raw.channel].parse(raw)
    except ParseError as exc:
        return str(exc) or "unreadable"
    except KeyError:
        return f"there is no channel {raw.channel!r} now"
    except RecursionError:
        return "nested too deeply"
    return parsed if foresight is None else foresee(foresight, raw, parsed)


def foresee(foresight: Foresight, raw: RawEvent, parsed: Parsed) -> Parsed:
    """Return what was read with what the rules will find in it; without, where that fails.

    The parent will come upon the same fault when it decides, and has a log to say so.
    """
    try:
        return foresight.of(raw, parsed)
    except Exception:  # noqa: BLE001 - see above
        return parsed


def book_in(pickled: bytes) -> Foresight | None:
    """Return a book that was sent, ready to be asked.

    None where there is no room for it, or its model is gone from the disk: it only saves work.
    """
    try:
        foresight: Foresight = pickle.loads(pickled)  # noqa: S301 - our parent
        # Now, while no event's time is counted.
        foresight.rules.prepare()
    except Exception:  # noqa: BLE001 - see above; an event would be blamed for it
        return None
    return foresight


def main() -> None:
    """Answer events until the parent closes our standard input."""
    bound_memory(MEMORY_BYTES)
    # Told to stop together with the desk, it goes on until the desk has closed its input.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    first = read_frame(source)
    parsers: Mapping[str, Parser] = pickle.loads(first) if first else {}  # noqa: S301 - our parent
    sink.write(frame(READY))
    sink.flush()
    foresight: Foresight | None = None
    while (pickled := read_frame(source)) is not None:
        if not pickled:
            foresight = book_in(read_frame(source) or b"")
            continue
        try:
            raw: RawEvent = pickle.loads(pickled)  # noqa: S301 - our parent
            allow_cpu(raw)
            answer = frame(read(parsers, raw, foresight))
        except MemoryError:
            sys.exit(EXIT_OUT_OF_MEMORY)
        signal.setitimer(signal.ITIMER_PROF, 0)
        sink.write(answer)
        if not select.select((source.fileno(),), (), (), 0)[0]:
            sink.flush()


if __name__ == "__main__":
    with suppress(BrokenPipeError):  # the desk is gone, and with it whoever would read an answer
        main()
