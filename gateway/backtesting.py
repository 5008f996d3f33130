"""Judges a history by one or two rule books, on every processor; sends and stores nothing.

The processes are started anew, read one message at a time and hand back verdicts, so that memory
is bounded however long the history is. A message that is damaged, or costs too much to read, is
counted and named; the others are judged all the same.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from types import FrameType

from gateway import app
from gateway.bounds import bound_memory
from gateway.contracts.channel import Parser
from gateway.errors import ConfigError, GatewayError, ParseError
from gateway.history import Past, mail_event, read_past, spoken
from gateway.journey.backtest import Damaged, Report, Verdict, about
from gateway.journey.explain import Judge
from gateway.journey.orders import commands
from gateway.journey.reading.parser_child import CPU_SECONDS, CPU_SECONDS_PER_MEBIBYTE, MEMORY_BYTES
from gateway.model.decision import Decision
from gateway.model.inbox import InboxRow, InboxState, Outcome
from gateway.model.message import Message, Parsed, RawEvent
from gateway.settings import Settings
from gateway.world import RealWorld

CHUNK = 40
# Enough that no process waits for the next one, few enough that little is held.
CHUNKS_A_PROCESS = 3
_DECIDED = (Outcome.ANSWERED, Outcome.ASKED, Outcome.ROUTED, Outcome.IGNORED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What each process is handed. ``mail_channel`` is where mails of a file would come in."""

    judges: tuple[Judge, ...]
    parsers: Mapping[str, Parser]
    mail_channel: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A stored event of the desk's own inbox."""

    id: str
    event: RawEvent
    passed: int


Item = Past | Stored


def backtest(
    items: Iterable[Item], job: Job, *, told: Callable[[int], None], processes: int | None = None
) -> Report:
    """Return the report over a history; ``told`` hears how much of it lies behind.

    Raises:
        GatewayError: a process died over a message.
    """
    report = Report()
    count = processes or len(os.sched_getaffinity(0))
    with ProcessPoolExecutor(
        count,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(pickle.dumps(job, pickle.HIGHEST_PROTOCOL),),
    ) as pool:
        try:
            for verdicts, passed in _judged(pool, _chunks(items), count * CHUNKS_A_PROCESS):
                for verdict in verdicts:
                    report.add(verdict)
                told(passed)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return report


async def backtest_inbox(
    settings: Settings, job: Job, *, told: Callable[[int, int], None]
) -> Report:
    """Return the report over what the desk itself was asked; ``told`` also hears how much it is.

    Only events that rules decided: follow-ups, agents' words and orders are left out.
    """
    async with app.reading(settings) as store:
        newest = await store.list_inbox(frozenset(InboxState), 1)
        last = newest[0].id if newest else 0
        loop, stopped = asyncio.get_running_loop(), threading.Event()

        def stored() -> Iterator[Stored]:
            for number in range(1, last + 1):
                if stopped.is_set():
                    return
                found = asyncio.run_coroutine_threadsafe(store.inbox_row(number), loop).result()
                if found is not None and _was_decided(found[0]):
                    yield Stored(id=f"inbox {number}", event=found[1], passed=number)

        try:
            tell = partial(told, last)
            return await asyncio.to_thread(backtest, stored(), job, told=tell)
        finally:
            stopped.set()


def _was_decided(row: InboxRow) -> bool:
    return row.channel != commands.CHANNEL and (row.outcome is None or row.outcome in _DECIDED)


def job_of(settings: Settings, against: Path | None) -> Job:
    """Return what to judge by: the desk's own rules, and those of another folder if it is given.

    Raises:
        ConfigError: the rules or the configuration have errors.
    """
    parts = app.load_parts(settings)
    judges = [app.judge_of(settings, parts.rules, parts.words)]
    if against is not None:
        other, problems = app.load_rules(replace(settings, rules=against))
        if other is None:
            raise ConfigError(problems)
        judges.append(app.judge_of(settings, other, parts.words))
    kinds = judges[0].kinds
    mail = next((name for name, kind in kinds.items() if kind == "email"), next(iter(kinds)))
    return Job(
        judges=tuple(judges),
        parsers={name: channel.parser for name, channel in parts.channels.items()},
        mail_channel=mail,
        now=RealWorld().now(),
    )


def _chunks(items: Iterable[Item]) -> Iterator[Sequence[Item]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _judged(
    pool: ProcessPoolExecutor, chunks: Iterator[Sequence[Item]], most: int
) -> Iterator[tuple[Sequence[Verdict | Damaged], int]]:
    """Yield the verdicts of each chunk, in order, with so many chunks on their way at most."""
    waiting: deque[tuple[Sequence[Item], Future[Sequence[Verdict | Damaged]]]] = deque()
    while True:
        for chunk in islice(chunks, most - len(waiting)):
            waiting.append((chunk, pool.submit(_judge, chunk)))
        if not waiting:
            return
        chunk, coming = waiting.popleft()
        try:
            verdicts = coming.result()
        except BrokenProcessPool as exc:
            where = f"between {chunk[0].id} and {chunk[-1].id}"
            raise GatewayError(f"a process that read messages {where} died") from exc
        yield verdicts, chunk[-1].passed


class _TooSlow(Exception):
    """A message took more processor time than the desk would allow."""


_job: list[Job] = []


def _begin(pickled: bytes) -> None:
    """Make a process ready: what strangers wrote gets as much memory as in a running desk."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, _too_slow)
    bound_memory(MEMORY_BYTES)
    _job.append(pickle.loads(pickled))  # noqa: S301 - our parent


def _too_slow(_signal: int, _frame: FrameType | None) -> None:
    raise _TooSlow


def _judge(items: Sequence[Item]) -> Sequence[Verdict | Damaged]:
    (job,) = _job
    return [_judge_one(job, item) for item in items]


def _judge_one(job: Job, item: Item) -> Verdict | Damaged:
    size = len(item.event.body) if isinstance(item, Stored) else item.length
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS + CPU_SECONDS_PER_MEBIBYTE * size / (1 << 20))
    try:
        parsed, at, language = _read(job, item)
        decisions = [judge.decide(parsed, now=at, language=language)[0] for judge in job.judges]
    except _TooSlow:
        return Damaged(id=item.id, reason="it takes too long to read")
    except MemoryError:
        return Damaged(id=item.id, reason="it takes too much memory to read")
    except (ParseError, RecursionError) as exc:
        return Damaged(id=item.id, reason=str(exc) or "it cannot be read")
    except Exception as exc:  # noqa: BLE001 - the others are judged all the same
        return Damaged(id=item.id, reason=f"it cannot be read: {type(exc).__name__}: {exc}")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    name = parsed.external_id if isinstance(parsed, Message) else ""
    return Verdict(
        id=name or item.id,
        about=about(parsed),
        decision=_light(decisions[0]),
        after=_light(decisions[1]) if len(decisions) > 1 else None,
    )


def _light(decision: Decision) -> Decision:
    """Return a decision without the rules that were tried in vain: nobody asks for them here."""
    return replace(decision, steps=tuple(step for step in decision.steps if step.matched))


def _read(job: Job, item: Item) -> tuple[Parsed, datetime, str | None]:
    if isinstance(item, Past) and item.form == "json":
        return spoken(read_past(item), job.judges[0].kinds, job.now)
    if isinstance(item, Past):
        event = mail_event(job.mail_channel, read_past(item), job.now)
    else:
        event = item.event
    parser = job.parsers.get(event.channel)
    if parser is None:
        raise ParseError(f"there is no channel {event.channel!r} now")
    return parser.parse(event), event.received_at, None
