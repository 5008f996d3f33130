"""One ``[channels.<name>]`` table of kind slack, checked and frozen.

pydantic's errors name the key and what was expected. Secrets are no keys of it: they come through
`ChannelSetup`. Opens and reads nothing.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from gateway.model.units import parse_duration

DEFAULT_API_URL = "https://slack.com/api/"
# Slack: names of channels are lower case without blanks, at most 80 characters.
_NAME = re.compile(r"#[^\s#@<>/A-Z]{1,80}")
_ID = re.compile(r"[CG][A-Z0-9]{2,}")
_EMOJI = re.compile(r"[a-z0-9_+'-]{1,100}")
_COMMAND = re.compile(r"/[a-z0-9_-]{1,31}")


def is_channel(text: str) -> bool:
    """Return whether a text can be a channel: ``#name``, or an id such as ``C024BE91L``."""
    return bool(_NAME.fullmatch(text) or _ID.fullmatch(text))


def _channel(text: str) -> str:
    if is_channel(text):
        return text
    raise ValueError(f"{text!r} is no channel: expected a name such as #help, or an id: C024BE91L")


def _emoji(text: str) -> str:
    bare = text.strip(":")
    if not _EMOJI.fullmatch(bare):
        raise ValueError(f"{text!r} is no emoji: expected its name in Slack, such as ticket")
    return bare


def _command(text: str) -> str:
    if not _COMMAND.fullmatch(text):
        raise ValueError(f"{text!r} is no slash command: expected one such as /desk")
    return text


def _api_url(text: str) -> str:
    parts = urlsplit(text)
    is_url = parts.scheme in {"http", "https"} and parts.hostname and not parts.query
    if not is_url or parts.username is not None:
        raise ValueError(f"{text!r} is no base URL: expected one such as {DEFAULT_API_URL}")
    if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise ValueError(f"{text!r} sends tokens without TLS: only this machine may be http://")
    return text if text.endswith("/") else f"{text}/"


def _duration(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError(f'{value!r} is no duration: expected one such as "8 hours"')  # noqa: TRY004 - pydantic collects ValueError
    return parse_duration(value)


class SlackSettings(BaseModel):
    """The keys of a Slack channel."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["slack"] = "slack"
    mode: Literal["socket", "http"] = "socket"
    support_channels: tuple[Annotated[str, AfterValidator(_channel)], ...] = ()
    reaction: Annotated[str, AfterValidator(_emoji)] = "ticket"
    command: Annotated[str, AfterValidator(_command)] = "/desk"
    topic_after: Annotated[timedelta, BeforeValidator(_duration)] = timedelta(hours=8)
    on_uncertain: Literal["resend", "hold"] = "resend"
    api_url: Annotated[str, AfterValidator(_api_url)] = DEFAULT_API_URL
