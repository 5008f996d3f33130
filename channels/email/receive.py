"""Takes mail in: everything of an e-mail channel that listens or fetches, run side by side.

Called through `EmailChannel.receive`; runs until it is cancelled. Each of its parts acknowledges
only what `Intake.accept` has stored.
"""

from __future__ import annotations

import asyncio

from channels.email.door import House
from channels.email.smtp_in import SmtpListener
from gateway.contracts.channel import Intake


async def receive(intake: Intake, *, listener: SmtpListener | None, house: House) -> None:
    """Run what is configured until cancelled; with nothing configured only wait."""
    async with asyncio.TaskGroup() as running:
        if listener is not None:
            running.create_task(listener.serve(house, intake))
        await asyncio.get_running_loop().create_future()
