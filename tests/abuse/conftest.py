"""The desk that is attacked."""

import pytest_asyncio

from tests.journeys.bench import open_bench


@pytest_asyncio.fixture
async def desk(tmp_path):
    """A desk with teams, agents, two FAQ entries and two routes."""
    async with open_bench(tmp_path / "desk") as bench:
        yield bench
