"""Takes mail in: everything of an e-mail channel that listens or fetches, run side by side.

Called through `EmailChannel.receive`; runs until it is cancelled. Each of its parts acknowledges
only what `Intake.accept` has stored, and heals by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from gateway.contracts.channel import Intake


class Receiver(Protocol):
    """One thing that takes mail."""

    async def run(self, intake: Intake) -> None:
        """Take mail until cancelled."""
        ...


async def receive(receivers: Sequence[Receiver], intake: Intake) -> None:
    """Run all until cancelled; with none configured only wait."""
    async with asyncio.TaskGroup() as running:
        for receiver in receivers:
            running.create_task(receiver.run(intake))
        await asyncio.get_running_loop().create_future()
