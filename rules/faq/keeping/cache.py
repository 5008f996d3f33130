"""Keeps what was learned of a FAQ in a folder, so that a restart need not learn it again.

A file is named after everything that it came of: the rule files, the settings beside them, this
very program and numpy. Whatever cannot be read, written or believed is as if it were not there:
nothing here raises. Files are believed only where nobody but ourselves may write them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import struct
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from rules.faq.keeping.freezing import Head, Thawed, freeze, thaw
from rules.faq.keeping.learned import Learned
from rules.faq.ranking.shelf import Phrasing

if TYPE_CHECKING:
    from rules.faq.semantic.encoder import Encoder

MOST_FILES = 8
MOST_BYTES = 512 * 1024 * 1024
"""A file that is larger is neither read nor written."""
_SUFFIX = ".faq"
_OTHERS = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of what was learned; without a ``folder`` it finds nothing and keeps nothing."""

    folder: Path | None

    def find(
        self, key: str, phrasings: Sequence[Phrasing], encoder: Encoder | None = None
    ) -> Thawed | None:
        """Return what was kept under a key, None where there is nothing for these phrasings."""
        if self.folder is None:
            return None
        try:
            data = _read(self.folder / f"{key}{_SUFFIX}")
            return None if data is None else thaw(data, phrasings, encoder)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, struct.error):
            return None

    def keep(self, key: str, learned: Learned, more: Head) -> None:
        """Keep it, whole or not at all, and let the files go that were not used for longest."""
        if self.folder is None:
            return
        data = freeze(learned, more)
        if len(data) > MOST_BYTES:
            return
        with contextlib.suppress(OSError):
            # Not what is around it: a mistyped path shall be told, not made.
            self.folder.mkdir(mode=0o700, exist_ok=True)
            # A half-written file never has the name that is looked for.
            with NamedTemporaryFile(dir=self.folder, suffix=".tmp", delete=False) as file:
                try:
                    file.write(data)
                    file.flush()
                    Path(file.name).replace(self.folder / f"{key}{_SUFFIX}")
                except OSError:
                    Path(file.name).unlink(missing_ok=True)
            _tidy(self.folder)


def _tidy(folder: Path) -> None:
    # What a killed process left half-written counts as well.
    files = [*folder.glob(f"*{_SUFFIX}"), *folder.glob("*.tmp")]
    for path in sorted(files, key=_used_at, reverse=True)[MOST_FILES:]:
        path.unlink(missing_ok=True)


def _read(path: Path) -> bytes | None:
    """Return the bytes of a file of ours, None where others may have written it."""
    with path.open("rb") as file:
        about = os.fstat(file.fileno())
        is_ours = about.st_uid == os.geteuid() and not about.st_mode & _OTHERS
        if not is_ours or not stat.S_ISREG(about.st_mode) or about.st_size > MOST_BYTES:
            return None
        with contextlib.suppress(OSError):
            os.utime(file.fileno())
        return file.read(MOST_BYTES)


def _used_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def key_of(parts: Iterable[object]) -> str:
    """Return the name for what comes of some parts, in this program, on this machine."""
    return hashlib.sha256(repr((_program(), *parts)).encode()).hexdigest()


@lru_cache(maxsize=1)
def _program() -> tuple[str, ...]:
    """Return what the same words might be read otherwise by: our own code, and what it runs on."""
    digest = hashlib.sha256()
    root = Path(__file__).parents[2]
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest(), version("numpy"), sys.version, sys.byteorder
