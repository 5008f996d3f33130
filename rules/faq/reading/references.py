"""Numbers that only name a thing: orders, customers, phones; and addresses of mail and the web.

*Where is my order 4829137* asks what *where is my order* asks. A number that an entry knows, a
short one, and a year say something and stay. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rules.faq.reading.cues import listed
from rules.faq.reading.stems import is_function_word, stem

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|[^\s@<>()]+@[^\s@<>()]+")
_STAND_IN = "0000000"
"""What an address is read as: a number that nobody has."""

_SURELY = 5
_MAYBE = 4
_YEARS = range(1900, 2100)
_SPOKEN = 3
"""Numbers of so many digits or fewer beside another one belong to it: *600 123 123*."""

_LABELS = listed(
    """
    no nr num number id ref reference tracking code login
    numero referencia codigo n
    riferimento codice
    numer numeru numerem kod albumu
    is es e jest
    """
)
"""Words that announce a number and say nothing else."""

_NAMED = _LABELS | listed(
    """
    order customer client account contract ticket case invoice parcel mail email phone tel name
    pedido encomenda cliente contrato fatura telefone telemovel nome conta
    factura cuenta telefono nombre correo movil envio
    ordine contratto fattura cellulare pratica
    zamowienie zamowienia klient klienta umowa umowy telefon faktura
    """
)
"""What has a number."""


def without_addresses(folded: str) -> str:
    """Return a folded text with addresses of mail and the web read as numbers."""
    if "@" in folded or "://" in folded or "www." in folded:
        return _ADDRESS.sub(_STAND_IN, folded)
    return folded


def only_names(tokens: Sequence[str]) -> bool:
    """Return whether a sentence says nothing but which number something has."""
    return any(map(_is_long, tokens)) and all(
        token in _NAMED or is_function_word(token) or not token.isalpha() for token in tokens
    )


def without_references(tokens: Sequence[str], is_known: Callable[[str], bool]) -> Sequence[str]:
    """Return a question's words without the numbers in it that only name something.

    ``is_known`` says whether an entry knows a stem.
    """
    if all(map(str.isalpha, tokens)):
        return tokens
    kept: list[str] = []
    is_number = False
    for token in tokens:
        before = kept[-1] if kept else ""
        may_be = not token.isalpha() and (
            _is_long(token)
            or (is_number and token.isdigit() and len(token) <= _SPOKEN)
            or (_may_name(token) and before in _NAMED)
        )
        is_number = may_be and not is_known(stem(token))
        if not is_number:
            kept.append(token)
            continue
        while kept and kept[-1] in _LABELS:
            kept.pop()
    return tuple(kept)


def _is_long(token: str) -> bool:
    """Return whether a token is a number whatever stands before it."""
    return token.isdigit() and len(token) >= _SURELY


def _may_name(token: str) -> bool:
    """Return whether a token is the number of what stands before it."""
    if token.isdigit():
        return len(token) >= _MAYBE and int(token) not in _YEARS
    return len(token) >= _SURELY and sum(map(str.isdigit, token)) > 1
