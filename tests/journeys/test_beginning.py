"""What a desk starts with: read at once where it was refused before, and else when it takes in."""

from __future__ import annotations

import pytest

from gateway.errors import ConfigError
from gateway.serving.beginning import Beginning
from gateway.settings import load_settings
from gateway.web.metrics import Meter
from tests.journeys.bench import open_bench
from tests.journeys.test_reloading import read_here

BROKEN = "routes: [{id: lift, when: {words: [lift]}, then: {team: nobody}}]\n"


@pytest.fixture
async def start(tmp_path):
    """Return what makes the beginning of a new start of one desk, with the store it has."""
    async with open_bench(tmp_path / "desk") as bench:

        def begin():
            settings = load_settings(tmp_path / "desk" / "config.toml", {})
            beginning = Beginning(settings, bench.desk.channels, Meter(), bench.world)
            beginning.reloading._read = read_here
            return beginning, bench.store

        yield begin


@pytest.fixture
def more(tmp_path):
    """Return a rule file to write."""
    return tmp_path / "desk" / "rules" / "more.yaml"


async def test_unknown_files_are_not_read_before_the_desk_takes_in(start, more):
    """A start costs nobody's mail, whatever the files say."""
    more.write_text(BROKEN)
    beginning, store = start()

    await beginning.read_if_refused(store)

    assert beginning.parts is None
    with pytest.raises(ConfigError, match="nobody"):
        await beginning.read(store)


async def test_refused_files_are_read_first(start, more):
    """So that nothing is announced; changed since then, they are like any others."""
    more.write_text(BROKEN)
    beginning, store = start()
    with pytest.raises(ConfigError):
        await beginning.read(store)

    with pytest.raises(ConfigError, match="nobody"):
        await start()[0].read_if_refused(store)

    more.write_text(BROKEN.replace("nobody", "network"))
    again, _ = start()
    await again.read_if_refused(store)
    assert again.parts is None


async def test_files_that_are_good_now_are_not_read_first_for_ever(start, more):
    """A newer program may take what an older one refused."""
    more.write_text(BROKEN)
    beginning, store = start()
    with pytest.raises(ConfigError):
        await beginning.read(store)

    async def read_better(settings):
        more.rename(more.with_suffix(".away"))
        try:
            return await read_here(settings)
        finally:
            more.with_suffix(".away").rename(more)

    better, _ = start()
    better.reloading._read = read_better
    await better.read_if_refused(store)
    assert better.parts is not None
    assert await better.read(store) is better.parts

    later, _ = start()
    await later.read_if_refused(store)
    assert later.parts is None
