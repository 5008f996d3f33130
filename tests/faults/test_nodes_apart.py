"""Nodes that freeze, are cut off, or race do nothing twice and lose nothing."""

from __future__ import annotations

from tests.faults import nodes_apart
from tests.faults.nodes_apart import try_all


async def test_nodes_that_freeze_are_cut_off_or_race_do_everything_once(
    tmp_path, postgres, monkeypatch
):
    """Who others gave up sends no more; who has no database says so; a backlog is shared.

    Its twin is in it: frozen between the last look and the send, a node does send a second time.
    """
    # Others may be at work on this machine; `make faults` is strict.
    monkeypatch.setattr(nodes_apart, "SAID_SECONDS", 20.0)
    monkeypatch.setattr(nodes_apart, "TAKEN_OVER_SECONDS", 120.0)

    assert await try_all(tmp_path, postgres, mails=400, count=2) == []
