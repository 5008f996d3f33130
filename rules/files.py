"""Which files of a folder are rule files, and whether any of them has changed.

Light: a running desk looks here several times a second and reads no rules itself.
"""

from __future__ import annotations

import os
from pathlib import Path

ENDINGS = (".yaml", ".yml")

Look = tuple[tuple[str, int, int, int], ...]
"""For each file its name, its number on the disk, its size, and when it was changed."""


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


def look_at(folder: Path) -> Look:
    """Return what is equal for two looks unless a file was changed, replaced, added or removed.

    Links are followed, so that a folder that is exchanged by a link is seen as well.
    """
    return tuple(_seen(folder, name) for name in list_rule_files(folder))


def _seen(folder: Path, name: str) -> tuple[str, int, int, int]:
    try:
        found = (folder / name).stat()
    except OSError:
        return name, 0, 0, 0
    return name, found.st_ino, found.st_size, found.st_mtime_ns
