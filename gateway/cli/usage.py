"""What is wrong with how a command was called, in words for whoever typed it.

The library that reads command lines hands on what pydantic says of a value; here that becomes what
was expected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typer.exceptions import TyperException


def in_words(wrong: TyperException) -> str:
    """Return what to say of a wrong call."""
    fault = _fault_in_value(wrong)
    if fault is None:
        return wrong.message
    limits = fault.get("ctx", {})
    match fault["type"]:
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return f"{fault['input']!r} is no whole number"
        case "greater_than_equal":
            return f"{fault['input']} is too small: expected {limits['ge']} or more"
        case "less_than_equal":
            return f"{fault['input']} is too large: expected {limits['le']} or less"
        case "value_error":
            return str(limits["error"])
    return wrong.message


def _fault_in_value(wrong: TyperException) -> dict[str, Any] | None:
    """Return the first thing that pydantic has against a value; None where it has said nothing."""
    errors = getattr(wrong.__cause__, "errors", None)
    found: list[dict[str, Any]] = errors() if callable(errors) else []
    return found[0] if found else None
