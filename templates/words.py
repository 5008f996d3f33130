"""Render messages by key and language: the `Words` that the journey is handed.

`load` is called at start and at every reload; it reads an admin's folder whole, and of the shipped
sources only the phrases: a message is compiled when it is first wanted, then kept. `render` never
raises: where an override fails the shipped source stands in, where that fails the built-in words.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from gateway.contracts.words import Meaning, Text, Value
from gateway.errors import Problem
from templates import meanings, plain, remarks
from templates.catalogue import CATALOGUE, RECEIPT
from templates.engine import Compiled, admit
from templates.meanings import Table
from templates.overrides import SUFFIX, WORDS_FILE, Overrides, read_overrides, shipped_tables
from templates.polite import NOTHING
from templates.remarks import Remarks
from templates.source import Source, split

_SHIPPED = Path(__file__).parent
_LAST_RESORT = "en"
_REMARKS = frozenset({"reason", "doubt", "flags"})
_ALERT = "agent/alert"
_logger = logging.getLogger(__name__)


def load(
    languages: tuple[str, ...], overrides: Path | None
) -> tuple[TemplateWords, tuple[Problem, ...]]:
    """Return the words of a desk, and what is wrong with its own templates.

    ``languages`` are the desk's, the default first; one that is not shipped is served by the
    folder of that name in ``overrides``, else by its region's language (``pt-br`` by ``pt``), the
    default language, or English. ``overrides`` may be absent.
    """
    own = read_overrides(overrides, languages)
    unworded = _unworded(languages, own, overrides) if overrides else ()
    return TemplateWords(languages, own), (*own.problems, *unworded)


def _unworded(languages: Sequence[str], own: Overrides, folder: Path) -> Iterator[Problem]:
    """Yield a warning for each language that others have to stand in for altogether."""
    mine = {language for language, _ in own.sources} | own.tables.keys()

    def has_words(language: str) -> bool:
        base = language.partition("-")[0]
        return bool({language, base} & mine) or (_SHIPPED / base / WORDS_FILE).is_file()

    for language in languages:
        if not has_words(language):
            default = languages[0] if has_words(languages[0]) else _LAST_RESORT
            yield Problem(
                file=str(folder / language),
                severity="warning",
                message=f"there are no words in {language!r}: requesters read them in {default}",
                suggestion="put them here, each in a file as those that are shipped",
            )


class TemplateWords:
    """See `gateway.contracts.words.Words`."""

    def __init__(self, languages: Sequence[str], overrides: Overrides) -> None:
        self._languages = tuple(languages) or (_LAST_RESORT,)
        self._own = overrides.sources
        wanted = dict.fromkeys(step for name in self._languages for step in self._chain(name))
        self._tables = {**shipped_tables(_SHIPPED, list(wanted)), **overrides.tables}
        # What can be shown can be said: not the words of languages that only might stand in.
        self._phrases: dict[str, Meaning] = {}
        self._polite = NOTHING
        for language in self._languages:
            self._polite |= self._table(language).polite
            for phrase, meaning in self._table(language).phrases.items():
                self._phrases.setdefault(phrase, meaning)
        self._compiled: dict[tuple[str, str], tuple[Compiled, ...]] = {}
        self._remarks: dict[str, Remarks | None] = {}

    def render(self, key: str, language: str, values: Mapping[str, Value]) -> Text:
        """See `Words.render`. An unknown ``requester/<name>`` is the usual receipt."""
        key = key if self.knows(key) else RECEIPT
        try:
            messages = self._messages(key, language)
            plain_values = admit(key, self._remarked(key, language, values))
        except Exception:
            _logger.exception("template not usable", extra={"key": key, "language": language})
            return plain.words(key, values)
        for message in messages:
            try:
                return message.render(plain_values)
            except Exception:
                _logger.exception("template failed", extra={"key": key, "language": language})
        return plain.words(key, values)

    def _remarked(
        self, key: str, language: str, values: Mapping[str, Value]
    ) -> Mapping[str, Value]:
        """Return the values of a message to agents with the desk's remarks in their language."""
        if not key.startswith("agent/") or (there := self._remarks_in(language)) is None:
            return values
        said: dict[str, Value] = {}
        if key == _ALERT:
            what, details = str(values["what"]), str(values["details"])
            lines = map(there.said, details.split("\n"))
            return {**values, "what": there.said(what), "details": "\n".join(lines)}
        for name in _REMARKS & values.keys():
            value = values[name]
            if isinstance(value, str):
                said[name] = there.said(value)
            elif isinstance(value, tuple):
                said[name] = tuple(map(there.said, value))
        return {**values, **said}

    def _remarks_in(self, language: str) -> Remarks | None:
        if language not in self._remarks:
            step = next(s for s in self._chain(language) if (_SHIPPED / s / WORDS_FILE).is_file())
            self._remarks[language] = remarks.load(_SHIPPED / step)
        return self._remarks[language]

    def knows(self, key: str) -> bool:
        """Return whether there is a message of this key, shipped or an admin's own."""
        return key in CATALOGUE or any(key == own for _, own in self._own)

    def label(self, meaning: Meaning, language: str) -> str:
        """See `Words.label`."""
        return self._table(language).labels[meaning]

    def meaning_of(self, text: str) -> Meaning | None:
        """See `Words.meaning_of`."""
        return meanings.meaning_of(text, self._phrases, self._polite)

    def _chain(self, language: str) -> Sequence[str]:
        """Return the languages to look in; one that is not the desk's is as the default."""
        default = self._languages[0]
        first = language if language in self._languages else default
        return tuple(dict.fromkeys((first, first.partition("-")[0], default, _LAST_RESORT)))

    def _table(self, language: str) -> Table:
        tables = (self._tables.get(step) for step in self._chain(language))
        return next(table for table in tables if table is not None)

    def _messages(self, key: str, language: str) -> tuple[Compiled, ...]:
        """Return what to try, in order: an override first, a shipped source last."""
        if (key, language) not in self._compiled:
            sources = self._sources(key, language)
            self._compiled[key, language] = tuple(Compiled(source) for source in sources)
        return self._compiled[key, language]

    def _sources(self, key: str, language: str) -> Sequence[Source]:
        chain = self._chain(language)
        if key not in CATALOGUE:
            # A rule asked for these very words: rather in another language than not at all.
            own = [self._own[step, key] for step in chain if (step, key) in self._own]
            return [*own, *self._sources(RECEIPT, language)]
        found: list[Source] = []
        for step in chain:
            if source := self._own.get((step, key)):
                found.append(source)
            path = _SHIPPED / step / f"{key}{SUFFIX}"
            if path.is_file():
                return [*found, split(path.read_text(encoding="utf-8"))]
        raise LookupError(f"no template for {key} in {language}")
