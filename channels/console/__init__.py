"""The console: a conversation with the desk in one terminal, for trying rules and showing them.

Started by ``ventanilla chat``. One person, on this machine: whoever can run it is proven. Each line
goes on with the conversation that the desk's last message belongs to, until ``/new``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from channels.console.markup import Said, to_part
from channels.console.parse import ConsoleParser
from channels.console.receive import receive_lines
from channels.console.send import show_part
from channels.console.terminal import Standard, Terminal
from gateway.contracts.channel import Abilities, ChannelSetup, Intake, Parser, Rate
from gateway.errors import Problem
from gateway.model.outgoing import Outgoing, Part, Receipt
from gateway.model.people import Place


class ConsoleSettings(BaseModel):
    """A ``[channels.<name>]`` table of kind console: there is nothing to set."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ConsoleChannel:
    """See `gateway.contracts.channel.Channel`.

    ``ended`` is set when the person has left; ``said`` is the last thing that was shown. The next
    line is taken when ``settled`` returns: a pipe does not wait for answers by itself.
    """

    kind = "console"
    abilities = Abilities(attachments=False, buttons=True)
    rates: Sequence[Rate] = ()

    def __init__(self, name: str, settings: ConsoleSettings, setup: ChannelSetup) -> None:
        del settings
        self.name = name
        self.parser: Parser = ConsoleParser(name)
        self.ended = asyncio.Event()
        self.said: Said | None = None
        self.settled: Callable[[], Awaitable[None]] = _at_once
        self.world = setup.world
        self.terminal: Terminal = Standard(setup.world.random_bytes(8).hex())

    @classmethod
    def settings_model(cls) -> type[ConsoleSettings]:
        """See `ChannelFactory.settings_model`."""
        return ConsoleSettings

    @classmethod
    def check_where(cls, where: str) -> Problem | None:
        """See `ChannelFactory.check_where`: there is one terminal, whatever it is called."""
        del where
        return None

    async def bind(self) -> Mapping[str, str]:
        """See `Channel.bind`: it listens nowhere."""
        return {}

    async def receive(self, intake: Intake) -> None:
        """See `Channel.receive`."""
        await receive_lines(self, intake)

    def render(self, outgoing: Outgoing) -> Sequence[Part]:
        """See `Channel.render`: always one part, a terminal takes any length."""
        return [to_part(outgoing)]

    async def send(self, part: Part) -> Receipt:
        """See `Channel.send`."""
        self.said = show_part(self.terminal, part)
        return Receipt(external_id=part.external_id)

    async def check(self, places: Sequence[Place], *, connect: bool) -> Sequence[Problem]:
        """See `Channel.check`: nothing can be wrong."""
        del places, connect
        return ()

    def room_of(self, place: Place) -> str:
        """See `Channel.room_of`."""
        return place.where

    async def close(self) -> None:
        """See `Channel.close`: the terminal is not ours to close."""


async def _at_once() -> None:
    """Wait for nothing."""
