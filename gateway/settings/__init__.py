"""config.toml and the environment, read once into frozen values.

Called by `gateway.app` and `gateway.cli`. `load_settings` raises `ConfigError` with every problem
it finds, each with its line; it opens no socket and no store, and writes nothing. What is wrong
but stops only ``serve`` and ``check`` (a secret's file that is not there) stands in
``Settings.problems``, beside warnings.
"""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from gateway.errors import ConfigError, Problem
from gateway.model.people import Place
from gateway.model.policy import Limits, Policy
from gateway.settings import problems
from gateway.settings.file import File, store_url
from gateway.settings.places import Key, Location, find_places, place_of
from gateway.settings.secrets import (
    FILE_KEYS,
    Secrets,
    from_environment,
    from_file,
    variable_prefix,
)

Model = TypeVar("Model", bound=BaseModel)

DEFAULT_PATH = Path("config.toml")
CACHE = "faq-cache"
_NO_DESK = "name another one with -c FILE; ventanilla init DIR writes a new desk"
_SQLITE = "sqlite:///"
_RULES_LEAN_ON = frozenset({("desk", "languages"), ("desk", "rules"), ("desk",), ("channels",)})
RESERVED_NAMES = frozenset({"cli", "http", "webhooks"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """One ``[channels.<name>]`` table, not yet read by its kind.

    ``table`` is without ``kind`` and without the keys that name secrets' files. ``secrets`` maps
    the last part of a secret's name (``IMAP_PASSWORD``) to its value. ``line`` is the header's.
    """

    name: str
    kind: str
    table: Mapping[str, Any]
    line: int
    secrets: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """``[retention]``: how long what is kept; None is for ever."""

    raw: timedelta | None = None
    attachments: timedelta | None = None
    closed: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that config.toml and the environment say. Paths are absolute.

    ``templates`` need not be there. ``problems`` are errors that stop
    ``serve`` and ``check`` but nothing else, and warnings.
    """

    path: Path
    folder: Path
    policy: Policy
    rules: Path
    templates: Path
    timezone: str
    store_url: str
    channels: tuple[ChannelSettings, ...]
    http_listen: tuple[str, int] | None = None
    http_webhooks: tuple[str, int] | None = None
    http_public_url: str | None = None
    max_wrong: float = 0.05
    faq_model: str = ""
    faq_cache: Path | None = None
    retention: Retention = Retention()
    problems: tuple[Problem, ...] = ()
    places: Mapping[Key, Location] = field(default_factory=dict, repr=False)


def config_path(option: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the file to read: ``-c``, else ``$VENTANILLA_CONFIG``, else ``./config.toml``."""
    return option or Path(environ.get("VENTANILLA_CONFIG") or DEFAULT_PATH)


def load_settings(path: Path, environ: Mapping[str, str]) -> Settings:
    """Return what ``path`` and the environment say.

    Raises:
        ConfigError: with every problem of the file.
    """
    text, tables = _read(path)
    reading = _Reading(path, tables, find_places(text), environ)
    file = reading.file()
    channels = tuple(reading.channels())
    reading.check_alerts()
    if file is None or reading.wrong:
        raise ConfigError(tuple(sorted(reading.wrong, key=lambda each: (each.line, each.column))))
    return _settings(reading, file, channels)


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What is left of a file with errors; keys with errors are as if they were not there.

    ``is_enough_for_rules``: what rule files lean on is right, so that what is found in them is so.
    """

    settings: Settings
    is_enough_for_rules: bool


def salvage(path: Path, environ: Mapping[str, str]) -> Salvaged | None:
    """Return what is left of a file with errors; None where it cannot be read at all."""
    try:
        text, tables = _read(path)
    except ConfigError:
        return None
    reading = _Reading(path, tables, find_places(text), environ)
    file, left_out = reading.rest()
    settings = _settings(reading, file, tuple(reading.channels()))
    is_enough = not reading.wrong and not left_out & _RULES_LEAN_ON
    return Salvaged(settings, is_enough)


def read_channel(settings: Settings, channel: ChannelSettings, model: type[Model]) -> Model:
    """Return a channel's table as its kind's model reads it; paths start at ``context["folder"]``.

    Raises:
        ConfigError: with every problem of the table.
    """
    try:
        return model.model_validate(dict(channel.table), context={"folder": settings.folder})
    except ValidationError as error:
        table = ("channels", channel.name)
        found = problems.from_model(str(settings.path), error, model, settings.places, table)
        raise ConfigError(found) from None


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_bytes().decode().replace("\r\n", "\n")
        return text, tomllib.loads(text)
    except OSError as error:
        hint = _NO_DESK if not path.exists() else None
        message = f"the configuration cannot be read: {error.strerror}"
        problem = Problem(file=str(path), message=message, suggestion=hint)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problem = Problem(file=str(path), line=line, column=1, message="this is not UTF-8")
    except tomllib.TOMLDecodeError as error:
        problem = problems.from_syntax(str(path), text, str(error))
    except RecursionError:
        problem = Problem(file=str(path), message="the tables are nested too deep")
    raise ConfigError((problem,))


class _Reading:
    """One reading of a file: gathers everything that is wrong with it."""

    def __init__(
        self,
        path: Path,
        tables: Mapping[str, Any],
        places: Mapping[Key, Location],
        environ: Mapping[str, str],
    ) -> None:
        self.path = path
        self.folder = path.absolute().parent
        self.tables = tables
        self.places = places
        self.environ = environ
        self.wrong: list[Problem] = []
        self.later: list[Problem] = []

    def file(self) -> File | None:
        """Return the tables as their models read them, None when one of them is wrong."""
        try:
            return File.model_validate(self.tables)
        except ValidationError as error:
            self.wrong += problems.from_model(str(self.path), error, File, self.places)
            return None

    def rest(self) -> tuple[File, frozenset[Key]]:
        """Return what is right, with the defaults of the rest; and the keys that are wrong.

        Of ``[desk]`` the other keys are kept, because rules lean on them; else tables are whole.
        """
        try:
            return File.model_validate(self.tables), frozenset()
        except ValidationError as error:
            wrong = frozenset(tuple(map(str, one["loc"][:2])) for one in error.errors())
            tables = {key[0] for key in wrong} - {"desk"}
            right = {key: table for key, table in self.tables.items() if key not in tables}
            desk = right.get("desk")
            kept = desk.items() if isinstance(desk, dict) else ()
            right["desk"] = {"name": "desk"} | {k: v for k, v in kept if ("desk", k) not in wrong}
            return File.model_validate({"channels": {}, **right}), wrong

    def channels(self) -> Iterator[ChannelSettings]:
        """Yield the channels whose names and kinds are right; report the others."""
        if self.tables.get("channels") == {}:
            self._report(("channels",), "there is no channel: a desk needs at least one")
        seen: dict[str, str] = {}
        for name, table in self._channel_tables().items():
            key = ("channels", name)
            kind = table.get("kind")
            if fault := _fault_in_name(name, seen):
                self._report(key, fault)
            elif not isinstance(kind, str) or not kind:
                expected = 'expected the kind of channel, such as "email"'
                self._report((*key, "kind"), f"{problems.dotted(key)}.kind: {expected}")
            else:
                yield self._channel(name, kind, table)
            seen[variable_prefix(name)] = name

    def check_alerts(self) -> None:
        """Report alerts to channels that are not there; their shape is the model's to check."""
        tables = self._channel_tables()
        kinds = [table.get("kind") for table in tables.values()]
        for place in self._alerts():
            if place.channel in tables or kinds.count(place.channel) == 1:
                continue
            several = f"{place.channel!r} could be several channels: name one of them"
            none = f"no channel is called {place.channel!r}"
            fault = several if place.channel in kinds else none
            hint = problems.did_you_mean(place.channel, tuple(tables))
            self._report(("desk", "alerts"), f"desk.alerts: {fault}", hint)

    def _channel_tables(self) -> dict[str, dict[str, Any]]:
        tables = self.tables.get("channels")
        found = tables.items() if isinstance(tables, dict) else ()
        return {name: table for name, table in found if isinstance(table, dict)}

    def _alerts(self) -> Iterator[Place]:
        desk = self.tables.get("desk")
        alerts = desk.get("alerts") if isinstance(desk, dict) else None
        for text in alerts if isinstance(alerts, list) else ():
            with contextlib.suppress(ValueError, AttributeError):
                yield Place.parse(text)

    def _channel(self, name: str, kind: str, table: Mapping[str, Any]) -> ChannelSettings:
        rest = {key: value for key, value in table.items() if key not in {"kind", *FILE_KEYS}}
        secrets = from_environment(name, self.environ)
        for key, secret in FILE_KEYS.items():
            if key in table:
                secrets |= self._secret_in_file(("channels", name, key), secret, table[key])
        line, _ = place_of(self.places, ("channels", name))
        return ChannelSettings(
            name=name, kind=kind, table=rest, line=line, secrets=Secrets(secrets)
        )

    def _secret_in_file(self, key: Key, secret: str, value: object) -> dict[str, str]:
        if not isinstance(value, str) or not value:
            self._report(key, f"{problems.dotted(key)}: expected the name of a file")
            return {}
        try:
            return {secret: from_file(self.folder / value)}
        except ValueError as error:
            self.later.append(self._problem(key, f"{problems.dotted(key)}: {error}"))
            return {}

    def _report(self, key: Key, message: str, suggestion: str | None = None) -> None:
        self.wrong.append(self._problem(key, message, suggestion=suggestion))

    def _problem(self, key: Key, message: str, **more: Any) -> Problem:
        line, column = place_of(self.places, key)
        return Problem(file=str(self.path), line=line, column=column, message=message, **more)


def _fault_in_name(name: str, seen: Mapping[str, str]) -> str | None:
    if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
        return f"{name!r} is no channel name: expected letters, digits and hyphens"
    if name in RESERVED_NAMES:
        return f"{name!r} is the name of something built in: choose another"
    if other := seen.get(variable_prefix(name)):
        return f"{name!r} and {other!r} would have the same secrets: choose another name"
    return None


def _settings(reading: _Reading, file: File, channels: tuple[ChannelSettings, ...]) -> Settings:
    http, folder = file.http, reading.folder
    return Settings(
        path=reading.path,
        folder=folder,
        policy=_policy(file),
        # As the configuration was named: so are the files of problems that are found in them.
        rules=reading.path.parent / file.desk.rules,
        templates=reading.path.parent / file.desk.templates,
        timezone=file.desk.timezone,
        store_url=find_store(file.store.url, folder),
        channels=channels,
        http_listen=http.listen if http else None,
        http_webhooks=http.webhooks if http else None,
        http_public_url=http.public_url if http else None,
        max_wrong=file.faq.max_wrong,
        faq_model=_model(file.faq.model, folder),
        faq_cache=_cache(file.faq.cache, find_store(file.store.url, folder), folder),
        retention=Retention(**file.retention.model_dump()),
        problems=tuple(reading.later),
        places=reading.places,
    )


def _model(name: str, folder: Path) -> str:
    """Return the path of a model's folder, or the name of the package that carries one."""
    is_folder = bool(name) and (folder / name).is_dir()
    return str(folder / name) if is_folder else name


def _cache(name: str | None, store: str, folder: Path) -> Path | None:
    """Return where to keep what was learned of the FAQ: by default beside an SQLite store.

    A desk on PostgreSQL keeps nothing on its machine that it was not told to.
    """
    if name is not None:
        return folder / name if name else None
    is_file = store.startswith(_SQLITE)
    return Path(store.removeprefix(_SQLITE)).parent / CACHE if is_file else None


def find_store(url: str, folder: Path) -> str:
    """Return the URL of a store, with its path from the root; relative ones start in a folder.

    Raises:
        ValueError: it is none; the text says what was expected.
    """
    is_file = store_url(url).startswith(_SQLITE)
    return f"{_SQLITE}{folder / url.removeprefix(_SQLITE)}" if is_file else url


def _policy(file: File) -> Policy:
    desk, limits = file.desk, file.limits.model_dump()
    return Policy(
        desk_name=desk.name,
        prefix=desk.prefix,
        languages=tuple(desk.languages),
        alerts=tuple(desk.alerts),
        faq_mode=file.faq.mode,
        limits=Limits(**{**limits, "exempt": tuple(limits["exempt"])}),
        outbox_max_age=file.outbox.max_age,
        **file.tickets.model_dump(),
    )
