"""Reads what somebody answered to the question of a form: a value, or that it is none.

Called by `rules.book` for the journey. Pure; never raises; nothing is guessed: what could be two
things is neither.
"""

from __future__ import annotations

import datetime as dt
import re

from gateway.model.form import FormField
from rules.folding import fold
from rules.patterns import Pattern

MOST_CHARACTERS = 2000

_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,9})?")
_THOUSANDS = re.compile(r"(?<=\d)[ \u00a0\u202f'](?=\d{3}(?:\D|$))")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_LIST_NUMBER = re.compile(r"(\d{1,2})[.)]?")


def read_answer(field: FormField, text: str) -> str | None:
    """Return the value that an answer gives a field, None when it is none of its type.

    Dates come back as ``YYYY-MM-DD``, numbers with a point, choices as the rule file writes them.
    """
    said = text.strip()
    if not said or len(said) > MOST_CHARACTERS:
        return None
    match field.type:
        case "number":
            return _number(said)
        case "date":
            return _date(said)
        case "choice":
            return _choice(field.choices, said)
        case "pattern":
            pattern = Pattern(field.pattern or "")
            return said if pattern.compiled.fullmatch(said.encode()) else None
    return said


def _number(said: str) -> str | None:
    plain = _THOUSANDS.sub("", said)
    return plain.replace(",", ".").lstrip("+") if _NUMBER.fullmatch(plain) else None


def _date(said: str) -> str | None:
    """Return a date; where day and month could be meant either way, the day comes first."""
    if found := _ISO.fullmatch(said):
        year, month, day = found.groups()
    elif found := _DAY_FIRST.fullmatch(said):
        day, month, year = found.groups()
    else:
        return None
    try:
        return dt.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def _choice(choices: tuple[str, ...], said: str) -> str | None:
    """Return the choice that an answer names: whole, by its number, or by a beginning of one."""
    folded = {fold(choice): choice for choice in choices}
    wanted = fold(said.rstrip(".!"))
    if wanted in folded:
        return folded[wanted]
    if (found := _LIST_NUMBER.fullmatch(said)) and 0 < int(found[1]) <= len(choices):
        return choices[int(found[1]) - 1]
    begin = [choice for name, choice in folded.items() if name.startswith(wanted)]
    return begin[0] if len(begin) == 1 and wanted else None
