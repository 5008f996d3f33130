"""Three desks, one for each kind of channel, with people who write to them and wait for answers.

A scene is what stands around one desk: customers with their mailboxes, an imitated Slack or an
imitated Telegram. Its people offer what they write until the desk has taken it, over any number of
restarts, and it can tell what was promised and not kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random  # noqa: TID251 - handed in with its seed
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from benchmarks import chat
from benchmarks.desk import COMMAND, make_desk, smtp_port
from benchmarks.processes import Group
from gateway.world import RealWorld
from tests.fakes.slack.people import People
from tests.fakes.slack.server import APP_TOKEN, BOT_TOKEN, SlackServer
from tests.fakes.telegram_people import message, private, user
from tests.fakes.telegram_server import TelegramServer
from tests.faults import kill_chat, kill_cycles, kill_telegram

PERSONS = 3
_ROOM = "C0ROOM001"


class Scene(ABC):
    """A desk and those who write to it."""

    def __init__(self, config: Path, secrets: Mapping[str, str] | None = None) -> None:
        self.config = config
        self._secrets = secrets or {}
        self.repeated = 0
        self._lives = 0

    def start(self, fault: str = "") -> Group:
        """Start the desk, with a fault in it where one is named."""
        self._lives += 1
        more = {"VENTANILLA_FAULT": fault} if fault else {}
        return Group(
            [*COMMAND, "serve", "-c", str(self.config)],
            log=self.log,
            environment={**os.environ, **self._secrets, **more},
        )

    @property
    def log(self) -> Path:
        """Return the log of the life that was begun last."""
        return self.config.parent / f"serve.{self._lives}.log"

    @abstractmethod
    async def meet(self, desk: Group) -> None:
        """Find a desk that was just started.

        Raises:
            RuntimeError: it ended before it could be found.
        """

    @abstractmethod
    async def write(self) -> None:
        """Have everybody write; return when all of it was taken, or cannot be told again."""

    @abstractmethod
    def are_answered(self) -> bool:
        """Tell whether everybody has an answer."""

    @abstractmethod
    def judge(self) -> list[str]:
        """Return what was promised and not kept; count what was ``repeated``."""


class MailScene(Scene):
    """Customers who write mails."""

    def __init__(self, config: Path, sink: kill_cycles.KeepingSink) -> None:
        super().__init__(config)
        self._sink = sink
        self._load = kill_cycles.Load(random.Random(1))

    async def meet(self, desk: Group) -> None:
        """See `Scene.meet`."""
        self._load.port = None
        self._load.port = smtp_port(await asyncio.to_thread(desk.ready_line))

    async def write(self) -> None:
        """See `Scene.write`."""
        client = None
        for _ in range(PERSONS):
            client = await self._load.write_one(client)

    def are_answered(self) -> bool:
        """See `Scene.are_answered`."""
        return self._load.acknowledged <= set(self._sink.replies)

    def judge(self) -> list[str]:
        """See `Scene.judge`."""
        self.repeated = sum(len(copies) - 1 for copies in self._sink.replies.values())
        return kill_cycles.judge(self._load.acknowledged, self._sink.replies)


class SlackScene(Scene):
    """People who write in a support channel."""

    def __init__(self, config: Path, slack: SlackServer) -> None:
        super().__init__(config, {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN})
        self._slack = slack
        self._people = People(slack)
        self._written: list[Any] = []

    async def meet(self, _desk: Group) -> None:
        """See `Scene.meet`: nobody writes before the bot has been there once."""
        with contextlib.suppress(TimeoutError):
            await self._slack.sockets.until(lambda: len(self._slack.sockets.open) == 2, seconds=20)

    async def write(self) -> None:
        """See `Scene.write`."""
        for number in range(PERSONS):
            name = f"U0P{number:06d}"
            self._slack.workspace.add_member(name, f"Person {number}")
            event = self._people.write(name, _ROOM, f"The printer number {number} hums")
            self._written.append(event)
            for retry in range(kill_chat.TELLINGS):
                if await self._people.told(event, event_id=f"Ev{number}", retry=retry):
                    break
                await asyncio.sleep(0.1)

    def are_answered(self) -> bool:
        """See `Scene.are_answered`."""
        answered = {said.get("thread_ts") for said in self._slack.workspace.replies_of_ours()}
        return answered >= {event["ts"] for event in self._written}

    def judge(self) -> list[str]:
        """See `Scene.judge`."""
        posted = self._slack.workspace.replies_of_ours()
        return kill_chat.judge(self._written, posted) + self._slack.methods.mistakes


class TelegramScene(Scene):
    """People who write to a bot."""

    def __init__(self, config: Path, server: TelegramServer) -> None:
        super().__init__(config)
        self._server = server
        self._written: dict[int, int] = {}

    async def meet(self, desk: Group) -> None:
        """See `Scene.meet`."""

    async def write(self) -> None:
        """See `Scene.write`."""
        for person in range(kill_telegram.FIRST_PERSON, kill_telegram.FIRST_PERSON + PERSONS):
            text = f"The printer number {person} hums"
            body = message(text, chat=private(person), sender=user(person, f"Person {person}"))
            self._written[person] = body["message_id"]
            update = self._server.push("message", body)
            while self._server.confirmed < update:  # noqa: ASYNC110 - asks ourselves
                await asyncio.sleep(0.02)

    def are_answered(self) -> bool:
        """See `Scene.are_answered`."""
        return self._written.keys() <= {each.chat for each in self._server.shown}

    def judge(self) -> list[str]:
        """See `Scene.judge`."""
        self.repeated, faults = kill_telegram.judge(self._written, self._server.shown)
        return faults


@contextlib.asynccontextmanager
async def mail(folder: Path) -> AsyncIterator[Scene]:
    """Give a desk that people write mails to, in a new folder."""
    sink = kill_cycles.KeepingSink()
    await sink.start()
    try:
        yield MailScene(await asyncio.to_thread(make_desk, folder, sink.port), sink)
    finally:
        sink.close()


@contextlib.asynccontextmanager
async def slack(folder: Path) -> AsyncIterator[Scene]:
    """Give a desk that people write to in Slack, in a new folder."""
    server = SlackServer(RealWorld(), seconds=2.5)
    server.workspace.add_room(_ROOM, "room-1")
    server.sockets.patience = 0.1
    async with server.running():
        config = await asyncio.to_thread(chat.make_desk, folder, server.api_url, [_ROOM])
        yield SlackScene(config, server)


@contextlib.asynccontextmanager
async def telegram(folder: Path) -> AsyncIterator[Scene]:
    """Give a desk that people write to on Telegram, in a new folder."""
    async with TelegramServer().running() as server:
        yield TelegramScene(
            await asyncio.to_thread(kill_telegram.make_bot_desk, folder, server.url), server
        )


SCENES: Mapping[str, Callable[[Path], AbstractAsyncContextManager[Scene]]] = {
    "mail": mail,
    "slack": slack,
    "telegram": telegram,
}
