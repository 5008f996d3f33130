"""Access tokens for XOAUTH2, refreshed by us (RFC 6749 section 6).

Used by send and the IMAP session, each with the mailbox's user. One refresh serves all until
shortly before its end. Raises OAuthError in plain words; never logs or shows a token.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from gateway.world import World

if TYPE_CHECKING:
    from urllib.error import HTTPError

TIMEOUT_S = 20.0
MAX_ANSWER = 64 * 1024
# A token is not used in its last minute: it may run out on the way.
MARGIN_S = 60.0
DEFAULT_LIFE_S = 300.0
_REFUSALS = (400, 401)  # RFC 6749 section 5.2; all else is trouble in passing
_CAUSE = re.compile(r"[a-z_]{1,40}")


class OAuthError(Exception):
    """No access token was to be had."""


class OAuthRefused(OAuthError):
    """The provider said no to what we asked with."""


class AccessTokens:
    """Gives the access token of one channel; asks the provider when it needs a new one.

    A provider may give a new refresh token with it, and may take no older one from then on (RFC
    6749 section 6): the newest is used as long as this lives. `get` blocks while it asks: call it
    in a thread.
    """

    def __init__(
        self,
        *,
        url: str,
        client_id: str,
        client_secret: Callable[[], str],
        refresh_token: Callable[[], str],
        world: World,
    ) -> None:
        self._url = url
        self._client_id = client_id
        self._client_secret = client_secret
        self._refresh_token = refresh_token
        self._world = world
        self._lock = threading.Lock()
        self._newest = ""
        self._token = ""
        self._until = 0.0

    @property
    def is_held(self) -> bool:
        """Tell whether there is one that was used before, and may still be good."""
        return bool(self._token)

    def get(self) -> str:
        """Return an access token that is good for at least a minute.

        Raises:
            OAuthError: the provider refused, or could not be reached.
        """
        with self._lock:
            if not self._token or self._world.monotonic() >= self._until:
                self._refresh()
            return self._token

    def forget(self) -> None:
        """Have the next `get` ask again: a server has refused the token."""
        with self._lock:
            self._token = ""

    def _refresh(self) -> None:
        self._token = ""
        answer = self._granted(self._newest or self._refresh_token())
        token, life_s = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token:
            raise OAuthError("the token server's answer holds no access_token")
        self._token = token
        life_s = life_s if isinstance(life_s, int | float) else DEFAULT_LIFE_S
        self._until = self._world.monotonic() + max(0.0, life_s - MARGIN_S)
        newest = answer.get("refresh_token")
        if isinstance(newest, str) and newest:
            self._newest = newest

    def _granted(self, refresh_token: str) -> dict[str, object]:
        try:
            return self._ask(
                {
                    "grant_type": "refresh_token",
                    "client_id": self._client_id,
                    "client_secret": self._client_secret(),
                    "refresh_token": refresh_token,
                }
            )
        except OAuthRefused:
            # The configured one may be good still: it is asked with next.
            self._newest = ""
            raise

    def _ask(self, fields: dict[str, str]) -> dict[str, object]:
        from urllib.error import HTTPError  # noqa: PLC0415 - 25 ms, for those who need tokens
        from urllib.request import Request, urlopen  # noqa: PLC0415 - as above

        form = urlencode({name: value for name, value in fields.items() if value}).encode()
        request = Request(self._url, data=form)  # noqa: S310 - settings allow http and https only
        try:
            with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - as above
                found = json.loads(answer.read(MAX_ANSWER))
        except HTTPError as exc:
            with exc:
                said = f"{exc.code} {exc.reason}{_cause_in(exc)}"
                kind = OAuthRefused if exc.code in _REFUSALS else OAuthError
                raise kind(f"the token server said {said}") from None
        except (OSError, ValueError) as exc:
            raise OAuthError(f"the token server cannot be used: {exc}") from exc
        if not isinstance(found, dict):
            raise OAuthError("the token server's answer is not what RFC 6749 says")
        return found


def _cause_in(answer: HTTPError) -> str:
    """Return the word for what is wrong (RFC 6749 section 5.2), such as ``invalid_grant``.

    The sentences beside it are the server's own: they may repeat what was sent.
    """
    try:
        word = json.loads(answer.read(MAX_ANSWER))["error"]
    except (OSError, ValueError, LookupError, TypeError):
        return ""
    return f": {word}" if isinstance(word, str) and _CAUSE.fullmatch(word) else ""
