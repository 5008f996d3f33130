"""What must never be answered by a machine, whatever the rules say: asked before any rule."""

from __future__ import annotations

from gateway.contracts.words import Meaning, Words
from gateway.journey.desk import Desk
from gateway.model.message import Message


def own(desk: Desk, message: Message) -> str | None:
    """Return why a message must be one of our own that came back, None when it is not."""
    if message.own:
        return message.own
    if message.external_id and desk.keyring.outbox_id_of(message.external_id):
        return "it has one of our own message ids"
    return None


def greeting_only(words: Words, message: Message) -> bool:
    """Return whether a message says hello and nothing else, its subject included."""
    said = [message.text, *([message.subject] if message.subject else [])]
    return not message.attachments and all(
        words.meaning_of(text) is Meaning.GREETING for text in said
    )
