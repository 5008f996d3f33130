"""Which files of a folder are rule files.

Light: a running desk asks several times a second, and reads no rules itself.
"""

from __future__ import annotations

import os
from pathlib import Path

ENDINGS = (".yaml", ".yml")


def list_rule_files(folder: Path) -> list[str]:
    """Return the rule files' names below a folder, in path order."""
    found: list[str] = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found.extend(
            (Path(parent) / name).relative_to(folder).as_posix()
            for name in files
            if name.endswith(ENDINGS) and not name.startswith(".")
        )
    return sorted(found)
