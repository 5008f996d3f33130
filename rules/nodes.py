"""What a rule file consists of: values, lists and mappings that know their place.

Made by `rules.strict_yaml`, read by whatever reads a part of a file. Scalars stay the text that
was written: what a text means is decided by the key it stands under, so ``no``, ``010`` and
``1:30`` never change into something else.
"""

from __future__ import annotations

from dataclasses import dataclass

from rules.problems import Mark


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value as it was written. ``plain`` is False where it stood in quotes or a block."""

    mark: Mark
    text: str
    plain: bool


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list of nodes."""

    mark: Mark
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapNode:
    """Keys with their nodes, each key once, in file order."""

    mark: Mark
    items: tuple[tuple[Scalar, Node], ...]


Node = Scalar | ListNode | MapNode
