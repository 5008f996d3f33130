"""Patterns and globs on RE2: linear time whatever an admin writes and whatever comes in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol, cast

import re2  # type: ignore[import-untyped]  # google-re2 ships no types

from rules.problems import Mark, Problems

_LOOK_AROUND = re.compile(r"\(\?<?[=!]|\\[1-9]|\(\?P=")


class Match(Protocol):
    """What a pattern found."""

    def groupdict(self) -> Mapping[str, bytes | None]:
        """Return the named groups."""
        ...


class Pattern(Protocol):
    """A compiled RE2 pattern over UTF-8."""

    def search(self, text: bytes) -> Match | None:
        """Return the first match anywhere."""
        ...

    def fullmatch(self, text: bytes) -> Match | None:
        """Return a match of the whole text."""
        ...


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    return options


def compile_pattern(source: str, mark: Mark, problems: Problems) -> Pattern | None:
    """Return the compiled pattern; notes a problem and returns None when RE2 refuses it."""
    try:
        return cast("Pattern", re2.compile(source, _options()))
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0] if error.args else error
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        hint = None
        if _LOOK_AROUND.search(source):
            hint = (
                "RE2 knows no look-around and no back-references; use none: for what must be absent"
            )
        problems.error(mark, f"pattern: {text}", hint)
        return None


class Globs:
    """Texts with ``*`` (anything) and ``?`` (one character), compared without case."""

    def __init__(self, sources: tuple[str, ...]) -> None:
        lowered = tuple(source.lower() for source in sources)
        self.exact = frozenset(glob for glob in lowered if not _is_glob(glob))
        self.has_wildcards = len(self.exact) < len(set(lowered))
        wild = "|".join(_translate(glob) for glob in lowered if _is_glob(glob))
        self._pattern = re2.compile(f"(?s:{wild})", _options()) if wild else None

    def matches(self, value: str) -> bool:
        """Return whether a lower-case value fits any of the globs."""
        if value in self.exact:
            return True
        if self._pattern is None:
            return False
        return self._pattern.fullmatch(value.encode("utf-8", "replace")) is not None


def _is_glob(text: str) -> bool:
    return "*" in text or "?" in text


def _translate(glob: str) -> str:
    parts = re.split(r"([*?])", glob)
    special = {"*": ".*", "?": "."}
    return "".join(special.get(part) or str(re2.escape(part)) for part in parts)
