"""The page about pitfalls names tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "pitfalls.md"
NAMED = re.compile(r"(?P<file>tests/[\w/]+\.py)::(?P<test>test_\w+)")


def missing(text: str) -> list[str]:
    """Return the tests that a text names and nobody wrote."""
    found = []
    for named in NAMED.finditer(text):
        file = ROOT / named["file"]
        source = file.read_text(encoding="utf-8") if file.is_file() else ""
        if not re.search(rf"^(?:async )?def {named['test']}\(", source, re.MULTILINE):
            found.append(named[0])
    return found


def test_every_pitfall_has_a_test():
    """Each line of its tables names one, and each of them exists."""
    page = PAGE.read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith("| ") and "| test |" not in line]

    assert missing(page) == []
    assert [line for line in lines if not NAMED.search(line)] == []
    assert len(lines) > 40


def test_a_test_that_nobody_wrote_is_found():
    """The twin: a made-up name does not pass."""
    assert missing("tests/layers/test_pitfalls.py::test_nothing") != []
    assert missing("tests/nowhere.py::test_nothing") != []
