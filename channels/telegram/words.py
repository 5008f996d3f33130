"""What the bot says of itself on Telegram, in the languages of the desk. Pure.

Everything else it says comes from the templates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

_Word = TypeVar("_Word")

# As core.telegram.org/bots/api#setmycommands shows them: 1-256 characters.
_COMMANDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "help": "What I can do",
        "status": "Your open requests",
        "language": "Change the language",
        "person": "Talk to a person",
        "new": "Begin a new request",
        "link": "Link a mail address",
    },
    "pt": {
        "help": "O que posso fazer",
        "status": "Os seus pedidos abertos",
        "language": "Mudar de idioma",
        "person": "Falar com uma pessoa",
        "new": "Começar um novo pedido",
        "link": "Associar um endereço de e-mail",
    },
    "es": {
        "help": "Qué puedo hacer",
        "status": "Sus solicitudes abiertas",
        "language": "Cambiar de idioma",
        "person": "Hablar con una persona",
        "new": "Empezar una nueva solicitud",
        "link": "Vincular una dirección de correo",
    },
    "it": {
        "help": "Che cosa posso fare",
        "status": "Le sue richieste aperte",
        "language": "Cambiare lingua",
        "person": "Parlare con una persona",
        "new": "Iniziare una nuova richiesta",
        "link": "Collegare un indirizzo e-mail",
    },
    "pl": {
        "help": "Co potrafię",
        "status": "Państwa otwarte zgłoszenia",
        "language": "Zmiana języka",
        "person": "Rozmowa z człowiekiem",
        "new": "Nowe zgłoszenie",
        "link": "Połącz z adresem e-mail",
    },
}
_PERSON: Mapping[str, str] = {
    "en": "I need a person",
    "pt": "Preciso de uma pessoa",
    "es": "Necesito una persona",
    "it": "Ho bisogno di una persona",
    "pl": "Potrzebuję człowieka",
}
_REPEAT: Mapping[str, str] = {
    "en": "(may be a repeat)",
    "pt": "(pode ser uma repetição)",
    "es": "(puede ser una repetición)",
    "it": "(potrebbe essere una ripetizione)",
    "pl": "(to może być powtórzenie)",
}
_WHOLE: Mapping[str, str] = {
    "en": "The whole text is in the file.",
    "pt": "O texto completo está no ficheiro.",
    "es": "El texto completo está en el archivo.",
    "it": "Il testo completo è nel file.",
    "pl": "Cały tekst jest w pliku.",
}
_NOT_SENT: Mapping[str, str] = {
    "en": "could not be sent by Telegram",
    "pt": "não pôde ser enviado pelo Telegram",
    "es": "no se pudo enviar por Telegram",
    "it": "non è stato possibile inviarlo con Telegram",
    "pl": "nie można wysłać przez Telegram",
}


def commands(language: str) -> Sequence[Mapping[str, str]]:
    """Return the bot's commands as ``setMyCommands`` takes them."""
    described = _in(_COMMANDS, language)
    return [{"command": name, "description": text} for name, text in described.items()]


def asks_for_person(language: str) -> str:
    """Return the words that ask for a person, as the desk knows them."""
    return _in(_PERSON, language)


def may_be_repeat(language: str) -> str:
    """Return the mark of a message that may have been sent before."""
    return _in(_REPEAT, language)


def whole_text_is_in_file(language: str) -> str:
    """Return what stands where a text was too long to be shown."""
    return _in(_WHOLE, language)


def not_sent(language: str) -> str:
    """Return what is said of a file that Telegram does not take."""
    return _in(_NOT_SENT, language)


def _in(words: Mapping[str, _Word], language: str) -> _Word:
    return words.get(language.partition("-")[0].lower(), words["en"])
