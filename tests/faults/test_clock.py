"""A wall clock that jumps under a desk at work."""

import pytest

from tests.faults.clock import run
from tests.faults.power import COMPILER


@pytest.mark.skipif(COMPILER is None, reason="a wall clock that jumps is made with a C compiler")
async def test_a_clock_that_jumps_loses_and_repeats_nothing(tmp_path):
    """An hour on, an hour back, 1970, both changes of daylight saving, and right again."""
    assert await run(tmp_path) == []
