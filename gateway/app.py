"""The composition root: the only room that knows concrete channels, rules, words and stores.

`gateway.cli` calls it; `gateway.serving` runs what it builds. Everything that can be wrong with a
desk before it runs comes out of here as `Problem` values, never as a traceback.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from gateway import loading
from gateway.contracts.channel import Channel, ChannelSetup, Parser
from gateway.contracts.rules import Rules, Times
from gateway.contracts.store import Store
from gateway.contracts.words import Words
from gateway.errors import ConfigError, Problem, StoreError
from gateway.journey import explain as explanation
from gateway.journey.desk import Desk, Meter, Numbers
from gateway.journey.learning import lessons
from gateway.journey.orders import commands
from gateway.journey.who.tokens import Keyring
from gateway.model.knowledge import Lesson
from gateway.model.message import Author, Json, Message, RawEvent
from gateway.settings import ChannelSettings, Settings, read_channel
from gateway.settings.places import place_of
from gateway.settings.problems import did_you_mean
from gateway.world import RealWorld, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a desk that configuration names, before anything is opened."""

    rules: Rules
    words: Words
    channels: Mapping[str, Channel]


class NoMeter:
    """Counts nothing: for commands that nobody watches. See `gateway.journey.desk.Meter`."""

    def accepted(self, channel: str, count: int) -> None:
        """See `Meter`."""

    def decided(self, channel: str, outcome: str) -> None:
        """See `Meter`."""

    def sent(self, channel: str) -> None:
        """See `Meter`."""

    def retried(self, channel: str) -> None:
        """See `Meter`."""

    def dead(self, channel: str) -> None:
        """See `Meter`."""

    def quarantined(self, channel: str) -> None:
        """See `Meter`."""


def node_name() -> str:
    """Return what this process calls itself in leases."""
    return f"{socket.gethostname()}:{os.getpid()}"


def load_channels(
    settings: Settings, *, world: World | None = None
) -> tuple[dict[str, Channel], tuple[Problem, ...]]:
    """Return the configured channels by name, and what is wrong with their tables."""
    from channels import registry  # noqa: PLC0415 - only what is configured is imported

    built: dict[str, Channel] = {}
    wrong: list[Problem] = []
    for table in settings.channels:
        try:
            factory = registry.load(table.kind)
        except LookupError as exc:
            wrong.append(_unknown_kind(settings, table, exc, tuple(registry.kinds())))
            continue
        setup = ChannelSetup(
            desk_name=settings.policy.desk_name,
            size_limit=settings.policy.limits.size,
            secrets=table.secrets,
            world=world or RealWorld(),
            languages=settings.policy.languages,
            public_url=settings.http_public_url or "",
        )
        try:
            model = read_channel(settings, table, factory.settings_model())
            built[table.name] = factory(table.name, model, setup)
        except ConfigError as exc:
            wrong.extend(exc.problems)
    return built, tuple(wrong)


def _unknown_kind(
    settings: Settings, table: ChannelSettings, error: LookupError, known: Sequence[str]
) -> Problem:
    line, column = place_of(settings.places, ("channels", table.name, "kind"))
    hint = did_you_mean(table.kind, known)
    return Problem(
        file=str(settings.path), line=line, column=column, message=str(error), suggestion=hint
    )


def load_rules(settings: Settings) -> tuple[Rules | None, tuple[Problem, ...]]:
    """Return the rule book, None when it has errors, and everything that is wrong with it."""
    reading = loading.read(loading.order_of(settings))
    return (None if reading.examples_fail else reading.book), reading.problems


async def load_lessons(settings: Settings) -> Mapping[str, Lesson]:
    """Return how editions of FAQ entries fared; none where the store cannot be read."""
    try:
        async with reading(settings) as store:
            return await lessons.read(store)
    except StoreError:
        return {}


def load_times(settings: Settings) -> Times:
    """Return what clocks run by, as the rule files say; much sooner than the whole book."""
    import rules  # noqa: PLC0415 - heavy

    return rules.load_times(settings.rules, settings.timezone)


