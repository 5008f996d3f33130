"""Secrets: from the environment, or from files that config.toml names.

Used by `gateway.settings`. A secret's value is in no message, and in no ``repr``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

SECRETS = (
    "IMAP_PASSWORD",
    "SMTP_PASSWORD",
    "LISTEN_PASSWORD",
    "OAUTH_CLIENT_SECRET",
    "OAUTH_REFRESH_TOKEN",
    "BOT_TOKEN",
    "APP_TOKEN",
    "SIGNING_SECRET",
    "WEBHOOK_SECRET",
)
FILE_KEYS = {f"{secret.lower()}_file": secret for secret in SECRETS}
_LONGEST = 65_536


class Secrets(Mapping[str, str]):
    """A channel's secrets by the last part of their names, which is all that ``repr`` shows.

    One whose file could not be read is "": that has been told.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self._values)})"


def variable_prefix(channel: str) -> str:
    """Return how the environment names a channel: ``support-mail`` is ``SUPPORT_MAIL``."""
    return re.sub(r"[^A-Z0-9]", "_", channel.upper())


def from_environment(channel: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets that the environment holds for a channel; empty ones do not count."""
    prefix = variable_prefix(channel)
    found = {secret: environ.get(f"{prefix}_{secret}", "") for secret in SECRETS}
    return {secret: value for secret, value in found.items() if value}


def from_file(path: Path) -> str:
    """Return the secret in a file, without the line end that editors put behind it.

    Raises:
        ValueError: it cannot be read, is empty, or is too long to be a secret.
    """
    try:
        with path.open("rb") as file:
            value = file.read(_LONGEST + 1).decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ValueError(f"the secret cannot be read from {path}: {reason}") from None
    if not value or len(value) >= _LONGEST:
        raise ValueError(f"{path} holds no secret")
    return value
