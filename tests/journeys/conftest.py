"""Fixtures of the journeys."""

from functools import partial

import pytest
import pytest_asyncio

from tests.fakes import databases
from tests.journeys import bench
from tests.journeys.bench import open_bench


@pytest.fixture(autouse=True, params=("sqlite",))
def database(request, monkeypatch):
    """Every journey is gone on every back end, whose name this is."""
    monkeypatch.setattr(bench, "new_database", partial(databases.empty, request.param, request))
    return request.param


@pytest_asyncio.fixture
async def desk(tmp_path):
    """A desk with teams, agents, two FAQ entries and two routes."""
    async with open_bench(tmp_path / "desk") as bench:
        yield bench
