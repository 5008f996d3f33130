"""The power is cut, and the disk does not keep what it was told to keep."""

from __future__ import annotations

import asyncio
import os

import pytest

from tests.faults.power import COMPILER, cut, library, on_watched_disk, work_on_it
from tests.faults.under_load import working

pytestmark = pytest.mark.skipif(COMPILER is None, reason="needs a C compiler")


async def test_a_power_cut_loses_nothing_that_was_promised(tmp_path):
    """Sixty instants of a desk at work; and the twin: a disk that syncs nothing is found out."""
    seed = int.from_bytes(os.urandom(3))
    log, told = await work_on_it(tmp_path, mails=150)

    verdict = await cut(log, told, tmp_path, cuts=60, seed=seed)
    lying = await cut(log, told, tmp_path, cuts=10, seed=seed, keeps_syncs=False)

    assert not verdict.faults, f"seed {seed}: {verdict}"
    assert verdict.syncs > 30
    assert lying.faults


async def test_a_disk_that_keeps_nothing_more_stops_the_desk(tmp_path):
    """After a failed sync nothing is taken, the desk ends with 75, and the next one goes on."""
    built = library(tmp_path)
    fails = tmp_path / "fails"
    async with working(tmp_path / "desk", starts=False) as work:
        on_watched_disk(work, built, DISK_FAILS=str(fails))
        await work.start()
        await work.go_on()
        fails.touch()
        code = await asyncio.to_thread(work.desk.wait, 60.0)
        work.environment = None
        taken = len(work.load.acknowledged)
        await work.start()
        await work.go_on()

        assert (code, taken > 0) == (75, True)
        assert await work.judged() == []
