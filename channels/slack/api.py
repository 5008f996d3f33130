"""The Web API as one calm client: one shared session, no retries, our own errors.

slack_sdk's client does the talking. Its retry handlers are off, because the one for connection
errors posts a message again whose answer was lost. The session is shared, because a client without
one opens a connection for every call. Raises `gateway.errors.SendError`s only; imported lazily,
with aiohttp and slack_sdk.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from channels.slack import errors
from gateway.errors import TemporaryFailure, Uncertain, in_plain_words

TIMEOUT_S = 30.0
CONNECT_S = 10.0
_PAGE = 200


class SlackApi:
    """One workspace's Web API. ``token`` is asked for at each call: it may be replaced."""

    def __init__(self, base_url: str, token: Callable[[], str]) -> None:
        self._base_url = base_url
        self._token = token
        self._session: aiohttp.ClientSession | None = None
        self._client: AsyncWebClient | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """Return the shared session, opened at first use."""
        if self._session is None or self._session.closed:
            timeout = aiohttp.ClientTimeout(total=TIMEOUT_S, connect=CONNECT_S)
            self._session = aiohttp.ClientSession(timeout=timeout)
            self._client = None
        return self._session

    @property
    def bot_token(self) -> str:
        """Return the bot's token.

        Raises:
            ChannelMisconfigured: there is none.
        """
        return self._token()

    async def call(self, method: str, *, counts: bool = False, **given: Any) -> Mapping[str, Any]:
        """Call a method by slack_sdk's name of it, such as ``chat_postMessage``.

        ``counts``: people see what it does, so that a lost answer is `Uncertain`.

        Raises:
            SendError: it did not work, or nobody knows.
        """
        answer, _ = await self.call_with_headers(method, counts=counts, **given)
        return answer

    async def call_with_headers(
        self, method: str, *, counts: bool = False, **given: Any
    ) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """Do the same and return the answer's headers too."""
        token = given.pop("token", None) or self.bot_token
        try:
            response = await getattr(self._ready(), method)(token=token, **given)
        except SlackApiError as exc:
            raise _failure(method, exc, counts=counts) from exc
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as exc:
            raise TemporaryFailure(_out_of_reach(exc)) from exc
        except (TimeoutError, aiohttp.ClientError, OSError) as exc:
            kind = Uncertain if counts else TemporaryFailure
            reason = f"Slack's answer to {method} was lost: {type(exc).__name__} {exc}"
            raise kind(reason.rstrip()) from exc
        return response.data, response.headers

    async def pages(self, method: str, key: str, **given: Any) -> AsyncIterator[Mapping[str, Any]]:
        """Yield what all pages of a list hold under a key.

        Raises:
            SendError: a page could not be had.
        """
        cursor = ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            answer = await self.call(method, **{"limit": _PAGE, **given, **more})
            for each in answer.get(key) or ():
                yield each
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    async def close(self) -> None:
        """Close the session. Idempotent."""
        if self._session is not None:
            await self._session.close()

    def _ready(self) -> AsyncWebClient:
        session = self.session
        if self._client is None:
            self._client = AsyncWebClient(
                base_url=self._base_url, session=session, retry_handlers=[]
            )
        return self._client


def _out_of_reach(error: aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):
        why = getattr(error, "certificate_error", None) or error.os_error
        return f"Slack at {error.host}:{error.port} cannot be reached: {in_plain_words(why)}"
    return "Slack cannot be reached: no answer in time"


def _failure(method: str, exc: SlackApiError, *, counts: bool) -> Exception:
    response = exc.response
    # An answer that is no JSON comes as aiohttp's own response, with other names.
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 200))
    headers = getattr(response, "headers", None) or {}
    if status != 200:  # noqa: PLR2004 - HTTP: fine
        return errors.answered(method, status, headers, counts=counts)
    data = getattr(response, "data", None)
    if not isinstance(data, Mapping) or not data.get("error"):
        kind = Uncertain if counts else TemporaryFailure
        return kind(f"Slack's answer to {method} cannot be read")
    needed = str(data.get("needed") or "")
    return errors.said_no(method, str(data["error"]), needed=needed, counts=counts)
