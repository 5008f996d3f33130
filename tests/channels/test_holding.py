"""What one node does at a time goes on soon after its lease was lost, however often that was."""

import asyncio
from contextlib import asynccontextmanager

from channels import backoff
from channels.holding import keep_holding
from gateway.errors import LeaseLost
from tests.fakes.world import FakeWorld

LOSSES = 14


class Forgetful:
    """An intake whose lease is lost while the work goes on."""

    def __init__(self) -> None:
        self.taken = 0

    @asynccontextmanager
    async def lease(self, key):
        """Hold it until the work has been begun."""
        self.taken += 1
        yield
        raise LeaseLost(key)


async def test_a_lease_that_was_lost_often_is_taken_again_soon(monkeypatch):
    """The wait does not grow with every loss in a process's life: they would be minutes soon."""
    monkeypatch.setattr(backoff, "FIRST_S", 0.005)
    intake, enough = Forgetful(), asyncio.Event()

    async def work():
        if intake.taken == LOSSES:
            enough.set()

    holding = asyncio.create_task(
        keep_holding(intake, "bot", work, backoff=backoff.Backoff(FakeWorld()), about={})
    )
    async with asyncio.timeout(60):
        await enough.wait()
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)
    assert intake.taken >= LOSSES
