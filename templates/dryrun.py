"""Try templates that somebody else wrote, in a child that can be killed.

Called by `templates.overrides` while loading. Even a sandboxed template can burn time and memory
(nested loops; constant expressions, while it is compiled), so it is first read, compiled and
rendered with sample values in a process with hard limits: CPU time by a timer whose signal ends
the process, memory by the system, output by counting. Never raises for what a template does.
"""

from __future__ import annotations

import difflib
import json
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jinja2 import TemplateError, TemplateSyntaxError

from gateway.bounds import bound_memory
from templates import engine
from templates.catalogue import samples, slots_of
from templates.source import BadSource, split


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one template may use: CPU seconds, characters of output, bytes of memory."""

    cpu_seconds: float = 0.2
    output_characters: int = 1_000_000
    memory_bytes: int = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Job:
    """A template to try: the message it is for, and the text of its file."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a template; ``line`` counts from 1, 0 where no line is to blame."""

    line: int
    message: str
    suggestion: str | None = None


Verdict = tuple[Fault, ...]
_KILLS = 5
_WALL_SECONDS = 30.0
_CHILD = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
    "from templates.dryrun import serve; serve(json.loads(sys.argv[2]))"
)


def try_out(jobs: Sequence[Job], limits: Limits) -> Sequence[Verdict]:
    """Return the faults of each template, in order; none where it may be used."""
    verdicts: list[Verdict] = []
    for _ in range(_KILLS):
        verdicts += _in_child(jobs[len(verdicts) :], limits)
        if len(verdicts) == len(jobs):
            return verdicts
        # The child died of the next one.
        verdicts.append((Fault(0, _too_slow(limits), "loop over fewer things"),))
    left = len(jobs) - len(verdicts)
    return verdicts + [(Fault(0, "not tried: templates before it had to be stopped"),)] * left


def _too_slow(limits: Limits) -> str:
    return f"it takes longer than {limits.cpu_seconds * 1000:.0f} ms, or more memory than it may"


def _in_child(jobs: Sequence[Job], limits: Limits) -> list[Verdict]:
    if not jobs:
        return []
    where = json.dumps([path for path in sys.path if path])
    bounds = json.dumps([limits.cpu_seconds, limits.output_characters, limits.memory_bytes])
    command = [sys.executable, "-I", "-c", _CHILD, where, bounds]
    work = json.dumps([[job.key, job.text] for job in jobs]).encode()
    try:
        # No environment: it holds the desk's secrets, and a template needs none.
        done = subprocess.run(  # noqa: S603 - our own interpreter and code
            command, input=work, capture_output=True, timeout=_WALL_SECONDS, check=False, env={}
        ).stdout
    except subprocess.TimeoutExpired as late:
        done = late.stdout or b""
    lines = [line for line in done.split(b"\n")[:-1] if line]
    return [tuple(Fault(*fault) for fault in json.loads(line)) for line in lines]


# --- in the child --------------------------------------------------------------------------------


def serve(bounds: Sequence[float]) -> None:
    """Try the templates on standard input; print one line of faults for each, in order."""
    limits = Limits(
        cpu_seconds=bounds[0], output_characters=int(bounds[1]), memory_bytes=int(bounds[2])
    )
    bound_memory(limits.memory_bytes)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    examine(Job("requester/received", "Subject: {{ reference }}"), limits)  # warm up, untimed
    for key, text in json.loads(sys.stdin.buffer.read()):
        # Nobody handles the signal: it ends the process, also in the midst of one long operation.
        signal.setitimer(signal.ITIMER_PROF, limits.cpu_seconds)
        faults = examine(Job(key, text), limits)
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.write(json.dumps([[f.line, f.message, f.suggestion] for f in faults]) + "\n")
        sys.stdout.flush()


def examine(job: Job, limits: Limits) -> Verdict:
    """Return what is wrong with a template, found by reading and by rendering it."""
    try:
        return tuple(_read(job)) or tuple(_render(job, limits))
    except BadSource as bad:
        return (Fault(bad.line, bad.message, bad.suggestion),)
    except TemplateSyntaxError as wrong:
        return (Fault(wrong.lineno, wrong.message or "it cannot be read"),)
    except (MemoryError, RecursionError):
        return (Fault(0, "it needs too much memory", "make it shorter"),)
    except Exception as error:  # noqa: BLE001 - whatever a template does is its own fault
        return (Fault(_line_of(error), _said(error)),)


def _read(job: Job) -> Iterator[Fault]:
    source = split(job.text)
    known = [slot.name for slot in slots_of(job.key)]
    for line, name in engine.names(source):
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it may insert {', '.join(known)}"
            yield Fault(line, f"unknown value {name!r}", hint if known else None)
    yield from (Fault(line, message) for line, message in engine.refused(source))


def _render(job: Job, limits: Limits) -> Iterator[Fault]:
    compiled = engine.Compiled(split(job.text))
    for values in samples(job.key):
        text = compiled.render(engine.admit(job.key, values))
        length = len(text.title) + len(text.body) + len(text.closing)
        if length > limits.output_characters:
            yield Fault(0, f"it makes more than {limits.output_characters} characters")
            return
    if not text.title:
        yield Fault(1, "the subject is empty", "write a few words that are always there")


def _line_of(error: BaseException) -> int:
    line, trace = 0, error.__traceback__
    while trace is not None:
        # Jinja2 gives its frames the line numbers of the template's source.
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _said(error: BaseException) -> str:
    return str(error) if isinstance(error, TemplateError) and str(error) else repr(error)
