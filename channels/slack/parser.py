"""The parser of every Slack channel: what it knows, and the two things it does.

`keys` runs where events are taken; `parse` in the parser's child, so a parser is picklable and
holds no socket and no secret. Raises what `parse` raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from channels.slack.keys import keys_of
from gateway.model.message import Keys, Parsed, RawEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackParser:
    """See `gateway.contracts.channel.Parser`.

    ``rest`` is the silence after which a direct message is about something new, ``quiet`` that
    after which somebody has said what they want. ``size_limit`` is the most bytes a file may have.
    """

    channel: str
    rest: timedelta = timedelta(hours=8)
    quiet: timedelta = timedelta(seconds=3)
    size_limit: int = 36 * 1024 * 1024

    def keys(self, raw: RawEvent) -> Keys:
        """See `Parser.keys`."""
        return keys_of(raw, self.quiet)

    def parse(self, raw: RawEvent) -> Parsed:
        """See `Parser.parse`."""
        from channels.slack import parse  # noqa: PLC0415 - not in the process that takes events

        return parse.read(self, raw)
