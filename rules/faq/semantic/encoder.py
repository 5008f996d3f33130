"""Texts as vectors of meaning: the seam of the semantic extra.

Two kinds of models fill it, each in a module of its own: `universal`, which one ``pip
install`` brings, and `bert`, for a model that the admin brings. Imported only where a
desk names a model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]


class Encoder(Protocol):
    """Turns texts into vectors of length one; texts of like meaning point the same way."""

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Return one row a text, whatever is in it."""
        ...

    def __hash__(self) -> int: ...


class Model(Encoder, Protocol):
    """An encoder that was installed. Cheap to hand to another process.

    It is loaded when it is first asked to encode something.

    Raises:
        OSError, ValueError, KeyError: it cannot be loaded, then.
    """

    def digest(self) -> str:
        """Return what it is, whatever its folder is called.

        Raises:
            OSError: it is gone.
        """
        ...


def find_model(name: str) -> Model:
    """Return the model that ``[faq] model`` names: a package, or a folder.

    Raises:
        ImportError: it comes with the extra ``semantic``, which is not installed.
    """
    # Each kind loads what only it needs.
    from rules.faq.semantic import universal  # noqa: PLC0415

    if name == universal.NAME:
        return universal.find_universal()
    from rules.faq.semantic.bert import find_bert  # noqa: PLC0415

    return find_bert(name)


def digest_of_files(paths: Iterable[Path]) -> str:
    """Return a digest of what stands in some files.

    Raises:
        OSError: one of them cannot be read.
    """
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
