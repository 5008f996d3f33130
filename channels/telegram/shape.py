"""Reading JSON that somebody else made: each reader returns the type it says, or refuses.

Used by the rooms that read updates. An absent field is empty; a field of another type than the
Bot API says is a `ParseError`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from gateway.errors import ParseError

Object = Mapping[str, Any]
EMPTY: Object = {}
_Kind = TypeVar("_Kind")


def read_object(body: bytes) -> Object:
    """Return the JSON object that bytes hold.

    Raises:
        ParseError: they hold none.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ParseError("this is no JSON") from error
    if not isinstance(found, dict):
        raise ParseError("this is no JSON object")
    return found


def object_in(parent: Object, name: str) -> Object:
    """Return an object below a name."""
    found: dict[str, Any] = _typed(parent, name, dict, {})
    return found


def objects_in(parent: Object, name: str) -> Sequence[Object]:
    """Return a list of objects below a name."""
    found: list[Any] = _typed(parent, name, list, [])
    if not all(isinstance(one, dict) for one in found):
        raise ParseError(f"{name} holds something else than objects")
    return found


def text_in(parent: Object, name: str) -> str:
    """Return a text below a name."""
    return _typed(parent, name, str, "")


def number_in(parent: Object, name: str) -> int:
    """Return a whole number below a name, 0 where there is none."""
    return _typed(parent, name, int, 0)


def _typed(parent: Object, name: str, kind: type[_Kind], absent: _Kind) -> _Kind:
    found = parent.get(name)
    if found is None:
        return absent
    if not isinstance(found, kind) or isinstance(found, bool):
        raise ParseError(f"{name} is no {kind.__name__}")
    return found
