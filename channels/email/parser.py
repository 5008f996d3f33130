"""The parser of every e-mail channel: what it knows, and the two things it does.

`keys` runs where mail is taken, and needs next to nothing; `parse` runs in the parser's child, so
a parser is picklable and holds no socket and no secret. What reads mail is imported there alone:
40 ms and 4 MiB that taking mail does not wait for. Raises what `parse` raises.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from channels.email.keys import keys_of
from gateway.model.message import Keys, Parsed, RawEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailParser:
    """See `gateway.contracts.channel.Parser`.

    ``addresses`` are our own, the channel's first, in lower case, their domains in ASCII.
    ``reply_address`` is a pattern with ``{token}``; None puts the token behind a plus in any of
    our own. ``authserv_id`` names our receiving server, None where nobody's findings are believed;
    ``trusted_relays`` are hosts or domains that mail passes after it, in lower case.
    ``own_lists`` are List-Ids of groups through which people reach us. ``spam_header`` is a name
    and how its value begins.
    ``mark`` is what this desk writes into every mail it sends.
    """

    channel: str
    addresses: tuple[str, ...]
    reply_address: str | None = None
    authserv_id: str | None = None
    trusted_relays: tuple[str, ...] = ()
    own_lists: tuple[str, ...] = ()
    spam_header: tuple[str, str] | None = None
    mark: str | None = None
    size_limit: int = 36 * 1024 * 1024

    def keys(self, raw: RawEvent) -> Keys:
        """See `Parser.keys`."""
        return keys_of(raw)

    def parse(self, raw: RawEvent) -> Parsed:
        """See `Parser.parse`."""
        from channels.email import parse  # noqa: PLC0415 - not in the process that takes mail

        return parse.read(self, raw)

    def __reduce__(self) -> tuple[Callable[..., EmailParser], tuple[dict[str, object]]]:
        """Have whoever unpickles this, the child, ready to read at once."""
        return _ready_to_read, ({each.name: getattr(self, each.name) for each in fields(self)},)


def _ready_to_read(known: dict[str, Any]) -> EmailParser:
    from channels.email import parse  # noqa: F401, PLC0415 - see EmailParser.__reduce__

    return EmailParser(**known)
