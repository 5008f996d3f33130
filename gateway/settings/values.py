"""What config.toml and the environment say, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from gateway.errors import Problem
from gateway.model.policy import Policy
from gateway.settings.places import Key, Location


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
