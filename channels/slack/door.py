"""Where everything of Slack's comes in: stored first, and only then answered.

Bolt acknowledges before its listeners run, so there are none: its middleware in front of everything
stores the event and returns the answer, and whatever is raised there keeps Slack waiting. Bolt
does not know a repeated event either: that is for the keys of the store. Imported lazily, with
slack_bolt (0.6 s).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from channels.health import Health
from channels.slack import words
from channels.slack.api import SlackApi
from channels.slack.blocks import escaped
from channels.slack.names import Names
from channels.slack.payload import Facts, Payload, facts_of, is_direct, part_at, text_at, unwrap
from channels.slack.people import profile_of
from channels.slack.text import mentions
from channels.slack.threads import Threads
from gateway.contracts.channel import Intake
from gateway.errors import SendError, StoreError, TemporaryFailure
from gateway.model.message import RawEvent
from gateway.world import World

log = logging.getLogger(__name__)

KIND = "slack"
# Slack waits three seconds for an answer, https://docs.slack.dev/apis/events-api
STORE_S = 2.0
LOOK_UP_S = 1.5
# So much of a command is shown to whoever typed it.
MOST_TYPED = 1000
# So often Slack tells of an event again; what cannot be looked up by then is stored without.
LAST_RETRY = 3
_FINE, _LATER = 200, 503


@dataclass(kw_only=True)
class House:
    """What the rooms of one Slack channel share.

    ``support`` are ids of support channels; until it ``knows`` them, nothing may be taken.
    """

    channel: str
    languages: Sequence[str]
    command: str
    reaction: str
    world: World
    api: SlackApi
    names: Names
    threads: Threads
    health: Health
    support: set[str] = field(default_factory=set)
    knows: asyncio.Event = field(default_factory=asyncio.Event)


class Door:
    """Takes payloads, over a socket or by HTTP, and stores them."""

    def __init__(self, house: House, opened: Callable[[Payload], None]) -> None:
        self._house = house
        self._opened = opened
        # Nothing here asks for a token: no listener ever runs, and requests are verified before.
        self._app = AsyncApp(
            name=house.channel,
            token="xoxb-",  # noqa: S106 - none: see above
            before_authorize=self._store,
            request_verification_enabled=False,
            ssl_check_enabled=False,
        )

    async def take(self, raw: bytes, intake: Intake, *, via: str, retry: int = 0) -> BoltResponse:
        """Store one payload and return what Slack is answered.

        Any status but 200 means that nothing is stored, and that Slack shall come again.

        Raises:
            ValueError: it is no payload of Slack.
        """
        told = {"raw": raw, "intake": intake, "via": via, "retry": retry}
        payload = dict(unwrap(raw))
        # Whether it came over a socket or by HTTP makes no difference here: it is unwrapped.
        request = AsyncBoltRequest(mode="socket_mode", body=payload, context={"ventanilla": told})
        return await self._app.async_dispatch(request)

    async def offer(self, payloads: Sequence[Payload], intake: Intake) -> None:
        """Store what history tells, as if it had been told in time."""
        events = []
        for payload in payloads:
            facts = self._facts(payload, "history")
            if not self._is_noise(payload, facts):
                events.append(self._event(json.dumps(payload).encode(), facts))
        if events:
            await intake.accept(events)

    async def _store(self, req: AsyncBoltRequest, next: Callable[..., Any]) -> BoltResponse | None:  # noqa: A002 - Bolt's name
        payload: Payload = req.body
        told: Mapping[str, Any] = req.context["ventanilla"]
        if text_at(payload, "type") == "url_verification":
            await next()
            return None
        if not self._house.knows.is_set():
            return BoltResponse(status=_LATER)
        facts = self._facts(payload, told["via"])
        language = ""
        try:
            if not self._is_noise(payload, facts):
                body, language = await self._completed(payload, facts, told)
                async with asyncio.timeout(STORE_S):
                    await told["intake"].accept([self._event(body, facts)])
                self._watch(payload, facts)
                self._opened(payload)
        except (StoreError, SendError, TimeoutError) as exc:
            more = {"channel": self._house.channel, "reason": str(exc) or type(exc).__name__}
            log.warning("slack event not stored", extra=more)
            return BoltResponse(status=_LATER)
        return BoltResponse(status=_FINE, body=self._answer(payload, facts, language))

    def _watch(self, payload: Payload, facts: Facts) -> None:
        """Remember the thread of what was said to the desk, whichever node answers it."""
        event, room = part_at(payload, "event"), str(facts.get("channel", ""))
        is_ours = (
            facts.get("what") in {"reaction", "shortcut"}
            or facts.get("support") is True
            or mentions(event.get("text"), str(facts.get("me", "")))
        )
        if is_ours and facts.get("root") and not is_direct(room):
            self._house.threads.add(f"{room}/{facts['root']}")

    def _event(self, body: bytes, facts: Facts) -> RawEvent:
        house = self._house
        return RawEvent(
            channel=house.channel, body=body, facts=facts, received_at=house.world.now()
        )

    def _facts(self, payload: Payload, via: str) -> Facts:
        facts = facts_of(payload) | {"via": via}
        identity = self._house.names.known_identity
        if identity is not None:
            facts |= {"team": identity.team, "me": identity.user, "bot": identity.bot}
        if facts.get("channel") in self._house.support:
            facts["support"] = True
        return {name: value for name, value in facts.items() if value != ""}

    def _is_noise(self, payload: Payload, facts: Facts) -> bool:
        """Return whether it is nothing that anybody said to us, or what we said ourselves."""
        what = facts.get("what")
        if what == "other":
            return True
        if what == "reaction":
            is_ours = facts.get("user") == facts.get("me")
            return is_ours or facts.get("reaction") != self._house.reaction
        if what == "command":
            return payload.get("command") != self._house.command
        event = part_at(payload, "event")
        said = part_at(event, "message") or part_at(event, "previous_message") or event
        bot = text_at(said, "bot_id")
        return bool(bot) and (bot == facts.get("bot") or _is_apps(payload, said))

    async def _completed(
        self, payload: Payload, facts: Facts, told: Mapping[str, Any]
    ) -> tuple[bytes, str]:
        """Return the bytes to store, and the language to answer in, "" where that is not asked."""
        completing = self._complete(payload, facts, told)
        if facts.get("what") != "command":
            return await completing, ""
        return await asyncio.gather(completing, self._language_of(facts, told["intake"]))

    async def _complete(self, payload: Payload, facts: Facts, told: Mapping[str, Any]) -> bytes:
        """Look up what the payload only points at; return the bytes to store."""
        raw: bytes = told["raw"]
        what = facts.get("what")
        if what == "reaction":
            found = await self._looked_up(facts, is_last=told["retry"] >= LAST_RETRY)
            message = part_at(found, "message")
            facts["root"] = text_at(message, "thread_ts") or facts.get("root", "")
            return json.dumps({**payload, "ventanilla": found}).encode()
        # What was said between two other people, or typed as a command, is answered in private.
        in_private = text_at(payload, "channel", "name") == "directmessage"
        if what == "command" or (what == "shortcut" and in_private):
            facts["dm"] = await self._direct(str(facts.get("user", "")))
        return raw

    async def _looked_up(self, facts: Facts, *, is_last: bool) -> dict[str, Any]:
        """Return the message that a reaction is about, or why it cannot be read."""
        channel, ts = str(facts.get("channel", "")), str(facts.get("ts", ""))
        try:
            async with asyncio.timeout(LOOK_UP_S):
                return {"message": await self._message(channel, ts)}
        except (TemporaryFailure, TimeoutError) as exc:
            if not is_last:
                raise
            fault = str(exc) or "Slack did not answer"
        except SendError as exc:
            fault = exc.reason
        archive = f"https://slack.com/archives/{channel}/p{ts.replace('.', '')}"
        return {"fault": fault, "link": archive}

    async def _message(self, channel: str, ts: str) -> Mapping[str, Any]:
        one: dict[str, Any] = {"channel": channel, "oldest": ts, "latest": ts, "inclusive": True}
        tries: tuple[tuple[str, dict[str, Any]], ...] = (
            ("conversations_history", {}),
            ("conversations_replies", {"ts": ts}),
        )
        api = self._house.api
        for method, more in tries:
            found = (await api.call(method, **one, **more)).get("messages") or []
            for message in found:
                if text_at(message, "ts") == ts:
                    return dict(message)
        return {}

    async def _direct(self, user: str) -> str:
        """Return the direct conversation with somebody; their id when it cannot be asked now."""
        try:
            async with asyncio.timeout(LOOK_UP_S):
                return await self._house.names.direct(user)
        except (SendError, TimeoutError):
            return user

    async def _language_of(self, facts: Facts, intake: Intake) -> str:
        """Return the language to answer a command in at once: theirs, as far as it is known."""
        spoken, user, said = self._house.languages, str(facts.get("user", "")), ""
        with contextlib.suppress(StoreError, TimeoutError):
            async with asyncio.timeout(LOOK_UP_S):
                said = await intake.language(KIND, user)
                if said not in spoken:
                    profile = await profile_of(self._house.api, user)
                    said = profile.language if profile else ""
        return said if said in spoken else spoken[0]

    def _answer(self, payload: Payload, facts: Facts, language: str) -> dict[str, Any] | str:
        if facts.get("what") != "command":
            return ""
        typed = " ".join(text_at(payload, "text", limit=MOST_TYPED).split())
        text = words.taken(language, escaped(typed))
        return {"response_type": "ephemeral", "text": text}


def _is_apps(payload: Payload, said: Payload) -> bool:
    app = text_at(payload, "api_app_id")
    return bool(app) and app in (text_at(said, "app_id"), text_at(said, "bot_profile", "app_id"))
