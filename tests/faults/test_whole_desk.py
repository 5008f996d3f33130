"""What is done to the process, its file and its log while customers write."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import sys
import termios
import time

import pytest

from tests.faults.slow_consumer import slow_consumer
from tests.faults.storage import fill_and_free, hold_the_file
from tests.faults.under_load import Work, working


async def test_sigterm_under_load_ends_in_time_and_loses_nothing(tmp_path):
    """It stops taking, finishes what is in hand, and ends with 0; the next one goes on."""
    async with working(tmp_path / "desk") as work:
        await work.go_on()
        os.kill(work.desk.pid, signal.SIGTERM)
        code = await asyncio.to_thread(work.desk.wait, 60.0)
        await work.start()
        await work.go_on()

        assert code == 0
        assert await work.judged() == []


async def test_a_second_sigterm_ends_at_once_and_loses_nothing(tmp_path):
    """Who cannot wait need not: everything that was taken is in the database."""
    async with working(tmp_path / "desk") as work:
        await work.go_on()
        os.kill(work.desk.pid, signal.SIGTERM)
        await asyncio.sleep(0.02)
        os.kill(work.desk.pid, signal.SIGTERM)
        began = time.monotonic()
        code = await asyncio.to_thread(work.desk.wait, 60.0)
        took = time.monotonic() - began
        await work.start()

        assert (code in {0, 1}, took < 2.0) == (True, True)
        assert await work.judged() == []


async def test_children_do_not_outlive_a_killed_desk(tmp_path):
    """SIGKILL for the desk alone: its children end, and nothing stands in the next one's way."""
    door = tmp_path / "door"
    async with working(tmp_path / "desk") as work:
        text = work.config.read_text()
        work.config.write_text(text + LMTP.format(door=door))
        os.kill(work.desk.pid, signal.SIGTERM)
        await asyncio.to_thread(work.desk.wait, 60.0)
        before = names_beside(work) | {"desk.db-wal", "desk.db-shm", "faq-cache", "serve.2.log"}
        await work.start()
        await work.go_on()
        os.kill(work.desk.pid, signal.SIGKILL)
        await work.until(lambda: not any(work.desk.resident_mib()), 60.0)
        left = names_beside(work) - before
        await work.start()
        await work.go_on()

        assert (door.exists(), left) == (True, set())
        assert await work.judged() == []


def names_beside(work: Work) -> set[str]:
    """Return what lies in the desk's folder."""
    return {path.name for path in work.config.parent.iterdir()}


LMTP = """
[channels.lists]
kind = "email"
address = "lists@acme.example"
listen = "lmtp:{door}"
smtp = "smtp://127.0.0.1:1"
"""


async def test_a_full_disk_stops_taking_until_there_is_room(tmp_path):
    """No "got it", no refusal for good, and within five seconds of room it goes on."""
    async with working(tmp_path / "desk") as work:
        await work.go_on()
        took = [await fill_and_free(work) for _ in range(3)]

        assert max(took) < 5.0
        assert await work.judged() == []


async def test_a_locked_file_is_waited_for(tmp_path):
    """Another process holds it for seconds: no "got it", no refusal for good, no standstill."""
    async with working(tmp_path / "desk") as work:
        await work.go_on()
        gap, is_held = await hold_the_file(work, 4.0)
        await work.go_on()

        assert (is_held, gap < 0.5) == (True, True)
        assert await work.judged() == []


@pytest.mark.parametrize("becomes", ["nothing", "another file"])
async def test_a_file_that_is_taken_away_stops_the_desk(tmp_path, becomes):
    """What is written to a file that nobody can find again is not stored: it says so, and ends."""
    async with working(tmp_path / "desk") as work:
        await work.go_on()
        kept = tmp_path / "kept"
        kept.mkdir()
        for path in work.config.parent.glob("desk.db*"):
            path.rename(kept / path.name)
        if becomes == "another file":
            work.database.write_bytes(b"")
        taken_by_then = len(work.load.acknowledged)
        code = await asyncio.to_thread(work.desk.wait, 60.0)
        taken_since = len(work.load.acknowledged) - taken_by_then

        assert (code, "moved or deleted" in work.log.read_text()) == (75, True)
        assert taken_since <= 8 + 1


async def test_a_log_that_nobody_reads_stops_nobody(tmp_path):
    """Standard error is a pipe that is full: mails are taken and answered all the same."""
    pipe = tmp_path / "log"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDWR)
    try:
        async with working(tmp_path / "desk", starts=False) as work:
            await work.start(log=pipe)
            await work.until(lambda: len(work.sink.replies) > 400, 60.0)
            unread = waiting_in(reading)
            await work.until(lambda: len(work.sink.replies) > 500, 60.0)

            assert (unread > 32768, waiting_in(reading)) == (True, unread)
            assert await work.judged() == []
    finally:
        os.close(reading)


def waiting_in(pipe: int) -> int:
    """Return how many bytes nobody has read."""
    waiting = bytearray(4)
    fcntl.ioctl(pipe, termios.FIONREAD, waiting)
    return int.from_bytes(waiting, sys.byteorder)


async def test_a_slow_way_out_and_few_resources_cost_nothing_but_time(tmp_path):
    """Replies trickle, mails pour in, strangers hold connections: memory and files stay bounded."""
    verdict = await slow_consumer(tmp_path, seconds=5.0)

    assert verdict.faults == []
    assert (verdict.refused > 0, verdict.peak_mib < 256) == (True, True)
