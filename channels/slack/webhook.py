"""Answers what Slack posts: verified first, stored, and only then 200.

Called through `SlackChannel.respond`. A request counts when it is signed with the app's secret and
not older than five minutes; the comparison takes the same time whatever is wrong. Before there is
a secret only Slack's question whether this URL is ours is answered, because it is asked when the
URL is typed in, and nothing else is believed.
https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import json
import logging
import re

from slack_sdk.signature import Clock, SignatureVerifier

from channels.slack.door import Door
from channels.slack.payload import text_at, unwrap
from gateway.contracts.channel import Intake
from gateway.contracts.webhook import WebRequest, WebResponse
from gateway.world import World

log = logging.getLogger(__name__)

_MOMENT = re.compile(r"[0-9]{1,12}")
_SOON = WebResponse(status=503, headers={"Retry-After": "5"})
_NOT_SLACK = WebResponse(status=401)


async def respond(
    door: Door, request: WebRequest, intake: Intake, *, secret: str, world: World
) -> WebResponse:
    """See `Webhook.respond`."""
    if not secret:
        return _handshake(request.body)
    if not is_signed(request, secret, world):
        return _NOT_SLACK
    try:
        answer = await door.take(request.body, intake, via="http", retry=_retry(request))
    except ValueError:
        return WebResponse(status=400)
    except Exception:  # whatever it was: nothing is stored, so Slack shall come again
        log.exception("slack event not stored")
        return _SOON
    if answer.status >= 500:  # noqa: PLR2004 - HTTP: our fault
        return _SOON
    media_type = answer.first_headers().get("content-type", "text/plain;charset=utf-8")
    return WebResponse(status=answer.status, body=answer.body.encode(), media_type=media_type)


def _retry(request: WebRequest) -> int:
    told = request.headers.get("x-slack-retry-num", "")
    return int(told) if re.fullmatch("[0-9]{1,3}", told) else 0


def is_signed(request: WebRequest, secret: str, world: World) -> bool:
    """Return whether Slack has signed a request within the last five minutes."""
    moment = request.headers.get("x-slack-request-timestamp", "")
    signature = request.headers.get("x-slack-signature", "")
    # The verifier raises for what is no number.
    if not _MOMENT.fullmatch(moment) or not signature.isascii():
        return False
    verifier = SignatureVerifier(secret, clock=_Now(world))
    try:
        return bool(verifier.is_valid(request.body, moment, signature))
    except UnicodeDecodeError:  # a body that is no text is none of Slack's
        return False


class _Now(Clock):
    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> float:
        return self._world.now().timestamp()


def _handshake(body: bytes) -> WebResponse:
    try:
        payload = unwrap(body)
    except (ValueError, KeyError, RecursionError):
        return _NOT_SLACK
    challenge = text_at(payload, "challenge")
    if text_at(payload, "type") != "url_verification" or not challenge:
        return _NOT_SLACK
    answer = json.dumps({"challenge": challenge}).encode()
    return WebResponse(status=200, body=answer, media_type="application/json")
