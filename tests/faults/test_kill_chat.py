"""A desk that is killed again and again loses nothing said in Slack, and repeats nothing."""

from __future__ import annotations

import os

import pytest

from tests.faults.kill_chat import judge, run_desk


async def test_a_killed_desk_answers_every_message_once(tmp_path):
    """Five kills at random moments, people who go on writing, and books that add up."""
    seed = int.from_bytes(os.urandom(3))

    verdict = await run_desk(tmp_path, kills=5, seed=seed)

    assert not verdict.faults, f"seed {seed}: {verdict}"
    assert verdict.written > 20


def posted(thread: str, mark: str) -> dict[str, object]:
    """Return a message of the desk in a thread."""
    return {"thread_ts": thread, "metadata": {"event_payload": {"outbox_id": mark}}}


@pytest.mark.parametrize(
    ("messages", "faults"),
    [
        ([posted("1", "a"), posted("2", "b")], 0),
        ([posted("1", "a")], 1),
        ([posted("1", "a"), posted("1", "a"), posted("2", "b")], 1),
        ([posted("1", "a"), posted("1", "c"), posted("2", "b")], 1),
        ([], 2),
    ],
)
def test_the_judge_sees_losses_and_repeats(messages, faults):
    """The same post twice, another answer to one message, and none at all."""
    assert len(judge([{"ts": "1"}, {"ts": "2"}], messages)) == faults
