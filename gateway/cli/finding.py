"""Finds the desk that a command is about: ``-c``, the environment, or the folder."""

from __future__ import annotations

import os
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.settings import Rest, Settings

chosen_before: ContextVar[Path | None] = ContextVar("chosen_before", default=None)
"""``-c`` where it stood before the command's name."""


def settings_of(config: Path | None) -> Settings:
    """Return the settings that ``-c``, the environment or the folder name.

    Raises:
        ConfigError: with every problem.
    """
    from gateway import settings  # noqa: PLC0415 - pydantic; not for --help

    return settings.load_settings(_path(config), os.environ)


def rest_of(config: Path | None) -> Rest | None:
    """Return what is left of a file with errors; see `gateway.settings.load_rest`."""
    from gateway import settings  # noqa: PLC0415 - pydantic; not for --help

    return settings.load_rest(_path(config), os.environ)


def _path(config: Path | None) -> Path:
    from gateway import settings  # noqa: PLC0415 - pydantic; not for --help

    return settings.config_path(config or chosen_before.get(), os.environ)
