"""What the journey asks of a channel that platforms post to over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from gateway.contracts.channel import Intake


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRequest:
    """A request to a webhook: header names in lower case, the body as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebResponse:
    """The answer to one."""

    status: int
    body: bytes = b""
    media_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Webhook(Protocol):
    """A channel that platforms post to, at ``/channels/<its name>``."""

    async def respond(self, request: WebRequest, intake: Intake) -> WebResponse:
        """Return the answer; one that says "got it" only after `Intake.accept` has returned."""
        ...
