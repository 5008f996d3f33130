"""What the journey hands to the words is what the words insert."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import templates

JOURNEY = Path(__file__).parents[2] / "gateway" / "journey"


def sayings(text: str) -> Iterator[tuple[str, set[str]]]:
    """Yield each message key that a function names, with the value names it puts together."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found = [inner.value for inner in ast.walk(node) if isinstance(inner, ast.Constant)]
            keys = {text for text in found if _is_key(text)}
            names = {
                key.value
                for inner in ast.walk(node)
                if isinstance(inner, ast.Dict)
                for key in inner.keys
                if isinstance(key, ast.Constant)
            }
            yield from ((key, names) for key in keys)


def _is_key(value: object) -> bool:
    return (
        isinstance(value, str) and value.startswith(("requester/", "agent/")) and value[-1] != "/"
    )


def wrong(key: str, names: set[str]) -> str:
    """Return what does not fit, "" when everything does."""
    if key not in templates.KEYS:
        return f"no message is called {key}"
    missing = set(templates.KEYS[key]) - names
    return f"{key} lacks {sorted(missing)}" if missing else ""


@pytest.mark.parametrize("path", sorted(JOURNEY.rglob("*.py")), ids=lambda path: path.stem)
def test_the_journey_hands_over_every_value(path):
    """A value that is forgotten would show in the built-in words only, and only in the log."""
    found = [wrong(key, names) for key, names in sayings(path.read_text(encoding="utf-8"))]

    assert [fault for fault in found if fault] == []


def test_every_message_is_said_somewhere():
    """No words are kept for nobody."""
    said = {key for path in JOURNEY.rglob("*.py") for key, _ in sayings(path.read_text("utf-8"))}

    assert said == set(templates.KEYS)


@pytest.mark.parametrize(
    "text",
    [
        'def f(d):\n    d.say("agent/newer", {"reference": 1})',
        'def f(d):\n    d.say("requester/closed", {"reference": 1})',
    ],
)
def test_a_slip_is_found(text):
    """The twin: an unknown message, and a forgotten value."""
    assert [wrong(key, names) for key, names in sayings(text)] != [""]