def load_words(settings: Settings) -> tuple[Words, tuple[Problem, ...]]:
    """Return the words for people, and what is wrong with the admin's own templates."""
    import templates  # noqa: PLC0415 - heavy, and not every command needs it

    return templates.load(settings.policy.languages, settings.templates)


def load_parts(settings: Settings, *, world: World | None = None) -> Parts:
    """Return everything a desk is made of. ``world`` is the channels'; without it the real one.

    Raises:
        ConfigError: something has errors; the problems are all of them.
    """
    channels, wrong = load_channels(settings, world=world)
    return put_together(channels, wrong, load_rules(settings), load_words(settings))


def put_together(
    channels: Mapping[str, Channel],
    wrong: tuple[Problem, ...],
    book: tuple[Rules | None, tuple[Problem, ...]],
    said: tuple[Words, tuple[Problem, ...]],
) -> Parts:
    """Return the parts of a desk.

    Raises:
        ConfigError: something has errors; the problems are all of them.
    """
    rules, in_rules = book
    words, in_words = said
    found = (*wrong, *in_rules, *in_words)
    if rules is None or any(problem.severity == "error" for problem in found):
        raise ConfigError(found)
    return Parts(rules=rules, words=words, channels=channels)


async def build_desk(
    parts: Parts, settings: Settings, store: Store, *, world: World, meter: Meter
) -> Desk:
    """Return a desk over an open store."""
    return Desk(
        store=store,
        rules=parts.rules,
        words=parts.words,
        channels=parts.channels,
        policy=settings.policy,
        keyring=Keyring(await store.secrets()),
        world=world,
        numbers=Numbers(store),
        meter=meter,
        began_at=world.now(),
        moved=dict(await store.moves()),
        lessons=await lessons.read(store),
    )


def parsers_of(channels: Mapping[str, Channel]) -> dict[str, Parser]:
    """Return the parser of each channel, the built-in one included."""
    return {
        **{name: channel.parser for name, channel in channels.items()},
        commands.CHANNEL: commands.CommandParser(),
    }


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[Store]:
    """Give a store that is only read, beside a running ``serve``."""
    from gateway.store import open_store  # noqa: PLC0415 - not every command needs it

    store = await open_store(
        settings.store_url, world=RealWorld(), node=node_name(), read_only=True
    )
    try:
        yield store
    finally:
        await store.close()


def explain(
    settings: Settings,
    *,
    text: str = "",
    eml: bytes | None = None,
    channel: str | None = None,
    sender: str = "",
    subject: str = "",
    language: str | None = None,
    at: datetime | None = None,
) -> Mapping[str, Json]:
    """Return what would happen to one message, a text or a whole mail, in ``explain`` JSON.

    ``channel`` is a configured name; the first configured one by default. ``at`` is when it comes,
    by default now.

    Raises:
        ConfigError: the rules or the configuration have errors, or there is no such channel.
        ParseError: the mail cannot be read.
    """
    parts, learned = load_parts(settings), asyncio.run(load_lessons(settings))
    name = channel or next(iter(parts.channels))
    if name not in parts.channels:
        known = ", ".join(parts.channels)
        problem = Problem(file=str(settings.path), message=f"no channel {name!r}", suggestion=known)
        raise ConfigError((problem,))
    raw = RawEvent(channel=name, body=eml or b"", facts={}, received_at=RealWorld().now())
    spoken = Message(
        channel=name,
        author=Author(address=sender.lower()),
        digest="explain",
        subject=subject,
        text=text,
    )
    return explanation.explain(
        spoken if eml is None else parts.channels[name].parser.parse(raw),
        replace(judge_of(settings, parts.rules, parts.words), lessons=learned),
        now=at or RealWorld().now(),
        language=language,
    )


def judge_of(settings: Settings, rules: Rules, words: Words) -> explanation.Judge:
    """Return what judges a message by a book, away from any store."""
    kinds = {channel.name: channel.kind for channel in settings.channels}
    return explanation.Judge(rules=rules, words=words, policy=settings.policy, kinds=kinds)


def database_path(settings: Settings) -> Path | None:
    """Return the file of an SQLite store, None for others."""
    scheme = "sqlite:///"
    url = settings.store_url
    return Path(url.removeprefix(scheme)) if url.startswith(scheme) else None
