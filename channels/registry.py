"""Finds channel kinds by their entry points, ours and a third party's alike.

Called by the composition root. A kind is imported when it is asked for and not before: a desk that
only does e-mail never loads Slack. Raises UnknownKind with the kinds there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from gateway.contracts.channel import ChannelFactory

GROUP = "ventanilla.channels"
# What pyproject.toml says, for running from a source tree that is not installed.
_BUILT_IN = {
    "email": "channels.email.channel:EmailChannel",
    "telegram": "channels.telegram.channel:TelegramChannel",
    "console": "channels.console:ConsoleChannel",
    "slack": "channels.slack.channel:SlackChannel",
}


class UnknownKind(LookupError):
    """No installed package offers this kind of channel."""


def kinds() -> Mapping[str, EntryPoint]:
    """Return the kinds of channels that can be configured, unloaded, by name."""
    built_in = {name: EntryPoint(name, value, GROUP) for name, value in _BUILT_IN.items()}
    installed = {point.name: point for point in entry_points(group=GROUP)}
    return built_in | installed


def load(kind: str) -> ChannelFactory:
    """Return the class of a channel kind.

    Raises:
        UnknownKind: there is none of this name.
        ImportError: a package it needs is not installed (``pip install '.[slack]'``).
    """
    known = kinds()
    if kind not in known:
        raise UnknownKind(f"{kind!r} is no kind of channel: there are {', '.join(sorted(known))}")
    return cast("ChannelFactory", known[kind].load())
