"""The tables, in numbered steps that are applied in order, each once.

A step is never edited after a release; macros as in the queries.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import NamedTuple


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


def _statements(text: str) -> Sequence[str]:
    bare = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return tuple(piece.strip() for piece in bare.split(";\n") if piece.strip())
