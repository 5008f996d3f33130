"""Parsing outside this process: a stranger's bytes can stop the child, never the desk.

`ParserPool` keeps one `parser_child` and hands it events in order; answers come back in order. When
the child dies, the event it was reading is the culprit (`ParserDied`); the others go to its
successor without a mark on them. The child is given the rule book as well, whenever there is a new
one, and foresees with it what `foresight` says.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

import structlog

from gateway.contracts.channel import Parser
from gateway.errors import GatewayError, ParseError
from gateway.journey.reading.foresight import Foresight
from gateway.journey.reading.parser_child import BOOK_FOLLOWS, HEADER, frame
from gateway.model.message import Parsed, RawEvent

log = structlog.get_logger()

# Processor time is limited in the child; this is for a child that does not even burn it.
WALL_SECONDS = 60.0
START_AGAIN_SECONDS = 1.0
REST_SECONDS = 300.0
STDIN, STDOUT = 0, 1


class ParserDied(GatewayError):
    """The child died, or was killed, while it read this event."""


@dataclass(slots=True)
class _Waiting:
    raw: RawEvent
    answer: asyncio.Future[Parsed | str] = field(repr=False)


@dataclass(slots=True)
class _Book:
    """The rule book as the child gets it, kept for its successors: pickling a large one is slow."""

    hash: str = ""
    pickled: bytes = b""
    is_known: bool = False

    def is_news(self, foresight: Foresight) -> bool:
        """Return whether the child has to be told; once it is, it knows."""
        if foresight.rules.hash != self.hash:
            self.hash, self.is_known = foresight.rules.hash, False
            self.pickled = BOOK_FOLLOWS + frame(foresight)
        is_news, self.is_known = not self.is_known, True
        return is_news


class _Child(asyncio.SubprocessProtocol):
    """The pipes of one child: cuts its answers out of the stream."""

    def __init__(
        self, answered: Callable[[Parsed | str], None], ended: Callable[[_Child], None]
    ) -> None:
        self._answered = answered
        self._ended = ended
        self._buffer = bytearray()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """See `asyncio.SubprocessProtocol`."""
        if fd != STDOUT:
            return
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) >= start + HEADER.size:
            (size,) = HEADER.unpack_from(buffer, start)
            end = start + HEADER.size + size
            if len(buffer) < end:
                break
            self._answered(pickle.loads(memoryview(buffer)[start + HEADER.size : end]))  # noqa: S301 - our own child
            start = end
        if start:
            del buffer[:start]

    def process_exited(self) -> None:
        """See `asyncio.SubprocessProtocol`."""
        self._ended(self)


class ParserPool:
    """One child, started when it is needed: first, after it has died, and after a long rest."""

    def __init__(
        self,
        parsers: Mapping[str, Parser],
        foresight: Callable[[], Foresight | None] = lambda: None,
        *,
        rest_seconds: float = REST_SECONDS,
    ) -> None:
        """``foresight`` is asked for each event: the book may come late, and be exchanged."""
        self._foresight = foresight
        self._book = _Book()
        self._parsers = dict(parsers)
        self._rest_seconds = rest_seconds
        self._transport: asyncio.SubprocessTransport | None = None
        self._pipe: asyncio.WriteTransport | None = None
        self._feed_pipe: asyncio.WriteTransport | None = None
        self._waiting: deque[_Waiting] = deque()
        self._starting = asyncio.Lock()
        self._watch: asyncio.TimerHandle | None = None
        self._burying: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        self._gone = asyncio.Event()
        self._is_ready = False
        self.fault = ""
        """Why the child cannot be started, "" when it can, as far as is known."""
        self._child: _Child | None = None
        self._alive = 0
        self._answers = 0
        self._rest: asyncio.TimerHandle | None = None
        self._closed = False

    async def parse(self, raw: RawEvent) -> Parsed:
        """Return what an event is.

        Raises:
            ParseError: it cannot be read.
            ParserDied: reading it cost the child its life.
        """
        if self._feed_pipe is None:
            await self.start()
        waiting = _Waiting(raw, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._feed(waiting)
        if len(self._waiting) == 1:
            self._watch_reader()
        answer = await waiting.answer
        if isinstance(answer, str):
            raise ParseError(answer)
        return answer

    @property
    def is_resting(self) -> bool:
        """Return whether there is no child at the moment."""
        return self._feed_pipe is None

    async def start(self) -> None:
        """Have a child running, however often it takes; nothing is blamed on any event here."""
        async with self._starting:
            while self._feed_pipe is None and not self._closed:
                why = "it ended at once"
                try:
                    await self._spawn()
                    async with asyncio.timeout(WALL_SECONDS):
                        await self._settled.wait()
                except TimeoutError:
                    why = "it does not say that it is ready"
                    self._kill()
                except OSError as exc:
                    why = str(exc)
                self.fault = "" if self._is_ready else why
                if not self._is_ready and not self._closed:
                    log.error("the parser does not start, trying again", error=why)
                    await asyncio.sleep(START_AGAIN_SECONDS)

    async def close(self) -> None:
        """End the child. What it has not answered stays unanswered."""
        self._closed = True
        self._feed_pipe = None
        async with self._starting:
            for timer in (self._watch, self._rest):
                if timer is not None:
                    timer.cancel()
            if self._transport is not None:
                self._transport.close()
            while self._alive:
                self._gone.clear()
                await self._gone.wait()

    async def _spawn(self) -> None:
        loop = asyncio.get_running_loop()
        self._settled.clear()
        self._is_ready = False
        try:
            transport, _ = await loop.subprocess_exec(
                self._new_child,
                sys.executable,
                "-m",
                "gateway.journey.reading.parser_child",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=None,
            )
        except OSError:
            # It never lived: nobody shall wait for its end.
            self._alive -= 1
            raise
        pipe = cast("asyncio.WriteTransport", transport.get_pipe_transport(STDIN))
        self._book.is_known = False
        pipe.write(frame(self._parsers))
        self._transport, self._pipe = transport, pipe

    def _new_child(self) -> _Child:
        self._child = _Child(self._answered, self._ended)
        self._alive += 1
        return self._child

    def _feed(self, waiting: _Waiting) -> None:
        if self._feed_pipe is None:
            return
        foresight = self._foresight()
        if foresight is not None and self._book.is_news(foresight):
            self._feed_pipe.write(self._book.pickled)
        self._feed_pipe.write(frame(waiting.raw))

    def _answered(self, answer: Parsed | str) -> None:
        if not self._is_ready:
            self._begin()
            return
        self._answers += 1
        waiting = self._waiting.popleft()
        if not waiting.answer.done():
            waiting.answer.set_result(answer)

    def _begin(self) -> None:
        """Give a child that has said that it is ready everything that waits."""
        self._is_ready = True
        self._feed_pipe = self._pipe
        self._settled.set()
        for waiting in self._waiting:
            self._feed(waiting)
        self._watch_reader()
        self._retire_later()

    def _retire_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._rest = loop.call_later(self._rest_seconds, self._retire, self._answers)

    def _retire(self, answers: int) -> None:
        """Let a child go that nobody has asked for long: a quiet desk is a small one."""
        if self._feed_pipe is None:
            return
        if self._waiting or self._answers != answers:
            self._retire_later()
            return
        assert self._transport is not None
        self._transport.close()
        self._child = self._transport = self._feed_pipe = None

    def _watch_reader(self) -> None:
        """Kill a child that keeps the event at the head of the line for too long."""
        if self._watch is not None:
            self._watch.cancel()
        if self._waiting and not self._closed:
            head = self._waiting[0]
            loop = asyncio.get_running_loop()
            self._watch = loop.call_later(WALL_SECONDS, self._look_again, head)

    def _look_again(self, head: _Waiting) -> None:
        if self._waiting and self._waiting[0] is head and self._transport is not None:
            self._kill()
        else:
            self._watch_reader()

    def _kill(self) -> None:
        if self._transport is not None:
            with suppress(ProcessLookupError):
                self._transport.kill()

    def _ended(self, child: _Child) -> None:
        """Blame the event the child was reading, and give the others to a new child."""
        self._alive -= 1
        self._gone.set()
        if child is not self._child:
            return
        transport, was_ready = self._transport, self._is_ready
        self._transport = self._feed_pipe = None
        self._settled.set()
        if transport is None or self._closed:
            return
        if was_ready and self._waiting:
            culprit = self._waiting.popleft()
            if not culprit.answer.done():
                code = transport.get_returncode()
                culprit.answer.set_exception(ParserDied(f"the parser ended with status {code}"))
        transport.close()
        if was_ready and self._waiting:
            self._burying = asyncio.create_task(self.start(), name="parser again")
