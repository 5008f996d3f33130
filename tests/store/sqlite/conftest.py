"""The same desk as beside it, on SQLite only."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Return where an empty desk is."""
    return f"sqlite:///{tmp_path / 'desk.db'}"
