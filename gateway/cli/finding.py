"""Finds the desk that a command is about: ``-c``, the environment, or the folder."""

from __future__ import annotations

import os
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.settings import Settings

chosen_before: ContextVar[Path | None] = ContextVar("chosen_before", default=None)
"""``-c`` where it stood before the command's name."""


def settings_of(config: Path | None) -> Settings:
    """Return the settings that ``-c``, the environment or the folder name.

    Raises:
        ConfigError: with every problem.
    """
    from gateway import settings  # noqa: PLC0415 - pydantic; not for --help

    path = settings.config_path(config or chosen_before.get(), os.environ)
    return settings.load_settings(path, os.environ)
