"""What the app may do, and what it costs when it may not. Used by `checks`; the docs list the same.

https://docs.slack.dev/reference/scopes (checked May 2026).
"""

from __future__ import annotations

from typing import NamedTuple


class Scope(NamedTuple):
    """One scope: the events that only come with it, and what does not work without it."""

    name: str
    events: tuple[str, ...]
    cost: str
    is_needed: bool = False


SCOPES = (
    Scope("chat:write", (), "nothing can be answered", is_needed=True),
    Scope(
        "app_mentions:read", ("app_mention",), "a mention of the app is not heard", is_needed=True
    ),
    Scope("im:history", ("message.im",), "direct messages are not heard", is_needed=True),
    Scope("im:write", (), "a slash command cannot be answered in a direct message", is_needed=True),
    Scope(
        "channels:history",
        ("message.channels",),
        "support channels and threads in public channels are not heard",
        is_needed=True,
    ),
    Scope(
        "channels:read",
        (),
        "channels cannot be named by #name, and nothing is read again after an outage",
        is_needed=True,
    ),
    Scope("users:read", (), "requesters have no name and no language"),
    Scope("users:read.email", (), "rules cannot look at requesters' mail addresses"),
    Scope("groups:history", ("message.groups",), "private channels are not heard"),
    Scope("groups:read", (), "private channels cannot be named by #name"),
    Scope("mpim:history", ("message.mpim",), "group direct messages are not heard"),
    Scope("mpim:read", (), "group direct messages are not read again after an outage"),
    Scope("im:read", (), "direct messages are not read again after an outage"),
    Scope("reactions:read", ("reaction_added",), "an emoji on a message opens no ticket"),
    Scope("reactions:write", (), "no sign shows agents what became of what they wrote"),
    Scope("files:read", (), "files of requesters are not copied into tickets"),
    Scope("files:write", (), "files and very long texts cannot be sent", is_needed=True),
    Scope("commands", (), "the slash command and the shortcut do nothing"),
    Scope(
        "chat:write.public", (), "a ticket opened where the app is no member is not answered there"
    ),
)
