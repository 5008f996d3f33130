"""Patterns and globs on RE2: linear time whatever an admin writes and whatever comes in.

They pickle as their sources and are compiled when first needed, which most of a large book never
are; RE2 itself is imported for the first of them, because it takes 3 MiB.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, cast

from rules.folding import MAX_TEXT
from rules.problems import Mark, Problems

if TYPE_CHECKING:
    import re2  # type: ignore[import-untyped]  # google-re2 ships no types

_MAX_FILTERED = 500
"""A longer pattern passes the sieve unseen: long fixed parts that overlap themselves are slow."""

_SURELY_QUICK = 250
"""So many instructions are through the longest text in `MOST_SECONDS`, however they are taken."""

MOST_SECONDS = 0.1
"""A pattern may keep a processor busy for so long with the longest text."""

_REFUSED_FROM = MOST_SECONDS / 2
"""Our texts are not the worst there are."""

_USUAL = ("a", "0", "é")
_WORDS = ((1, " "), (25, "!"))
_MOST_LETTERS = 16
"""Texts of one letter are tried for so many: those of the pattern, and usual ones."""

_LOOK_AROUND = re.compile(r"\(\?<?[=!]|\\[1-9]|\(\?P=")


class Match(Protocol):
    """What a pattern found."""

    def groupdict(self) -> Mapping[str, bytes | None]:
        """Return the named groups."""
        ...


class _Compiled(Protocol):
    """What RE2 makes of a source; ``programsize`` is its number of instructions."""

    programsize: int

    def search(self, text: bytes) -> Match | None: ...

    def fullmatch(self, text: bytes) -> Match | None: ...


class Pattern:
    """An RE2 pattern over UTF-8."""

    def __init__(self, source: str) -> None:
        self.source = source

    def __reduce__(self) -> tuple[type[Pattern], tuple[str]]:
        """Pickle the source: compiling it again is cheaper than carrying options around."""
        return Pattern, (self.source,)

    @cached_property
    def compiled(self) -> _Compiled:
        """Return what RE2 makes of it.

        Raises:
            re2.error: RE2 refuses it.
        """
        return cast("_Compiled", _re2().compile(self.source, _options(self.source)))

    def search(self, text: bytes) -> Match | None:
        """Return the first match anywhere."""
        return self.compiled.search(text)

    def fullmatch(self, text: bytes) -> Match | None:
        """Return a match of the whole text."""
        return self.compiled.fullmatch(text)


class Sieve:
    """Which of many patterns may be found in a text, asked once however many there are.

    It looks for the fixed parts of all patterns together. (One automaton of whole patterns can
    take seconds for a single text: a few ``.*`` in each multiply its states.)
    """

    def __init__(self, sources: Iterable[str]) -> None:
        self._sources = tuple(dict.fromkeys(sources))

    def __reduce__(self) -> tuple[type[Sieve], tuple[tuple[str, ...]]]:
        """Pickle the sources."""
        return Sieve, (self._sources,)

    @cached_property
    def _filters(self) -> list[tuple[re2.Filter | None, tuple[str, ...]]]:
        usual = tuple(source for source in self._sources if len(source) <= _MAX_FILTERED)
        long = tuple(source for source in self._sources if len(source) > _MAX_FILTERED)
        return [*_filters(usual), *((None, (source,)) for source in long)]

    def passed(self, text: bytes) -> list[str]:
        """Return the sources of the patterns that may be found; the others are not there."""
        return [
            batch[number]
            for found, batch in self._filters
            for number in (found.Match(text, potential=True) or () if found else (0,))
        ]


def _filters(sources: tuple[str, ...]) -> Iterator[tuple[re2.Filter | None, tuple[str, ...]]]:
    """Yield filters of a bounded size with their patterns; None for one too large for any."""
    if not sources:
        return
    together = _re2().Filter()
    for source in sources:
        together.Add(source, _options(source))
    try:
        together.Compile()
        yield together, sources
    except _re2().error:
        half = len(sources) // 2
        if not half:
            yield None, sources
            return
        yield from _filters(sources[:half])
        yield from _filters(sources[half:])


def _re2() -> ModuleType:
    import re2  # noqa: PLC0415 - see above

    return cast("ModuleType", re2)


def _options(source: str) -> re2.Options:
    options = _re2().Options()
    options.log_errors = False
    # Finding out what each group matched takes RE2's slow way through the whole of what matched.
    options.never_capture = "(?P<" not in source and "(?<" not in source
    return options


def compile_pattern(source: str, mark: Mark, problems: Problems) -> Pattern | None:
    """Return the compiled pattern; notes a problem and returns None when RE2 refuses it."""
    try:
        pattern = Pattern(source)
        _ = pattern.compiled
    except (_re2().error, UnicodeEncodeError) as error:
        reason = error.args[0] if error.args else error
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        hint = None
        if _LOOK_AROUND.search(source):
            hint = (
                "RE2 knows no look-around and no back-references; use none: for what must be absent"
            )
        problems.error(mark, f"pattern: {text}", hint)
        return None
    if _is_slow(pattern):
        hint = "repeat less: what costs is a large {number}, or one repetition within another"
        problems.error(mark, "pattern: a long text would keep it busy for too long", hint)
        return None
    return pattern


def _is_slow(pattern: Pattern) -> bool:
    """Try a large pattern on texts that it nearly finds something in: short ones first.

    RE2 is linear in the text, but where its automaton needs too much room each letter costs as
    much as the pattern is long.
    """
    if pattern.compiled.programsize <= _SURELY_QUICK:
        return False
    own = re.findall(r"\w", pattern.source)
    alone = [*dict.fromkeys(own), *_USUAL][:_MOST_LETTERS]
    words = (letter * length + end for letter in alone for length, end in _WORDS)
    units = [unit.encode() for unit in ("".join(own) or "x", *alone, *words, "Ab1 ", "a b-")]
    for share in (16, 1):
        most = _REFUSED_FROM / share
        texts = (unit * (MAX_TEXT // share // len(unit)) + b"!" for unit in units)
        if any(_seconds(pattern, text, most) > most for text in texts):
            return True
    return False


def _seconds(pattern: Pattern, text: bytes, most: float) -> float:
    """Return how long a search takes; what seems to be too long is tried three times."""
    taken = most
    for _ in range(3):
        before = time.thread_time()
        pattern.search(text)
        taken = time.thread_time() - before
        if taken <= most:
            break
    return taken


class Globs:
    """Texts with ``*`` (anything) and ``?`` (one character), compared without case."""

    def __init__(self, sources: tuple[str, ...]) -> None:
        lowered = tuple(source.lower() for source in sources)
        self.exact = frozenset(glob for glob in lowered if not _is_glob(glob))
        self.has_wildcards = len(self.exact) < len(set(lowered))
        self.domains = _domains(lowered)
        """What stands behind ``*@`` where all globs with wildcards are whole domains; else None."""
        wild = "|".join(_translate(glob) for glob in lowered if _is_glob(glob))
        self._pattern = Pattern(f"(?s:{wild})") if wild else None

    def matches(self, value: str) -> bool:
        """Return whether a lower-case value fits any of the globs."""
        if value in self.exact:
            return True
        if self._pattern is None:
            return False
        return self._pattern.fullmatch(value.encode("utf-8", "replace")) is not None


def _domains(globs: Iterable[str]) -> frozenset[str] | None:
    wild = [glob for glob in globs if _is_glob(glob)]
    domains = frozenset(glob.removeprefix("*@") for glob in wild)
    whole = all(glob.startswith("*@") for glob in wild)
    return domains if whole and not any(_is_glob(name) or "@" in name for name in domains) else None


def _is_glob(text: str) -> bool:
    return "*" in text or "?" in text


def _translate(glob: str) -> str:
    parts = re.split(r"([*?])", glob)
    special = {"*": ".*", "?": "."}
    return "".join(special.get(part) or str(_re2().escape(part)) for part in parts)
