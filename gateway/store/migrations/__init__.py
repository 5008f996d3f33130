"""The tables, in numbered steps that are applied in order, each once.

A step is never edited after a release; macros as in the queries.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib import resources
from typing import NamedTuple

log = logging.getLogger(__name__)


class Migration(NamedTuple):
    """One step: its number, and its statements."""

    version: int
    statements: Sequence[str]


def migrations() -> Sequence[Migration]:
    """Return all steps, in order."""
    files = sorted(resources.files(__name__).iterdir(), key=lambda file: file.name)
    return tuple(
        Migration(int(file.name.partition("_")[0]), _statements(file.read_text(encoding="utf-8")))
        for file in files
        if file.name.endswith(".sql")
    )


def tell_of_update(place: str, before: int) -> None:
    """Log that a desk of an older version was brought up to date, now that it is committed."""
    newest = migrations()[-1].version
    if 0 < before < newest:
        schemas = {"store": place, "from_schema": before, "to_schema": newest}
        log.info("the database was brought up to date", extra=schemas)


def _statements(text: str) -> Sequence[str]:
    bare = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return tuple(piece.strip() for piece in bare.split(";\n") if piece.strip())
