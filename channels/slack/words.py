"""The few words that this channel says by itself, in the desk's languages.

Everything else is worded by the desk's templates.
"""

from __future__ import annotations

_TAKEN = {
    "en": ("Got it", "The answer comes as a direct message."),
    "pt": ("Recebido", "A resposta chega por mensagem direta."),
    "es": ("Recibido", "La respuesta llega por mensaje directo."),
    "it": ("Ricevuto", "La risposta arriva come messaggio diretto."),
    "pl": ("Przyjęto", "Odpowiedź przyjdzie w wiadomości bezpośredniej."),
}
_WHOLE_TEXT = {
    "en": "(The whole text is in the file below.)",
    "pt": "(O texto completo está no ficheiro abaixo.)",
    "es": "(El texto completo está en el archivo de abajo.)",
    "it": "(Il testo completo è nel file qui sotto.)",
    "pl": "(Cały tekst jest w pliku poniżej.)",
}


def taken(language: str, said: str) -> str:
    """Return what whoever typed a slash command reads at once: what they ``said`` too.

    Slack shows it nowhere else, and the answer alone does not tell what it is about.
    """
    got, comes = _TAKEN.get(language[:2], _TAKEN["en"])
    return f"{got}: {said}\n{comes}" if said else f"{got}. {comes}"


def whole_text(language: str) -> str:
    """Return what stands below the beginning of a text that is too long."""
    return _WHOLE_TEXT.get(language[:2], _WHOLE_TEXT["en"])
