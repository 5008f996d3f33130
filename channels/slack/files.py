"""Fetches files that lie at Slack, and knows a sign-in page when it gets one.

Called through `SlackChannel.fetch`. The token goes to Slack's own hosts and nowhere else: an
address in an event is somebody's word. Without the scope ``files:read`` Slack answers 200 with a
page to sign in on. Raises TemporaryFailure, Throttled or PermanentFailure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp

from channels.slack import errors
from gateway.errors import PermanentFailure, TemporaryFailure
from gateway.model.message import RemoteFile

if TYPE_CHECKING:
    from channels.slack.api import SlackApi

_CHUNK = 64 * 1024
_REDIRECTS = range(300, 400)
_OK = 200
_FORBIDDEN = frozenset({401, 403})
_GONE = frozenset({404, 410})
NO_SCOPE = "Slack shows a page to sign in on instead: the app lacks the scope files:read"


async def fetch(api: SlackApi, base_url: str, file: RemoteFile, max_bytes: int) -> bytes:
    """See `Fetches.fetch`."""
    if file.fault:
        raise PermanentFailure(file.fault, public=file.fault)
    file_id, _, url = file.ref.partition(" ")
    if not url:
        # Of a file in a channel shared with another company the event tells the id only.
        shown = (await api.call("files_info", file=file_id))["file"]
        url = str(shown.get("url_private_download") or shown.get("url_private") or "")
    if not _is_slacks(url, base_url):
        raise _refused("it does not lie at Slack")
    headers = {"Authorization": f"Bearer {api.bot_token}"}
    try:
        async with api.session.get(url, headers=headers, allow_redirects=False) as answer:
            _check(answer, file)
            return await _read(answer, max_bytes)
    except (TimeoutError, aiohttp.ClientError, OSError) as exc:
        raise TemporaryFailure(f"the file could not be fetched: {type(exc).__name__}") from exc


def _is_slacks(url: str, base_url: str) -> bool:
    """Return whether an address is one of Slack's, or of the host that stands in for it."""
    parts, base = urlsplit(url), urlsplit(base_url)
    host = parts.hostname or ""
    if (parts.scheme, parts.netloc) == (base.scheme, base.netloc):
        return True
    return parts.scheme == "https" and (host == "slack.com" or host.endswith(".slack.com"))


def _check(answer: aiohttp.ClientResponse, file: RemoteFile) -> None:
    if answer.status in _REDIRECTS or answer.status in _FORBIDDEN:
        raise _refused(NO_SCOPE)
    if answer.status in _GONE:
        raise _refused("it is no longer at Slack")
    if answer.status != _OK:
        raise errors.answered("the file", answer.status, answer.headers)
    is_page = answer.content_type == "text/html"
    if is_page and (file.media_type != "text/html" or _is_other(answer, file)):
        raise _refused(NO_SCOPE)


def _is_other(answer: aiohttp.ClientResponse, file: RemoteFile) -> bool:
    """Return whether a page has another length than the file that was sent to us."""
    return bool(file.size) and answer.content_length not in (None, file.size)


async def _read(answer: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    content = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK):
        content += chunk
        if len(content) > max_bytes:
            raise _refused(f"too large: more than {max_bytes} bytes")
    return bytes(content)


def _refused(reason: str) -> PermanentFailure:
    return PermanentFailure(reason, public=reason)
