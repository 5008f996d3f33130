"""What is wrong with config.toml, in words for the person who wrote it.

Turns the errors of pydantic and of tomllib into `Problem`s: each names its line and column, what
was expected, and what may have been meant.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from gateway.errors import Problem
from gateway.settings.places import Key, Location, place_of
from gateway.settings.secrets import FILE_KEYS

_EXPECTED = {
    "string_type": "a text in quotes",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list in [brackets]",
    "tuple_type": "a list in [brackets]",
    "dict_type": "a table",
    "model_type": "a table",
    "too_short": "at least one",
}
_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def from_syntax(file: str, text: str, message: str) -> Problem:
    """Return the problem of a text that is no TOML."""
    found = _POSITION.search(message)
    if found and found[1]:
        line, column = int(found[1]), int(found[2])
    else:
        lines = text.split("\n")
        line, column = len(lines), len(lines[-1]) + 1
    words = _POSITION.sub("", message)
    return Problem(file=file, line=line, column=column, message=f"this is not TOML: {words}")


def from_model(
    file: str,
    error: ValidationError,
    model: type[BaseModel],
    places: Mapping[Key, Location],
    table: Key = (),
) -> tuple[Problem, ...]:
    """Return one problem for each error in a table that was read with ``model``."""
    return tuple(_problem(file, dict(detail), model, places, table) for detail in error.errors())


def _problem(
    file: str,
    detail: dict[str, Any],
    model: type[BaseModel],
    places: Mapping[Key, Location],
    table: Key,
) -> Problem:
    path: Key = (*table, *(str(part) for part in detail["loc"]))
    line, column = place_of(places, path)
    message, suggestion = _words(detail, path, _fields_at(model, detail["loc"][:-1]))
    return Problem(file=file, line=line, column=column, message=message, suggestion=suggestion)


def _words(detail: dict[str, Any], path: Key, known: Sequence[str]) -> tuple[str, str | None]:
    name, kind = dotted(path), detail["type"]
    match kind:
        case "missing":
            return f"{name} is missing", None
        case "extra_forbidden":
            return f"{name} is no setting", _meant(path, known)
        case "literal_error":
            expected = detail["ctx"]["expected"].replace("'", '"')
            hint = did_you_mean(detail["input"], re.findall(r'"(.*?)"', expected))
            return f"{name}: expected {expected}", hint
        case "value_error":
            return f"{name}: {detail['ctx']['error']}", None
        case _:
            expected = _EXPECTED.get(kind) or _sentence(detail["msg"])
            return f"{name}: expected {expected}", None


def _meant(path: Key, known: Sequence[str]) -> str | None:
    """Return what may have been meant by a key that is none; a channel has files of secrets too."""
    key, file = path[-1], f"{path[-1]}_file"
    if path[0] != "channels":
        return did_you_mean(key, known)
    if file in FILE_KEYS:
        return f"a secret comes from the environment, or from a file: {file}"
    return did_you_mean(key, (*known, *FILE_KEYS))


def _sentence(message: str) -> str:
    return message.removeprefix("Input should be ").removeprefix("Value should be ")


def did_you_mean(word: object, known: Sequence[str]) -> str | None:
    """Return the question that names the nearest known word, None when none is near."""
    near = difflib.get_close_matches(str(word)[:100], known, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else None


def dotted(path: Key) -> str:
    """Return a key's path as people write it: ``desk.name``, ``desk.languages[1]``."""
    parts = (f"[{part}]" if part.isdigit() else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def _fields_at(model: type[BaseModel], path: Sequence[int | str]) -> tuple[str, ...]:
    """Return the keys that may stand in the table at ``path``."""
    for part in path:
        field = model.model_fields.get(str(part))
        inner = _model_in(field.annotation if field else None)
        if inner is None:
            return ()
        model = inner
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that an annotation is, or that it may be beside None."""
    for each in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None
