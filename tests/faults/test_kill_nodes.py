"""Nodes that are killed and frozen, and a database that crashes, cost nobody anything."""

from __future__ import annotations

import os

import pytest

from tests.fakes.postgres import running
from tests.faults.conversations import Talk, judge
from tests.faults.kill_nodes import run_nodes

ANSWER = b"From: support+abc@acme.example\r\nSubject: We have it [VT-1001-N]\r\n\r\nYes"
OTHER = ANSWER.replace(b"Yes", b"No")
FIRST, SECOND = Talk(0).message_id, Talk(1).message_id
TEXTS = ["This is turn 0 of talk 0.", "a note", "This is turn 1 of talk 0."]


async def test_killed_nodes_keep_every_conversation_whole(tmp_path):
    """Each in a ticket of its own, each turn once and in order, and books that add up."""
    seed = int.from_bytes(os.urandom(3))

    with running() as server:
        verdict = await run_nodes(tmp_path, server, nodes=4, kills=6, restarts=1, seed=seed)

    assert not verdict.faults, f"seed {seed}: {verdict}"
    assert (verdict.restarts, verdict.kills > 0) == (1, True)


def talk(number: int = 0, turns: int = 2) -> Talk:
    """Return a conversation as its customer knows it."""
    return Talk(number, turns)


@pytest.mark.parametrize(
    ("talks", "copies", "histories", "fault"),
    [
        ([talk()], {FIRST: [ANSWER]}, {1001: TEXTS}, ""),
        ([talk()], {FIRST: [ANSWER, ANSWER]}, {1001: TEXTS}, ""),
        ([talk()], {FIRST: [ANSWER, OTHER]}, {1001: TEXTS}, "2 different ways"),
        ([talk()], {}, {1001: TEXTS}, "never answered"),
        ([talk()], {FIRST: [ANSWER]}, {1001: TEXTS[:1]}, "instead of"),
        ([talk()], {FIRST: [ANSWER]}, {1001: TEXTS[::-1]}, "instead of"),
        ([talk()], {FIRST: [ANSWER]}, {1001: TEXTS + TEXTS[2:]}, "instead of"),
        ([talk()], {FIRST: [ANSWER]}, {1001: TEXTS, 1002: []}, "2 tickets for 1 talks"),
        ([talk(), talk(1)], {FIRST: [ANSWER], SECOND: [ANSWER]}, {1001: TEXTS}, "like talk 0"),
    ],
)
def test_the_judge_sees_what_was_not_kept(talks, copies, histories, fault):
    """Identical repeats pass; what is missing, doubled, out of order or mixed up does not."""
    faults = judge(talks, copies, histories)

    assert bool(faults) is bool(fault)
    assert fault in "\n".join(faults)
