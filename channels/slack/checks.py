"""What is wrong with a Slack channel, found before an employee meets it.

Called through `SlackChannel.check`. Without ``connect`` it looks at settings, secrets and places
only; with it, it asks Slack who the tokens are, what they may do, and whether the channels are
there. It opens no connection that events come by. Never raises for what Slack says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from channels.problems import (
    is_out_of_reach,
    missing_packages,
    problem,
    server_problem,
    variable_of,
)
from channels.slack.scopes import SCOPES
from channels.slack.settings import SlackSettings, is_channel
from channels.slack.talk import room_and_thread
from gateway.errors import Problem, SendError
from gateway.model.people import Place

if TYPE_CHECKING:
    from channels.slack.api import SlackApi
    from channels.slack.names import Names

_PACKAGES = ("slack_sdk", "slack_bolt", "aiohttp")
_KINDS = {"BOT_TOKEN": "xoxb-", "APP_TOKEN": "xapp-"}
_OTHERS = {
    "xoxp-": "a user's token",
    "xoxb-": "the bot's token",
    "xapp-": "the app-level token",
    "xoxe": "a token that expires, or one for configuration",
}


def needed_secrets(settings: SlackSettings) -> tuple[str, ...]:
    """Return the last parts of the names of the secrets that a mode needs."""
    return ("BOT_TOKEN", "APP_TOKEN" if settings.mode == "socket" else "SIGNING_SECRET")


def check_settings(
    name: str, settings: SlackSettings, secrets: Mapping[str, str], public_url: str
) -> Iterator[Problem]:
    """Yield what is wrong with settings, secrets and what is installed."""
    yield from missing_packages(_PACKAGES, "slack")
    for secret in needed_secrets(settings):
        value = secrets.get(secret)
        variable = variable_of(name, secret)
        if value is None:
            hint = f"set it in the environment, or name a file: {secret.lower()}_file"
            yield problem(f"{variable} is not set", hint)
            continue
        begins = _KINDS.get(secret, "")
        if value and not value.startswith(begins):
            other = next((what for start, what in _OTHERS.items() if value.startswith(start)), "")
            found = f": this is {other}" if other else ""
            yield problem(f"{variable} must begin with {begins}{found}")
    if settings.mode == "http" and not public_url:
        hint = 'set [http] public_url, or mode = "socket"'
        yield problem('mode = "http" needs an address that Slack can reach', hint)
    elif settings.mode == "http" and not public_url.startswith("https://"):
        text = f"Slack posts to https only, and [http] public_url is {public_url}"
        yield problem(text, warn=settings.api_url.startswith("http://"))


def check_where(where: str) -> Problem | None:
    """Return what is wrong with a place: it has to be a room of Slack, or a user."""
    room, _ = room_and_thread(where)
    if is_channel(room) or room[:1] in {"D", "U", "W"}:
        return None
    return problem("this is no place in Slack", "#name in lower case, or an id: C024BE91L")


class Connected:
    """What Slack itself says."""

    def __init__(self, api: SlackApi, names: Names, settings: SlackSettings) -> None:
        self._api = api
        self._names = names
        self._settings = settings

    async def problems(self, places: Sequence[Place], app_token: str) -> AsyncIterator[Problem]:
        """Yield what is wrong, as far as Slack can be asked."""
        try:
            _, headers = await self._api.call_with_headers("auth_test")
        except SendError as exc:
            yield _said_no("the bot token", exc)
            return
        for found in missing_scopes(headers.get("x-oauth-scopes", "")):
            yield found
        if self._settings.mode == "socket":
            try:
                # This asks for an address and opens nothing: no event is taken from a running desk.
                await self._api.call("apps_connections_open", app_token=app_token)
            except SendError as exc:
                hint = "Socket Mode must be on, and the app-level token have connections:write"
                yield _said_no("the app token", exc, hint)
        rooms = [*self._settings.support_channels, *(room_and_thread(p.where)[0] for p in places)]
        for room in dict.fromkeys(room for room in rooms if room[:1] in {"#", "C", "G"}):
            async for found in self._room_problems(room):
                yield found

    async def _room_problems(self, room: str) -> AsyncIterator[Problem]:
        try:
            room_id = await self._names.room_id(room)
            shown = (await self._api.call("conversations_info", channel=room_id))["channel"]
        except SendError as exc:
            if exc.code == "channel_not_found":
                hint = "write its id, or invite the app: /invite @desk"
                yield problem(f"channel {room}: {exc.reason}", hint)
            else:
                yield problem(f"channel {room} cannot be looked at: {exc.reason}", warn=True)
            return
        if shown.get("is_archived"):
            yield problem(f"channel {room} is archived")
        elif not shown.get("is_member"):
            text = f"the app is not in channel {room}: nothing said there is heard"
            yield problem(text, f"write /invite @desk in {room}")


def _said_no(token: str, error: SendError, hint: str | None = None) -> Problem:
    """Return the problem that a call with a token met: what is out of reach refuses no token."""
    if is_out_of_reach(error.__cause__):
        return server_problem(error.reason, error)
    return problem(f"{token}: {error.reason}", hint)


def missing_scopes(granted: str) -> Iterator[Problem]:
    """Yield each scope that is missing, with the events that only come with it and its cost."""
    have = {scope.strip() for scope in granted.split(",")}
    for scope in SCOPES:
        if scope.name in have:
            continue
        events = ", ".join(scope.events)
        also = f", and subscribe to the event {events}" if events else ""
        hint = f"add it in the app's settings{also}; then install the app again"
        with_it = f" (and with it the event {events})" if events else ""
        text = f"the scope {scope.name} is missing{with_it}: {scope.cost}"
        yield problem(text, hint, warn=not scope.is_needed)
