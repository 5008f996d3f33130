"""Parsing outside this process: a stranger's bytes can stop the child, never the desk.

`ParserPool` keeps one `parser_child` and hands it events in order; answers come back in order. When
the child dies, the event it was reading is the culprit (`ParserDied`); the others go to its
successor without a mark on them.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from gateway.contracts.channel import Parser
from gateway.errors import GatewayError, ParseError
from gateway.journey.parser_child import HEADER, frame
from gateway.model.message import Parsed, RawEvent

# Processor time is limited in the child; this is for a child that does not even burn it.
WALL_SECONDS = 60.0


class ParserDied(GatewayError):
    """The child died, or was killed, while it read this event."""


@dataclass(slots=True)
class _Waiting:
    raw: RawEvent
    answer: asyncio.Future[Parsed | str] = field(repr=False)


class ParserPool:
    """One child, started when it is first needed, and again whenever it has died."""

    def __init__(self, parsers: Mapping[str, Parser]) -> None:
        self._parsers = dict(parsers)
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: deque[_Waiting] = deque()
        self._starting = asyncio.Lock()
        self._closed = False

    async def parse(self, raw: RawEvent) -> Parsed:
        """Return what an event is.

        Raises:
            ParseError: it cannot be read.
            ParserDied: reading it cost the child its life.
        """
        await self.start()
        waiting = _Waiting(raw, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._feed(waiting)
        answer = await waiting.answer
        if isinstance(answer, str):
            raise ParseError(answer)
        return answer

    async def start(self) -> None:
        """Have a child running."""
        if self._process is not None:
            return
        async with self._starting:
            if self._process is None and not self._closed:
                await self._spawn()

    async def close(self) -> None:
        """End the child. What it has not answered stays unanswered."""
        self._closed = True
        if self._reader is not None:
            self._reader.cancel()
        process = self._process
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _spawn(self) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "gateway.journey.parser_child",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        process.stdin.write(frame(self._parsers))
        self._process = process
        for waiting in self._waiting:
            self._feed(waiting)
        self._reader = asyncio.create_task(self._read_answers(process), name="parser answers")

    def _feed(self, waiting: _Waiting) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(frame(waiting.raw))

    async def _read_answers(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            while True:
                answer = await self._next_answer(process.stdout)
                waiting = self._waiting.popleft()
                if not waiting.answer.done():
                    waiting.answer.set_result(answer)
        except (asyncio.IncompleteReadError, TimeoutError, pickle.UnpicklingError):
            await self._bury(process)

    async def _next_answer(self, stdout: asyncio.StreamReader) -> Parsed | str:
        (size,) = HEADER.unpack(await self._patiently(stdout, HEADER.size))
        answer: Parsed | str = pickle.loads(await self._patiently(stdout, size))  # noqa: S301 - own
        return answer

    async def _patiently(self, stdout: asyncio.StreamReader, count: int) -> bytes:
        """Read; however long while nothing is asked, but not for ever while something is."""
        while True:
            asked = bool(self._waiting)
            try:
                async with asyncio.timeout(WALL_SECONDS):
                    return await stdout.readexactly(count)
            except TimeoutError:
                if asked:
                    raise

    async def _bury(self, process: asyncio.subprocess.Process) -> None:
        """Blame the event the child was reading, and give the others to a new child."""
        with suppress(ProcessLookupError):
            process.kill()
        code = await process.wait()
        self._process = None
        if self._waiting:
            culprit = self._waiting.popleft()
            if not culprit.answer.done():
                culprit.answer.set_exception(ParserDied(f"the parser ended with status {code}"))
        if self._waiting:
            await self.start()
