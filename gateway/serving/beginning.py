"""The rule files and templates that a desk starts with.

A desk takes in before they are read, so that a start costs nobody's mail: errors are told after the
desk said that it is ready, and end it. Files that were refused the last time, and look as they did
then, are the exception: they are read first, so that a desk that is started again and again with
the same mistakes announces nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress

from gateway import app
from gateway.contracts.channel import Channel, Cursor
from gateway.contracts.store import Store
from gateway.errors import ConfigError, StoreError
from gateway.serving.reloading import Reloading
from gateway.serving.rewording import Rewording
from gateway.serving.watching import Pace, Watched
from gateway.settings import Settings
from gateway.web.metrics import Meter
from gateway.world import World

REFUSED = "refused at start"
"""The cursor that tells how the files looked that the last start refused."""


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

    async def read_if_refused(self, store: Store) -> None:
        """Read files that were refused the last time; others are for later.

        Raises:
            ConfigError: they still have errors.
        """
        with suppress(StoreError):
            before = await store.cursor(REFUSED)
            self._is_refused = before is not None and before.value["look"] == await self._look()
            if self._is_refused:
                await self.read(store)

    async def read(self, store: Store) -> app.Parts:
        """Return the parts of the desk, read once.

        Raises:
            ConfigError: rules or templates have errors.
        """
        if self.parts is not None:
            return self.parts
        words, book = await self.rewording.first(), await self.reloading.first(store)
        try:
            self.parts = app.put_together(self._channels, (), book, words)
        except ConfigError:
            with suppress(StoreError):
                await _note(store, await self._look())
            raise
        if self._is_refused:
            await _note(store, "")
        return self.parts

    async def _look(self) -> str:
        """Return a digest that is the same while nobody changes rules, templates or configuration.

        Nothing is read for it.
        """
        looks = [
            await watched.look()
            for watched in (self.reloading.watched, self.rewording.watched, self._config)
        ]
        return hashlib.sha256(repr(looks).encode()).hexdigest()


async def _note(store: Store, look: str) -> None:
    await store.accept((), Cursor(key=REFUSED, value={"look": look}), claim=False)
