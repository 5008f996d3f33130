"""Fixtures of the journeys."""

from functools import partial

import pytest
import pytest_asyncio

from tests.fakes import databases
from tests.fakes.databases import BACK_ENDS
from tests.journeys import bench
from tests.journeys.bench import open_bench


def pytest_generate_tests(metafunc):
    """Go every journey on every back end, or on those that its file names in ``BACK_ENDS``."""
    some = getattr(metafunc.module, "BACK_ENDS", BACK_ENDS)
    metafunc.parametrize("database", some, indirect=True)


@pytest.fixture(autouse=True)
def database(request, monkeypatch):
    """Have benches made on one back end, whose name this is."""
    monkeypatch.setattr(bench, "new_database", partial(databases.empty, request.param, request))
    return request.param


@pytest_asyncio.fixture
async def desk(tmp_path):
    """A desk with teams, agents, two FAQ entries and two routes."""
    async with open_bench(tmp_path / "desk") as bench:
        yield bench
