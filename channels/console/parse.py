"""Reads stored lines of the console."""

from __future__ import annotations

import hashlib
import json

from gateway.errors import ParseError
from gateway.model.message import Author, Keys, Message, RawEvent, Trust


class ConsoleParser:
    """See `gateway.contracts.channel.Parser`."""

    def __init__(self, channel: str) -> None:
        self.channel = channel

    def keys(self, raw: RawEvent) -> Keys:
        """See `Parser.keys`: one conversation, so one lane."""
        try:
            offer = str(json.loads(raw.body)["id"])
        except (ValueError, KeyError, TypeError, RecursionError):
            offer = hashlib.sha256(raw.body).hexdigest()
        return Keys(offers=(f"console:{self.channel}:{offer}",), lane=self.channel)

    def parse(self, raw: RawEvent) -> Message:
        """See `Parser.parse`."""
        try:
            line = json.loads(raw.body)
            return Message(
                channel=self.channel,
                author=Author(address=line["from"], name=line["from"], trust=Trust.PROVEN),
                digest=hashlib.sha256(raw.body).hexdigest(),
                external_id=f"console.{line['id']}",
                refs=(line["answers"],) if line["answers"] else (),
                tokens=(line["token"],) if line["token"] else (),
                text=line["text"],
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ParseError("this is no line of the console") from error
