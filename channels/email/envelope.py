"""Envelope addresses: which ones are safe to write, which ones are ours.

Used by settings, receive, send and markup. Strict on purpose: one plain ``local@domain``, nothing
that a mail server, a shell or a header could read as more than that. Never looks anything up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# RFC 5321 section 4.5.3.1: 64 octets before the @, 255 after it, 254 together (erratum 1690).
MAX_LOCAL, MAX_DOMAIN, MAX_ADDRESS = 64, 255, 254

# RFC 5321 dot-string, with the letters of RFC 6531; quoted local parts are left out on purpose.
# Said by what is not in it: a class that ends at U+10FFFF takes 20 ms to compile.
_ATOM = r'[^\x00- "(),.:;<>@\[\\\]\x7f-\xa0]+'
_LABEL = r"[^\x00-/:-@\[-`{-\xa0](?:[^\x00-,./:-@\[-`{-\xa0]*[^\x00-/:-@\[-`{-\xa0])?"
_STRICT = re.compile(
    rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?P<domain>{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]+\])"
)
TOKEN = "{token}"  # noqa: S105 - where a token stands, not one


def is_strict(address: str) -> bool:
    """Say whether this is exactly one plain address that may stand in an envelope.

    A local part that begins with ``-`` is refused: programs behind a mail server read it as an
    option.
    """
    found = _STRICT.fullmatch(address)
    return (
        found is not None
        and address[0] != "-"
        and address.isprintable()
        and len(found["local"].encode()) <= MAX_LOCAL
        and len(found["domain"].encode()) <= MAX_DOMAIN
        and len(address.encode()) <= MAX_ADDRESS
    )


def to_wire(address: str) -> str:
    """Return an address as a server without SMTPUTF8 takes it, where that is possible.

    A domain outside ASCII becomes its IDNA form; a local part outside ASCII stays what it is.
    """
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address


def default_reply_pattern(address: str) -> str:
    """Return the plus form of an address: ``support+{token}@acme.example``."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{TOKEN}@{domain}"


def with_token(pattern: str, token: str) -> str:
    """Return the reply address that carries a token."""
    return pattern.replace(TOKEN, token)


class OwnAddresses:
    """The addresses that a channel takes mail for: RCPT is answered by this.

    They are its addresses, the same with any plus part, and whatever fits the reply pattern. Case
    does not matter, nor in which alphabet a domain is written.
    """

    def __init__(self, addresses: Iterable[str], reply_pattern: str) -> None:
        self._whole = frozenset(address.lower() for address in addresses)
        head, _, tail = reply_pattern.lower().partition(TOKEN)
        self._head, self._tail = head, tail

    def __contains__(self, address: str) -> bool:
        """Say whether mail to this address is for us."""
        lower = to_wire(address.lower())
        local, at, domain = lower.rpartition("@")
        plain = f"{local.partition('+')[0]}{at}{domain}"
        return lower in self._whole or plain in self._whole or self._is_reply(lower)

    def _is_reply(self, lower: str) -> bool:
        between = lower[len(self._head) : len(lower) - len(self._tail)]
        return (
            lower.startswith(self._head)
            and lower.endswith(self._tail)
            and between.isascii()
            and between.isalnum()
        )
