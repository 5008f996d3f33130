"""The rule files and templates that a desk starts with.

A desk takes in before they are read, so that a start costs nobody's mail. It says that it is ready
once it cannot be they that end it again: at once where an earlier start took them as they look now,
else when they are read. Files that were refused the last time, and look as they did then, are read
before anything is taken in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

from gateway import app
from gateway.contracts.channel import Channel, Cursor
from gateway.contracts.store import Store
from gateway.errors import ConfigError, StoreError
from gateway.model.message import Json
from gateway.reloading import Reloading
from gateway.rewording import Rewording
from gateway.settings import Settings
from gateway.watching import Pace, Watched
from gateway.web.metrics import Meter
from gateway.world import World

REFUSED = "refused at start"
"""The cursor that tells how the files looked that the last start refused."""
GOOD = "good at start"
"""The cursor that tells how the files looked that starts of this version took, of any node."""
MOST_GOOD = 20


class Beginning:
    """What one desk reads before it decides. ``parts`` is what came of it, once it was good."""

    def __init__(
        self, settings: Settings, channels: Mapping[str, Channel], meter: Meter, world: World
    ) -> None:
        self.parts: app.Parts | None = None
        self.reloading = Reloading(settings, meter.rules, world)
        # A rule may name a receipt that only the new templates have.
        self.rewording = Rewording(settings, meter.templates, taken=self.reloading.look_again)
        self._channels = channels
        self._config = Watched(settings.path.parent, lambda _: [settings.path.name], Pace())
        self._is_refused = False
        self.is_known_good = False
        """Whether an earlier start took the files as they look now."""

    async def recall(self, store: Store) -> None:
        """Find out what earlier starts made of the files; read them now if they were refused.

        Raises:
            ConfigError: they still have errors.
        """
        with suppress(StoreError):
            before, look = await store.cursor(REFUSED), await self._look()
            self._is_refused = before is not None and before.value["look"] == look
            if self._is_refused:
                await self.read(store)
            self.is_known_good = look in await _good(store)

    async def read(self, store: Store) -> app.Parts:
        """Return the parts of the desk, read once.

        Raises:
            ConfigError: rules or templates have errors.
        """
        if self.parts is not None:
            return self.parts
        look = await self._look()
        words, book = await self.rewording.first(), await self.reloading.first(store)
        try:
            self.parts = app.put_together(self._channels, (), book, words)
        except ConfigError:
            with suppress(StoreError):
                await _note(store, REFUSED, {"look": look})
            raise
        with suppress(StoreError):
            if self._is_refused:
                await _note(store, REFUSED, {"look": ""})
            if (good := await _good(store))[:1] != [look]:
                looks: Json = [look, *(other for other in good if other != look)][:MOST_GOOD]
                await _note(store, GOOD, {"looks": looks})
        return self.parts

    async def _look(self) -> str:
        """Return a digest that is the same while nobody changes rules, templates or configuration.

        Nothing is read for it. Another version of the program may think otherwise of the same.
        """
        looks = [
            await watched.look()
            for watched in (self.reloading.watched, self.rewording.watched, self._config)
        ]
        return hashlib.sha256(repr((_version(), looks)).encode()).hexdigest()


def _version() -> str:
    try:
        return version("ventanilla")
    except PackageNotFoundError:
        return ""


async def _good(store: Store) -> list[str]:
    cursor = await store.cursor(GOOD)
    looks = cursor.value.get("looks") if cursor else None
    return [str(look) for look in looks] if isinstance(looks, list) else []


async def _note(store: Store, key: str, value: Mapping[str, Json]) -> None:
    await store.accept((), Cursor(key=key, value=value), claim=False)
