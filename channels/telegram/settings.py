"""One ``[channels.<name>]`` table of kind telegram, checked and frozen.

Secrets are no keys of it: ``<NAME>_BOT_TOKEN`` and ``<NAME>_WEBHOOK_SECRET`` come through
`ChannelSetup`. Opens and reads nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationInfo

from gateway.model.units import parse_duration

OFFICIAL = "https://api.telegram.org"


def _duration(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str):
        raise ValueError(f'{value!r} is no duration: expected one such as "8 hours"')  # noqa: TRY004 - pydantic collects ValueError
    read = parse_duration(value)
    if not read:
        raise ValueError(f"{info.field_name} must be longer than nothing")
    return read


def _api_url(text: str) -> str:
    scheme, _, rest = text.partition("://")
    if scheme not in ("http", "https") or not rest.strip("/") or any(c in rest for c in "?# @"):
        raise ValueError(f"{text!r} is no base URL such as {OFFICIAL} or http://127.0.0.1:8081")
    return text.rstrip("/")


class TelegramSettings(BaseModel):
    """The keys of a Telegram channel."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["telegram"] = "telegram"
    mode: Literal["polling", "webhook"] = "polling"
    topic_after: Annotated[timedelta, BeforeValidator(_duration)] = timedelta(hours=8)
    on_uncertain: Literal["resend", "hold"] = "resend"
    api_url: Annotated[str, AfterValidator(_api_url)] = OFFICIAL
