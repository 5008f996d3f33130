"""The built-in channel ``cli``: orders given at the desk's own command line, as stored events.

An order is one inbox row like everything else, so that it is never lost, never done twice, and
needs no second way into the journey. Whoever can write the store is authorised already.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping

from gateway.errors import ParseError
from gateway.model.message import Attachment, Command, Keys, RawEvent
from gateway.world import World

CHANNEL = "cli"


def order(
    world: World,
    *,
    name: str,
    by: str,
    ticket: str = "",
    text: str = "",
    arguments: Mapping[str, str] | None = None,
    attachments: tuple[Attachment, ...] = (),
) -> RawEvent:
    """Return the event that carries an order. Each call makes an order of its own."""
    files = [
        {
            "name": file.name,
            "media_type": file.media_type,
            "content": base64.b64encode(file.content).decode(),
        }
        for file in attachments
    ]
    body = {
        "id": world.random_bytes(16).hex(),
        "name": name,
        "by": by,
        "ticket": ticket,
        "text": text,
        "arguments": dict(arguments or {}),
        "attachments": files,
    }
    return RawEvent(
        channel=CHANNEL, body=json.dumps(body).encode(), facts={}, received_at=world.now()
    )


class CommandParser:
    """Reads what `order` wrote. See `gateway.contracts.channel.Parser`."""

    def keys(self, raw: RawEvent) -> Keys:
        """See `Parser.keys`."""
        digest = _digest(raw)
        return Keys(offers=(f"cli:{digest}",), lane=f"cli:{digest}")

    def parse(self, raw: RawEvent) -> Command:
        """See `Parser.parse`."""
        try:
            body = json.loads(raw.body)
            return Command(
                channel=raw.channel,
                name=str(body["name"]),
                digest=_digest(raw),
                by=str(body["by"]),
                ticket=str(body["ticket"]),
                text=str(body["text"]),
                arguments={str(k): str(v) for k, v in body["arguments"].items()},
                attachments=tuple(_file(file) for file in body["attachments"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise ParseError(f"not an order: {exc}") from exc


def _digest(raw: RawEvent) -> str:
    return hashlib.sha256(raw.body).hexdigest()


def _file(stored: Mapping[str, str]) -> Attachment:
    content = base64.b64decode(stored["content"])
    return Attachment(
        name=stored["name"],
        media_type=stored["media_type"],
        digest=hashlib.sha256(content).hexdigest(),
        content=content,
    )
