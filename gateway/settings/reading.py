"""One reading of config.toml: its tables as their models read them, and what is wrong with it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gateway.errors import Problem
from gateway.model.people import Place
from gateway.settings import problems
from gateway.settings.file import File
from gateway.settings.places import Key, Location, place_of
from gateway.settings.secrets import (
    FILE_KEYS,
    Secrets,
    from_environment,
    from_file,
    variable_prefix,
)
from gateway.settings.values import ChannelSettings

RESERVED_NAMES = frozenset({"cli", "http", "webhooks"})


class Reading:
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
            # It is there, and empty: nobody shall say that it is not set.
            return {secret: ""}

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
