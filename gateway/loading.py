"""The rule book is read in a process of its own: ``python -m gateway.loading``.

Reading YAML, running every example and fitting the FAQ takes seconds for a large desk, and leaves
much memory behind. `read_apart` has a short-lived child do it, which hands back the finished
book; ``serve`` goes on taking mail meanwhile, and stays small.
"""

from __future__ import annotations

import asyncio
import pickle
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gateway.contracts.channel import ChannelFactory
from gateway.contracts.rules import Rules
from gateway.errors import ConfigError, Problem
from gateway.settings import Settings
from gateway.settings.places import place_of

_TEMPLATE = ".md.j2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the child is to read.

    ``channels`` maps the configured names to their kinds, ``replies`` the admin's own receipts to
    the languages that they are written in. ``model_at`` is the file, line and column that name the
    model.
    """

    folder: Path
    languages: tuple[str, ...]
    max_wrong: float
    channels: dict[str, str]
    timezone: str
    replies: dict[str, tuple[str, ...]]
    model: str = ""
    model_at: tuple[str, int, int] = ("", 1, 1)
    cache: Path | None = None


def order_of(settings: Settings) -> Order:
    """Return what a desk's settings say about its rule files."""
    return Order(
        folder=settings.rules,
        languages=settings.policy.languages,
        max_wrong=settings.max_wrong,
        channels={channel.name: channel.kind for channel in settings.channels},
        timezone=settings.timezone,
        replies=_replies(settings.templates),
        model=settings.faq_model,
        model_at=(str(settings.path), *place_of(settings.places, ("faq", "model"))),
        cache=settings.faq_cache,
    )


def _replies(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the languages of each ``requester/<name>`` in the admin's folder of templates."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(folder.glob(f"*/requester/*{_TEMPLATE}")):
        name = path.name.removesuffix(_TEMPLATE)
        found[name] = (*found.get(name, ()), path.parts[-3])
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reading the rule files came to.

    ``book`` is None when they have errors. Where ``examples_fail``, failing examples are the only
    ones, and it is there: whoever has used these very files before may go on with them. ``ids``
    are its rules and entries, ``files`` is the digest of the files alone, and ``unfinished`` names
    those that do not end with a line end.
    """

    book: Rules | None
    problems: tuple[Problem, ...]
    examples_fail: bool = False
    ids: frozenset[str] = frozenset()
    files: str = ""
    unfinished: tuple[str, ...] = ()


def read(order: Order) -> Reading:
    """Return the rule book with everything that is wrong with it."""
    # Heavy: the parent of the child never loads them.
    import rules  # noqa: PLC0415
    from rules.problems import Mark  # noqa: PLC0415

    loaded = rules.load(
        order.folder,
        languages=order.languages,
        max_wrong=order.max_wrong,
        model=order.model,
        model_at=Mark(*order.model_at),
        cache=order.cache,
        channels=order.channels,
        timezone=order.timezone,
        replies=order.replies,
        check_where=check_where,
    )
    book = loaded.book or loaded.untested
    return Reading(
        book=book,
        problems=loaded.problems,
        examples_fail=loaded.untested is not None,
        ids=book.ids if book else frozenset(),
        files=loaded.files,
        unfinished=loaded.unfinished,
    )


def check_where(kind: str, where: str) -> Problem | None:
    """Return what is wrong with a place; what is wrong with its channel is told elsewhere."""
    factory = _factory(kind)
    return factory.check_where(where) if factory is not None else None


@cache
def _factory(kind: str) -> ChannelFactory | None:
    from channels import registry  # noqa: PLC0415 - not every desk tells its teams anywhere

    try:
        return registry.load(kind)
    except (LookupError, ImportError):
        return None


async def read_apart(settings: Settings) -> Reading:
    """Do the same in a child process, which dies with its caller.

    Raises:
        ConfigError: the child came to grief, and said why on standard error.
    """
    status, answer = await in_child("gateway.loading", pickle.dumps(order_of(settings)))
    if status:
        message = f"reading the rule files ended with status {status}"
        raise ConfigError((Problem(file=str(settings.rules), message=message),))
    reading: Reading = pickle.loads(answer)  # noqa: S301 - our own child
    return reading


async def in_child(module: str, question: bytes) -> tuple[int, bytes]:
    """Return the exit code of a module of ours that is asked something, and what it answers."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        answer, _ = await child.communicate(question)
    finally:
        with suppress(ProcessLookupError):
            child.kill()
    return child.returncode or 0, answer


def main() -> None:
    """Read what standard input orders, and write the book to standard output."""
    # Told to stop together with the desk, it leaves to the desk when it ends.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    order: Order = pickle.load(sys.stdin.buffer)  # noqa: S301 - our parent
    sys.stdout.buffer.write(pickle.dumps(read(order), pickle.HIGHEST_PROTOCOL))


if __name__ == "__main__":
    from gateway import loading  # noqa: PLW0406 - here it has another name, which pickle would use

    loading.main()
