"""How much of a text its writer wrote: what a program or a company puts below is left out.

A forwarded mail below a question, a disclaimer, and the line of a phone or a virus scanner say
nothing about the question. Folded text in, pure, and linear.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_FORWARDED = re.compile(
    r"^(?:-{2,} ?(?:$|(?:begin )?"
    r"(?:forwarded message|original message|mensagem (?:re)?encaminhada|mensagem original|"
    r"mensaje reenviado|mensaje original|messaggio inoltrato|messaggio originale|"
    r"(?:przekazana|oryginalna) wiadomosc|wiadomosc (?:przekazana|oryginalna)))"
    r"|begin forwarded message:|inicio del mensaje reenviado:|inicio da mensagem reencaminhada:"
    r"|inizio messaggio inoltrato:|poczatek przekazywanej wiadomosci:"
    r"|(?:from|de|da|od): [^\n]+\n"
    r"(?:sent|date|enviado|enviada|fecha|data|inviato|wyslano|wyslane): )",
    re.MULTILINE,
)
_FORWARDED_HINTS = (
    "--",
    "from:",
    "de:",
    "da:",
    "od:",
    "message:",
    "mensaje",
    "mensagem",
    "messaggio",
)

_SECRET = re.compile(r"confiden[ct]i|confidenzial|privileged|riservat|poufn")
_SECRET_HINTS = ("confiden", "privileged", "riservat", "poufn")
_RECIPIENT = re.compile(r"recipient|addressee|addressed|destinatari|adresat|dirigid[ao] ")
_BEFORE, _BEHIND = 200, 600
"""So many characters around such a word are looked at for whom a disclaimer is meant for."""

_WORDS = 5
_FOOTERS = (
    *("please consider the environment", "consider the environment", "think before you print"),
    *("sent from my ", "get outlook for ", "virus free", "this e mail was scanned"),
    *("antes de imprimir", "pense no ambiente", "enviado do meu ", "sem virus", "livre de virus"),
    *("enviado desde mi ", "obtener outlook para ", "libre de virus", "piense en el medio"),
    *("prima di stampare", "inviato da iphone", "inviato dal mio ", "privo di virus"),
    *("zanim wydrukujesz", "wyslane z ", "wyslano z ", "wolny od wirusow", "wolne od wirusow"),
    *("administratorem danych osobowych", "informativa privacy", "ai sensi del regolamento ue"),
)
FOOTERS_FIRST = frozenset(footer.split()[0] for footer in _FOOTERS)
"""The first words of what `is_footer` looks at."""


def end_of(text: str) -> int:
    """Return where in a folded text a forwarded mail or a disclaimer begins; its length without.

    What stands before it may be nothing at all.
    """
    end = len(text)
    if any(hint in text for hint in _FORWARDED_HINTS) and (found := _FORWARDED.search(text)):
        end = found.start()
    if any(hint in text for hint in _SECRET_HINTS):
        for found in _SECRET.finditer(text, 0, end):
            first, last = max(0, found.start() - _BEFORE), found.end() + _BEHIND
            if _RECIPIENT.search(text, first, last):
                return found.start()
    return end


def is_footer(tokens: Sequence[str]) -> bool:
    """Return whether a sentence of these words begins what a phone or a scanner wrote."""
    return " ".join(tokens[:_WORDS]).startswith(_FOOTERS)
