"""config.toml and the environment, read once into frozen values.

Called by `gateway.app` and `gateway.cli`. `load_settings` raises `ConfigError` with every problem
it finds, each with its line; it opens no socket and no store, and writes nothing. What is wrong
but stops only ``serve`` and ``check`` (a secret's file that is not there) stands in
``Settings.problems``, beside warnings.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from gateway.errors import ConfigError, Problem
from gateway.model.policy import Limits, Policy
from gateway.settings import problems
from gateway.settings.file import File, store_url
from gateway.settings.places import find_places
from gateway.settings.reading import RESERVED_NAMES, Reading
from gateway.settings.values import ChannelSettings, Retention, Settings

__all__ = [
    "RESERVED_NAMES",
    "ChannelSettings",
    "Rest",
    "Retention",
    "Settings",
    "config_path",
    "find_store",
    "load_rest",
    "load_settings",
    "read_channel",
]

Model = TypeVar("Model", bound=BaseModel)

DEFAULT_PATH = Path("config.toml")
CACHE = "faq-cache"
_NO_DESK = "name another one with -c FILE; ventanilla init DIR writes a new desk"
_SQLITE = "sqlite:///"
_RULES_LEAN_ON = frozenset({("desk", "languages"), ("desk", "rules"), ("desk",), ("channels",)})


def config_path(option: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the file to read: ``-c``, else ``$VENTANILLA_CONFIG``, else ``./config.toml``."""
    return option or Path(environ.get("VENTANILLA_CONFIG") or DEFAULT_PATH)


def load_settings(path: Path, environ: Mapping[str, str]) -> Settings:
    """Return what ``path`` and the environment say.

    Raises:
        ConfigError: with every problem of the file.
    """
    text, tables = _read(path)
    reading = Reading(path, tables, find_places(text), environ)
    file = reading.file()
    channels = tuple(reading.channels())
    reading.check_alerts()
    if file is None or reading.wrong:
        raise ConfigError(tuple(sorted(reading.wrong, key=lambda each: (each.line, each.column))))
    return _settings(reading, file, channels)


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of a file with errors; keys with errors are as if they were not there.

    ``is_enough_for_rules``: what rule files lean on is right, so that what is found in them is so.
    """

    settings: Settings
    is_enough_for_rules: bool


def load_rest(path: Path, environ: Mapping[str, str]) -> Rest | None:
    """Return what is left of a file with errors; None where it cannot be read at all."""
    try:
        text, tables = _read(path)
    except ConfigError:
        return None
    reading = Reading(path, tables, find_places(text), environ)
    file, left_out = reading.rest()
    settings = _settings(reading, file, tuple(reading.channels()))
    is_enough = not reading.wrong and not left_out & _RULES_LEAN_ON
    return Rest(settings, is_enough)


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
        # Some editors begin a file with a mark that TOML does not know.
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
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


def _settings(reading: Reading, file: File, channels: tuple[ChannelSettings, ...]) -> Settings:
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
