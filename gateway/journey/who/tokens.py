"""Reply tokens and stamps: strings that only we can make, bound to what they are for.

A token stands in a reply address or an envelope sender. It holds a role, the id of the key that
made it, what it is bound to, and an 80-bit MAC (keyed BLAKE2b) over all of that, written in
lower-case base32: letters and digits survive every mail system, in any case. A stamp is the same
for ids. Knowing one proves that we gave it to somebody; what that permits is decided in `identify`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from gateway.contracts.store import Secret

MAC_BYTES = 10
OWN_ID = re.compile(r"<?v\.(?P<outbox>[a-z2-7]{16})\.(?P<stamp>[a-z2-7]{16})@")


class Role(IntEnum):
    """Whom a token was given to."""

    REQUESTER = 1
    TEAM = 2
    VENDOR = 3
    DELIVERY = 4
    BUTTON = 5


class ButtonWord(IntEnum):
    """What a button means that we showed on chat."""

    HELPED = 1
    PERSON = 2
    CHOICE = 3
    NEW = 4
    FORM = 5
    REPLY = 6
    TAKE = 7
    CLOSE = 8
    ESCALATE = 9


@dataclass(frozen=True, slots=True)
class TicketToken:
    """A right one, bound to a ticket and a party (for teams 0)."""

    role: Role
    ticket: int
    party: int


@dataclass(frozen=True, slots=True)
class DeliveryToken:
    """A right one, bound to an outbox row."""

    outbox_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonToken:
    """A right one, bound to a ticket, a party of it, and the outbox row that showed the button.

    ``choice`` counts from 1 where the word is a choice.
    """

    ticket: int
    party: int
    word: ButtonWord
    choice: int
    outbox_id: str


Token = TicketToken | DeliveryToken | ButtonToken


class Keyring:
    """The desk's keys: the newest makes, every one checks."""

    def __init__(self, secrets: Sequence[Secret]) -> None:
        self._newest = secrets[0]
        self._by_id = {secret.id % 256: secret for secret in secrets}

    def for_ticket(self, role: Role, ticket: int, party: int) -> str:
        """Return the token of a party of a ticket: 32 characters."""
        return self._seal(role, ticket.to_bytes(6, "big") + party.to_bytes(2, "big"))

    def for_delivery(self, outbox_id: str) -> str:
        """Return the token of an outbox row: 36 characters."""
        return self._seal(Role.DELIVERY, _unbase32(outbox_id[:16]))

    def for_button(self, bound: ButtonToken) -> str:
        """Return the opaque id of a button: 52 characters."""
        numbers = bound.ticket.to_bytes(6, "big") + bound.party.to_bytes(2, "big")
        what = bytes((bound.word, bound.choice))
        return self._seal(Role.BUTTON, numbers + what + _unbase32(bound.outbox_id[:16]))

    def read(self, token: str) -> Token | None:
        """Return what a token is bound to, None when we did not make it. In constant time."""
        try:
            raw = _unbase32(token)
        except (binascii.Error, ValueError):
            return None
        secret = self._by_id.get(raw[1]) if len(raw) > MAC_BYTES + 2 else None
        if secret is None or not hmac.compare_digest(
            _mac(secret, raw[:-MAC_BYTES]), raw[-MAC_BYTES:]
        ):
            return None
        return _bound(raw[0], raw[2:-MAC_BYTES])

    def stamp(self, outbox_id: str) -> str:
        """Return the keyed digest that makes an id recognisable as ours: 16 characters."""
        return _base32(_mac(self._newest, b"stamp:" + outbox_id.encode()))

    def outbox_id_of(self, external_id: str) -> str | None:
        """Return the outbox id in a Message-ID that we made, None for anybody else's."""
        found = OWN_ID.match(external_id.lower())
        if found is None:
            return None
        stamped = b"stamp:" + found["outbox"].encode()
        right = (_base32(_mac(secret, stamped)) for secret in self._by_id.values())
        return (
            found["outbox"] if any(hmac.compare_digest(found["stamp"], s) for s in right) else None
        )

    def digest_of(self, what: str) -> str:
        """Return the keyed digest of a secret, to be kept in its place: 32 characters."""
        return _digest(self._newest, what)

    def is_digest(self, digest: str, what: str) -> bool:
        """Return whether a digest that we made is that of a secret. In constant time."""
        made = (_digest(secret, what) for secret in self._by_id.values())
        return any(hmac.compare_digest(digest, one) for one in made)

    def _seal(self, role: Role, bound: bytes) -> str:
        payload = bytes((role, self._newest.id % 256)) + bound
        return _base32(payload + _mac(self._newest, payload))


def _bound(role: int, bound: bytes) -> Token | None:
    if role == Role.DELIVERY:
        return DeliveryToken(_base32(bound))
    number, party = int.from_bytes(bound[:6], "big"), int.from_bytes(bound[6:8], "big")
    if role in (Role.REQUESTER, Role.TEAM, Role.VENDOR):
        return TicketToken(Role(role), number, party)
    if role == Role.BUTTON and bound[8] in set(ButtonWord):
        return ButtonToken(
            ticket=number,
            party=party,
            word=ButtonWord(bound[8]),
            choice=bound[9],
            outbox_id=_base32(bound[10:]),
        )
    return None


def _mac(secret: Secret, payload: bytes) -> bytes:
    # Keyed BLAKE2b is a MAC by itself (RFC 7693 section 2.9), and unlike hmac.digest it does not
    # let go of the interpreter's lock for so few bytes: that would cost a thread switch each time.
    return hashlib.blake2b(payload, key=secret.value, digest_size=MAC_BYTES).digest()


def _digest(secret: Secret, what: str) -> str:
    return hashlib.blake2b(what.encode(), key=secret.value, digest_size=16).hexdigest()


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()


def _unbase32(text: str) -> bytes:
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))
