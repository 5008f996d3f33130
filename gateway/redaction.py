"""What may stand in a log line: no address in full, no token, no secret, no message text.

Used by `gateway.logs` on every value of every line, tracebacks too. Never raises; linear in the
length of the text, of which only the beginning and the end are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

GONE = "***"
_LONGEST = 4_096
_HALF = _LONGEST // 2
_SHORTEST_SECRET = 4
_DEEPEST = 4

# What people wrote, and what opens doors, is never logged whatever it looks like.
_PRIVATE_KEYS = frozenset(
    {"subject", "text", "body", "literal", "quoted", "closing", "raw", "content", "answer"}
    | {"password", "secret", "token", "authorization", "cookie", "credentials"}
)
_PRIVATE_ENDINGS = ("_password", "_secret", "_token")

# Possessive, and only at the beginning of a run: a long run without an @ is looked at once.
_ADDRESS = re.compile(
    r"(?<![\w.!#$%&'*+/=?^`{|}~-])(?!//\*\*\*@)([\w.!#$%&'*+/=?^`{|}~-]++)@([\w.-]+)"
)
_CREDENTIALS = re.compile(r"(?<=://)[^\s/@]++(?=@)")
_BEARER = re.compile(r"(?i)\b(bearer|basic|xoauth2|auth plain|auth login)\s+[\w+/=.~-]{6,}")
# Telegram: <bot id>:<35 characters>; Slack: xoxb-…, xapp-…
_BOT_TOKEN = re.compile(r"[0-9]{5,15}:[A-Za-z0-9_-]{20,}+|\bx(?:ox[a-z]|app)-[A-Za-z0-9-]{6,}+")
# Most values: nothing below could find anything in them.
_PLAIN = re.compile(r"[A-Za-z0-9_.-]{0,64}")
# Whatever moves a terminal's cursor, or turns the direction of what follows.
_CONTROL = re.compile("[\0-\b\v-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_MULTI_LINE = frozenset({"exception", "stack"})
_NAMED = re.compile(r"(?i)\b(password|passwd|secret|token|api_?key)(\s*[=:]\s*)[^\s,;&'\"]+")


class Redactor:
    """Makes values fit for a log. ``secrets`` are known ones, taken out wherever they stand."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {secret for secret in secrets if len(secret) >= _SHORTEST_SECRET}
        # The longest first: one secret may hold another.
        pattern = "|".join(re.escape(each) for each in sorted(known, key=len, reverse=True))
        self._known = re.compile(pattern) if known else None

    def line(self, fields: Mapping[str, object]) -> dict[str, object]:
        """Return the fields of a log line as they may be written."""
        return {key: self._field(key, value, 0) for key, value in fields.items()}

    def text(self, text: str) -> str:
        """Return a text without addresses, tokens, secrets and control characters.

        Of more than 4,096 characters the middle is left out.
        """
        if self._known:
            text = self._known.sub(GONE, text)
        if _PLAIN.fullmatch(text) and "xox" not in text and "xapp" not in text:
            return text
        if len(text) > _LONGEST:
            text = _cut(text)
        if not text.isprintable():
            text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
        if "@" in text:
            text = _ADDRESS.sub(_masked, _CREDENTIALS.sub(GONE, text))
        return _NAMED.sub(rf"\1\2{GONE}", _BEARER.sub(rf"\1 {GONE}", _BOT_TOKEN.sub(GONE, text)))

    def _field(self, key: str, value: object, depth: int) -> object:
        if _is_private(key):
            return GONE
        if isinstance(value, str) and "\n" in value and key not in _MULTI_LINE:
            value = value.replace("\n", "\\n")
        return self._value(value, depth)

    def _value(self, value: object, depth: int) -> object:
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if depth < _DEEPEST and isinstance(value, Mapping):
            return {str(k): self._field(str(k), v, depth + 1) for k, v in value.items()}
        if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
            return [self._value(each, depth + 1) for each in value]
        return self.text(str(value))


@lru_cache(maxsize=1_000)
def _is_private(key: str) -> bool:
    name = key.lower()
    return name in _PRIVATE_KEYS or name.endswith(_PRIVATE_ENDINGS)


def _cut(text: str) -> str:
    # Not within a word: half an address does not look like one.
    head, tail = text[:_HALF].rpartition(" ")[0], text[-_HALF:].partition(" ")[2]
    return f"{head} … ({len(text) - len(head) - len(tail)} left out) … {tail}"


def _masked(found: re.Match[str]) -> str:
    return f"{found[1][0]}{GONE}@{found[2]}"
