"""A desk that is killed again and again loses nothing and says nothing twice differently."""

from __future__ import annotations

import os
import sys

import pytest

from benchmarks.processes import Group
from tests.faults.kill_cycles import KeepingSink, judge, run, run_desk

ONE = b"Message-ID: <1@desk>\r\n\r\nYes"
OTHER = b"Message-ID: <2@desk>\r\n\r\nYes"


async def test_a_killed_desk_answers_every_mail_it_took(tmp_path):
    """Ten kills at random moments, customers who try again, and books that add up."""
    seed = int.from_bytes(os.urandom(3))

    verdict = await run_desk(tmp_path, kills=10, seed=seed)

    assert not verdict.faults, f"seed {seed}: {verdict}"
    assert verdict.acknowledged > 20


async def test_a_forgetful_desk_is_found_out(tmp_path):
    """The same cycles see what a desk loses that acknowledges before it stores."""
    sink = KeepingSink()
    await sink.start()
    command = [sys.executable, "-m", "tests.faults.forgetful", str(sink.port)]

    def start() -> Group:
        return Group(command, log=tmp_path / "log")

    verdict = await run(start, sink, kills=8, seed=1, settle=False)
    sink.close()

    assert any("never answered" in fault for fault in verdict.faults)


@pytest.mark.parametrize(
    ("replies", "faults"),
    [
        ({"<a>": [ONE], "<b>": [OTHER]}, 0),
        ({"<a>": [ONE, ONE], "<b>": [OTHER]}, 0),
        ({"<a>": [ONE]}, 1),
        ({"<a>": [ONE, OTHER], "<b>": [OTHER]}, 1),
        ({}, 2),
    ],
)
def test_the_judge_sees_losses_and_differing_repeats(replies, faults):
    """Byte-identical repeats pass; a missing answer and a second, different one do not."""
    assert len(judge({"<a>", "<b>"}, replies)) == faults
