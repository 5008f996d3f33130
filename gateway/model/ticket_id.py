"""References that people can read out on the phone: ``VT-1042-F``.

Prefix, number, check character. The character is the number modulo 23 in the table of the Spanish
DNI: 23 is prime and 10 generates its residues, so that one wrong digit, or two swapped ones up to
22 places apart, always change it.
"""

from __future__ import annotations

import re

CHECK_CHARACTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def check_character(number: int) -> str:
    """Return the check character of a ticket number."""
    return CHECK_CHARACTERS[number % len(CHECK_CHARACTERS)]


def format_reference(prefix: str, number: int) -> str:
    """Return the reference of ticket ``number``, such as ``VT-1042-F``."""
    return f"{prefix}-{number}-{check_character(number)}"


def no_ticket(reference: str) -> str:
    """Return what to say of a right reference that no ticket has."""
    return f"there is no ticket {reference}: it never was, or was emptied since"


def no_reference(prefix: str, text: str) -> str:
    """Return why a text is no right reference, "" where it is one."""
    found = _pattern(prefix).fullmatch(text.strip())
    if found is None:
        example = format_reference(prefix, 1042)
        return f"{text!r} is no reference of this desk: expected one like {example}"
    is_right = _checked(found) is not None
    return "" if is_right else f"{text} was mistyped: its last letter does not fit its number"


def parse_reference(prefix: str, text: str) -> int | None:
    """Return the number of one reference, or None when it is not a right one.

    Case and white space around it do not matter; a wrong check character does.
    """
    found = _pattern(prefix).fullmatch(text.strip())
    return _checked(found) if found else None


def find_references(prefix: str, text: str) -> tuple[int, ...]:
    """Return the numbers of all right references in a text, first one first, each once."""
    numbers = (_checked(found) for found in _pattern(prefix).finditer(text))
    return tuple(dict.fromkeys(number for number in numbers if number is not None))


def _checked(found: re.Match[str]) -> int | None:
    number = int(found["number"])
    return number if check_character(number) == found["check"].upper() else None


_patterns: dict[str, re.Pattern[str]] = {}


def _pattern(prefix: str) -> re.Pattern[str]:
    if prefix not in _patterns:
        _patterns[prefix] = re.compile(
            rf"(?<![\w-]){re.escape(prefix)}-(?P<number>[0-9]{{1,15}})-(?P<check>[A-Za-z])(?![\w-])",
            re.IGNORECASE | re.ASCII,
        )
    return _patterns[prefix]
