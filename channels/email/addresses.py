"""Addresses out of header values, strictly: one right reading, or none.

Called by `parse` for whoever is to be known by an address, and by `bounces`. RFC 5322 addr-spec
with display name, comments and groups, read by one linear scanner without recursion. A value that
two readers could understand differently (``gus@corp.example <evil@x.example>``, CVE-2023-27043)
names nobody. Never raises.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from channels.email.cleaning import clean_line
from channels.email.words import decode_words

MAX_ADDRESSES = 200
_NAME_CHARACTERS = 200
# RFC 5321 section 4.5.3.1: 64 for the local part, 255 for the domain, 254 for both in a path.
_MAX_LOCAL = 64
_MAX_DOMAIN = 255
_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.+[\w!#$%&'*+/=?^`{|}~-]+)*\.?")
_QUOTED_LOCAL = re.compile(r'"[^"\\\x00-\x1f\x7f<>()@,;:\s]{1,62}"')
_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
_TOKEN = re.compile(
    r"\s++"
    r"|=\?[^?\s<>@]{1,60}+\?[bBqQ]\?[^?\s<>@,;\"()\\]*+\?="  # an encoded word is one word
    r"|\"(?P<quoted>(?:[^\"\\]|\\.)*+)\""
    r"|(?P<mark>[(),:;<>\\\"])"
    r"|[^\s(),:;<>\\\"]++",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A normalised address with the name shown beside it."""

    address: str
    name: str = ""


def normalise(text: str) -> str | None:
    """Return the one form of an address that is compared and stored; None if it is no address.

    Lower case, NFC, the domain in Unicode whether it came so or in its ASCII form (IDNA).
    """
    local, at, domain = text.strip().rpartition("@")
    if not at or len(local.encode("utf-8", "replace")) > _MAX_LOCAL or len(domain) > _MAX_DOMAIN:
        return None
    local = _lower(local)
    if "=?" in local or not (_LOCAL.fullmatch(local) or _QUOTED_LOCAL.fullmatch(local)):
        return None
    known = normal_domain(domain)
    return f"{local}@{known}" if known else None


def _lower(local: str) -> str:
    """Return a local part in lower case and NFC; no letter becomes another one's ASCII twin.

    The Kelvin sign's small form is ``k``: two mailboxes would have one name.
    """
    if local.isascii():
        return local.lower()
    letters = (c if c.lower().isascii() and not c.isascii() else c.lower() for c in local)
    return unicodedata.normalize("NFC", "".join(letters))


@lru_cache(maxsize=4096)
def normal_domain(text: str) -> str | None:
    """Return the one form of a domain, None if it is none: lower case, NFC, Unicode."""
    labels = text.lower().removesuffix(".").split(".")
    if len(text) > _MAX_DOMAIN or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    if text.isascii() and "xn--" not in text.lower():
        return ".".join(labels)
    unicode_labels = [_unicode_label(label) for label in labels]
    return ".".join(unicode_labels) if all(map(_LABEL.fullmatch, unicode_labels)) else None


def _unicode_label(label: str) -> str:
    if label.startswith("xn--"):
        return _decoded(label)
    return unicodedata.normalize("NFKC", label.lower())


def _decoded(label: str) -> str:
    """Return an ASCII label as what it stands for, unless another label stands for the same.

    A zone may hold ``xn--`` names that no registry gives out: one for a full-width ``a`` must not
    become somebody else's plain one (RFC 5891 section 5.4 refuses them too).
    """
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, OverflowError):
        return label
    return decoded if unicodedata.normalize("NFKC", decoded.lower()) == decoded else label


def find_mailboxes(value: str) -> tuple[list[Mailbox], bool]:
    """Return the mailboxes of an address list, and whether every one of them was clear.

    Unclear ones are left out. At most 200 are read.
    """
    found: list[Mailbox] = []
    clear = True
    for words, angles in _Scanner().scan(value):
        if len(found) >= MAX_ADDRESSES:
            return found, False
        mailbox = _mailbox(words, angles)
        if mailbox:
            found.append(mailbox)
        else:
            clear = clear and not words and angles is None
    return found, clear


def one_mailbox(values: list[str]) -> Mailbox | None:
    """Return the mailbox that header fields name, None unless it is exactly one, and clear."""
    if len(values) != 1:
        return None
    found, clear = find_mailboxes(values[0])
    return found[0] if clear and len(found) == 1 else None


Words = list[tuple[str, str]]
"""Words of one list entry, each with its kind: ``text``, ``quoted`` or ``bad``."""


class _Scanner:
    """Cuts a list into entries: the words outside angle brackets, and those inside, if any."""

    def __init__(self) -> None:
        self.entries: list[tuple[Words, Words | None]] = []
        self.outside: Words = []
        self.inside: Words | None = None
        self.in_angles = False
        self.comments = 0

    def scan(self, value: str) -> list[tuple[Words, Words | None]]:
        for token in _TOKEN.finditer(value):
            mark = token["mark"]
            if self.comments or mark == "(":
                self.comments += (mark == "(") - (mark == ")")
            elif mark:
                self._mark(mark)
            elif not token[0].isspace():
                self._word(token)
        if self.in_angles or self.comments:
            self.outside.append(("", "bad"))
        return [*self.entries, (self.outside, self.inside)]

    def _mark(self, mark: str) -> None:
        if mark == "<" and self.inside is None:
            self.inside, self.in_angles = [], True
        elif mark == ">" and self.in_angles:
            self.in_angles = False
        elif mark in ",;" and not self.in_angles:
            self.entries.append((self.outside, self.inside))
            self.outside, self.inside = [], None
        elif mark == ":" and self.inside is None:
            self.outside = [] if _is_group_name(self.outside) else [("", "bad")]
        else:
            self.outside.append((mark, "bad"))

    def _word(self, token: re.Match[str]) -> None:
        quoted = token["quoted"]
        is_plain = quoted is None
        word = (token[0], "text") if is_plain else (_ESCAPED.sub(r"\1", quoted), "quoted")
        if self.in_angles and self.inside is not None:
            self.inside.append(word)
        elif self.inside is None:
            self.outside.append(word)
        else:
            self.outside.append((token[0], "bad"))  # nothing may follow the angle brackets


def _is_group_name(words: Words) -> bool:
    """Tell whether the words before a colon can only be a group's name: no address, no sign."""
    return all(kind == "quoted" or (kind == "text" and "@" not in word) for word, kind in words)


def _mailbox(words: Words, angles: Words | None) -> Mailbox | None:
    if any(kind == "bad" for _, kind in words):
        return None
    if angles is None:
        address = normalise(_addr_spec(words))
        return Mailbox(address) if address else None
    address = normalise(_addr_spec(angles))
    if address is None or not _is_name(words, address):
        return None
    name = decode_words(" ".join(text for text, _ in words))
    return Mailbox(address, clean_line(name, _NAME_CHARACTERS))


def _addr_spec(words: Words) -> str:
    """Return the address that words are: one, or a quoted local part and the rest; else ""."""
    match words:
        case [(text, "text")]:
            return text
        case [(local, "quoted"), (rest, "text")] if rest.startswith("@"):
            return f'"{local}"{rest}'
        case _:
            return ""


def _is_name(words: Words, address: str) -> bool:
    """Tell whether the words before an address can only be a name.

    A bare word with an @ is another reader's address, unless it is the very same one.
    """
    bare = [text for text, kind in words if kind == "text" and "@" in text]
    return not bare or (len(words) == 1 and normalise(bare[0]) == address)
