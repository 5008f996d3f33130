"""Slack's error names and HTTP answers as our own errors.

Called by `api`, the one boundary to Slack. A name that is not in the tables is permanent: Slack
answers ``ok: false`` to what it understood and will not do (``is_archived``, ``not_in_channel``).
https://docs.slack.dev/reference/methods/chat.postMessage#errors (checked May 2026). Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from gateway.errors import (
    AddressRefused,
    ChannelMisconfigured,
    PermanentFailure,
    SendError,
    TemporaryFailure,
    Throttled,
    Uncertain,
)

# People who cannot be reached anywhere; a room that is gone says nothing about its people.
_REFUSED = frozenset(
    {
        "cannot_dm_bot", "is_inactive", "messages_tab_disabled", "user_disabled", "user_not_found",
        "user_not_visible",
    }
)  # fmt: skip
_MISCONFIGURED = frozenset(
    {
        "access_denied", "account_inactive", "app_missing_action_url", "deprecated_endpoint",
        "ekm_access_denied", "enterprise_is_restricted", "invalid_auth", "missing_scope",
        "no_permission", "not_allowed_token_type", "not_authed", "org_login_required",
        "team_access_not_granted", "token_expired", "token_revoked", "two_factor_setup_required",
    }
)  # fmt: skip
_TEMPORARY = frozenset(
    {"request_timeout", "service_unavailable", "team_added_to_org", "accesslimited"}
)
_THROTTLED = frozenset({"rate_limited", "ratelimited", "message_limit_exceeded"})
# "It's possible some aspect of the operation succeeded before the error was raised."
_UNCERTAIN = frozenset({"fatal_error", "internal_error"})

_WORDS = {
    "account_inactive": "the app or its user was removed from the workspace",
    "channel_not_found": "there is no such channel, or the app may not see it",
    "invalid_auth": "the token is not valid",
    "is_archived": "the channel is archived",
    "missing_scope": "the app lacks a scope",
    "msg_too_long": "the message is too long",
    "not_allowed_token_type": "this is the wrong kind of token",
    "not_in_channel": "the app is not in the channel: invite it",
    "restricted_action": "the workspace does not let the app post there",
    "thread_not_found": "the thread is gone",
    "token_revoked": "the token was revoked",
    "user_not_found": "there is no such user",
}
RETRY_AFTER_S = 30.0
_LONGEST_RETRY_AFTER_S = 3600.0


def said_no(method: str, error: str, *, needed: str = "", counts: bool = False) -> SendError:
    """Return what an answer ``ok: false`` is; ``counts``: the call may have done something."""
    reason = f"Slack refused {method}: {error}"
    if error in _WORDS:
        reason = f"{reason} ({_WORDS[error]}{f': {needed}' if needed else ''})"
    if error in _THROTTLED:
        return Throttled(reason, retry_after=timedelta(seconds=RETRY_AFTER_S), code=error)
    if error in _UNCERTAIN:
        return (Uncertain if counts else TemporaryFailure)(reason, code=error)
    if error in _TEMPORARY:
        return TemporaryFailure(reason, code=error)
    if error in _MISCONFIGURED:
        return ChannelMisconfigured(reason, code=error)
    if error in _REFUSED:
        return AddressRefused(reason, code=error, public="Slack does not reach this person.")
    return PermanentFailure(reason, code=error, public="Slack does not take the message there.")


def answered(
    method: str, status: int, headers: Mapping[str, str], *, counts: bool = False
) -> SendError:
    """Return what an HTTP status other than 200 is."""
    if status == 429:  # noqa: PLR2004 - HTTP: too many requests
        seconds = retry_after(headers)
        reason = f"Slack wants {method} later: in {seconds:g} s"
        return Throttled(reason, retry_after=timedelta(seconds=seconds), code="429")
    reason = f"Slack answered {method} with HTTP {status}"
    if status >= 500:  # noqa: PLR2004 - HTTP: the server's fault; it may have done it all the same
        return (Uncertain if counts else TemporaryFailure)(reason, code=str(status))
    return PermanentFailure(reason, code=str(status))


def retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds that ``Retry-After`` asks for, within reason."""
    try:
        seconds = float(headers.get("Retry-After", ""))
    except ValueError:
        return RETRY_AFTER_S
    return min(max(seconds, 1.0), _LONGEST_RETRY_AFTER_S)
