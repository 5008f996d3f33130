"""How much of a text its writer wrote: what a program or a company puts below is left out.

A forwarded mail below a question, a disclaimer, and the line of a phone or a virus scanner say
nothing about the question. Folded text in, pure, and linear.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rules.faq.cues import listed

_FORWARDED = re.compile(
    r"-{2,} ?(?:begin )?"
    r"(?:forwarded message|original message|mensagem (?:re)?encaminhada|mensagem original|"
    r"mensaje reenviado|mensaje original|messaggio inoltrato|messaggio originale|"
    r"(?:przekazana|oryginalna) wiadomosc|wiadomosc (?:przekazana|oryginalna))"
    r"|begin forwarded message:|inicio del mensaje reenviado:|inicio da mensagem reencaminhada:"
    r"|inizio messaggio inoltrato:|poczatek przekazywanej wiadomosci:"
    r"|(?:from|de|da|od): [^\n]+\n"
    r"(?:sent|date|enviado|enviada|fecha|data|inviato|wyslano|wyslane): "
)
_FIRST_OF_FORWARDED = ("--", "begin f", "inicio d", "inizio m", "poczatek p", *(
    f"{word}: " for word in ("from", "de", "da", "od")
))  # fmt: skip

_SECRET = listed(
    """
    confidential confidentiality privileged
    confidencial confidenciais confidenciales confidencialidad confidencialidade
    riservata riservate riservati riservato riservatezza confidenziale confidenziali
    poufna poufne poufnosci poufny
    """
)
_RECIPIENT = re.compile(r"recipient|addressee|addressed|destinatari|adresat|dirigid[ao] ")
_NEAR = 600
"""So many characters of a disclaimer are looked at for whom it is meant for."""

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


def is_below(text: str, start: int, tokens: Sequence[str]) -> bool:
    """Return whether a sentence, of these words, begins what nobody wrote above it.

    It stands in a folded text from ``start`` on; one without words may be a line of dashes.
    """
    if text.startswith(_FIRST_OF_FORWARDED, start):
        return not tokens or bool(_FORWARDED.match(text, start))
    if not _SECRET.isdisjoint(tokens):
        return bool(_RECIPIENT.search(text, start, start + _NEAR))
    return " ".join(tokens[:_WORDS]).startswith(_FOOTERS)
