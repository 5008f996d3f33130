"""The rule files that a new desk starts with: samples to read, run and replace."""

from __future__ import annotations

from pathlib import Path


def starter_folder() -> Path:
    """Return the folder that holds the files; nothing but its ``*.yaml`` belongs to a desk."""
    return Path(__file__).parent
