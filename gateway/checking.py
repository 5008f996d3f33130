"""Finds everything that is wrong with a desk before it runs: for ``check``, and for ``serve``.

Called by `gateway.cli` and `gateway.serving`. What is wrong comes out as `Problem` values with
their places; nothing is raised for what stands in a file, and nothing is written.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations

from gateway import app, loading
from gateway.contracts.channel import Address, Channel, Listens
from gateway.errors import Problem, StoreError, StoreMissing, StoreOutdated
from gateway.model.people import Place
from gateway.settings import ChannelSettings, Rest, Settings
from gateway.settings.places import Key, place_of

_EVERYWHERE = frozenset(("0.0.0.0", "::"))  # noqa: S104 - what admins write, nothing is bound to it


async def check(settings: Settings, *, connect: bool) -> Sequence[Problem]:
    """Return everything that is wrong with a desk; with ``connect`` also what servers say."""
    channels, wrong = app.load_channels(settings)
    book, in_rules = await asyncio.to_thread(app.load_rules, settings)
    _, in_words = app.load_words(settings)
    told = [place for team in book.teams.values() for place in team.tell] if book else []
    in_store = await check_store(settings, connect=connect)
    found = [*settings.problems, *wrong, *in_store, *in_rules, *in_words]
    if book is not None and not in_store and (connect or app.database_path(settings) is not None):
        learned = await app.load_lessons(settings)
        found += book.unsent(learned, 1 - settings.max_wrong)
    found += check_listeners(settings, channels)
    for channel in channels.values():
        table = _table_of(settings, channel.name)
        # Without a secret whose file cannot be read nobody could log in.
        may_connect = connect and all(table.secrets.values())
        found += await check_channel(settings, channel, channels, told, connect=may_connect)
        await channel.close()
    return found


async def check_rest(rest: Rest) -> Sequence[Problem]:
    """Return what else is wrong where the configuration has errors already."""
    channels, wrong = app.load_channels(rest.settings)
    for channel in channels.values():
        await channel.close()
    if not rest.is_enough_for_rules:
        return wrong
    _, in_rules = await asyncio.to_thread(app.load_rules, rest.settings)
    _, in_words = app.load_words(rest.settings)
    return [*wrong, *in_rules, *in_words]


async def check_channel(
    settings: Settings,
    channel: Channel,
    channels: Mapping[str, Channel],
    told: Sequence[Place] = (),
    *,
    connect: bool = False,
) -> Sequence[Problem]:
    """Return what is wrong with one channel, its secrets, and the places on it that are told."""
    is_single = sum(c.kind == channel.kind for c in channels.values()) == 1
    names = {channel.name, channel.kind} if is_single else {channel.name}
    alerts = [place for place in settings.policy.alerts if place.channel in names]
    wrong = {place: _wrong_alert(settings, channel, place) for place in alerts}
    mine = [place for place in told if place.channel in names]
    mine += [place for place in alerts if wrong[place] is None]
    found = _placed(settings, channel.name, await channel.check(mine, connect=connect))
    return [*filter(None, wrong.values()), *found]


def _wrong_alert(settings: Settings, channel: Channel, place: Place) -> Problem | None:
    """Return what is wrong with how a place of ``[desk] alerts`` is written, if anything."""
    fault = loading.check_where(channel.kind, place.where)
    if fault is None:
        return None
    line, column = place_of(settings.places, ("desk", "alerts"))
    message = f"desk.alerts: {place}: {fault.message}"
    return replace(fault, file=str(settings.path), line=line, column=column, message=message)


def _placed(settings: Settings, channel: str, problems: Sequence[Problem]) -> list[Problem]:
    """Give a channel's problems the place of its table, where they have none of their own."""
    line = _table_of(settings, channel).line
    return [
        problem
        if problem.line
        else Problem(
            file=str(settings.path),
            line=line,
            column=1,
            severity=problem.severity,
            message=f"channels.{channel}: {problem.message}",
            suggestion=problem.suggestion,
        )
        for problem in problems
    ]


def _table_of(settings: Settings, channel: str) -> ChannelSettings:
    return next(table for table in settings.channels if table.name == channel)


def check_listeners(settings: Settings, channels: Mapping[str, Channel]) -> Iterator[Problem]:
    """Yield the addresses that two of the desk's own listeners want."""
    for (first, one), (second, other) in combinations(_listeners(settings, channels), 2):
        if _collide(one, other):
            line, column = place_of(settings.places, second)
            yield Problem(
                file=str(settings.path),
                line=line,
                column=column,
                message=f"{'.'.join(second)}: {'.'.join(first)} takes the same address",
                suggestion="choose another port",
            )


def _listeners(
    settings: Settings, channels: Mapping[str, Channel]
) -> Iterator[tuple[Key, Address]]:
    for name, channel in channels.items():
        if isinstance(channel, Listens) and (address := channel.listens()) is not None:
            yield ("channels", name, "listen"), address
    for key, bound in (("listen", settings.http_listen), ("webhooks", settings.http_webhooks)):
        if bound is not None:
            yield ("http", key), bound


def _collide(one: Address, other: Address) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    (host, port), (other_host, other_port) = one, other
    hosts = {"127.0.0.1" if each == "localhost" else each for each in (host, other_host)}
    # Port 0 is another one each time.
    is_one_host = len(hosts) == 1 or not hosts.isdisjoint(_EVERYWHERE)
    return bool(port) and port == other_port and is_one_host


async def check_store(settings: Settings, *, connect: bool) -> Sequence[Problem]:
    """Return what is wrong with the database; one on a server is asked with ``connect`` only."""
    path = app.database_path(settings)
    if found := list(check_place_of_store(settings)):
        return found
    if not (connect if path is None else path.exists()):
        return ()
    line, column = place_of(settings.places, ("store", "url"))
    told = partial(Problem, file=str(settings.path), line=line, column=column)
    try:
        async with app.reading(settings):
            return ()
    except StoreOutdated as fault:
        hint = "there is no way back from that but a backup"
        return (told(message=f"store.url: {fault}", suggestion=hint, severity="warning"),)
    except StoreMissing:
        return ()
    except StoreError as fault:
        return (told(message=f"store.url: {fault}"),)


def check_place_of_store(settings: Settings) -> Iterator[Problem]:
    """Yield what keeps an SQLite file from being made or written where it shall be."""
    path = app.database_path(settings)
    if path is None:
        return
    line, column = place_of(settings.places, ("store", "url"))
    told = partial(Problem, file=str(settings.path), line=line, column=column)
    folder = path.parent
    if not folder.is_dir():
        text = f"store.url: there is no folder {folder}"
        yield told(message=text, suggestion="make it: the desk does not")
    elif path.exists() and not path.is_file():
        text = f"store.url: {path} is no file"
        yield told(message=text, suggestion="name the file that the desk keeps everything in")
    # The log stands beside the file: both have to be written. Who checks may not be who serves.
    elif not all(os.access(each, os.W_OK) for each in (folder, path) if each.exists()):
        text = f"store.url: this user may not write {path} or its folder"
        hint = "whoever runs `serve` has to write both"
        yield told(message=text, suggestion=hint, severity="warning")
