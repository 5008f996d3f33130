"""Log lines: complete, in order, redacted, and never in the way."""

import json
import logging
import os
import re
import subprocess
import sys
import threading

import pytest
import structlog

from gateway.logs import logging_to

LOG = logging.getLogger("gateway.journey.accept")


class Pipe:
    """A pipe whose reading end somebody may or may not read."""

    def __init__(self):
        self.reads, self.writes = os.pipe()

    def lines(self):
        """Close the writing end and return what was written."""
        os.close(self.writes)
        with os.fdopen(self.reads, encoding="utf-8") as file:
            return file.read().splitlines()


@pytest.fixture
def pipe():
    """Return a pipe of the usual 64 KiB."""
    return Pipe()


def test_each_fact_is_one_json_line_with_its_fields(pipe):
    """Standard logging, structlog and the journey's context end in the same form."""
    with (
        logging_to(pipe.writes),
        structlog.contextvars.bound_contextvars(channel="support-mail"),
    ):
        LOG.info("accepted", extra={"ticket": "VT-1042-F", "sender": "ana@corp.example"})
        structlog.get_logger("gateway.x").warning("slow", duration_ms=12)

    first, second = map(json.loads, pipe.lines())
    assert list(first)[:3] == ["at", "level", "event"]
    assert first.pop("at").endswith("+00:00")
    assert first == {
        "level": "info",
        "event": "accepted",
        "logger": "gateway.journey.accept",
        "channel": "support-mail",
        "ticket": "VT-1042-F",
        "sender": "a***@corp.example",
    }
    assert (second["level"], second["event"], second["duration_ms"]) == ("warning", "slow", 12)
    assert second["channel"] == "support-mail"


def test_the_first_line_of_a_burst_does_not_wait(pipe):
    """Whoever follows a log sees what happens, though lines are written several at a time."""
    with logging_to(pipe.writes):
        LOG.info("first")
        read = os.read(pipe.reads, 1000)
        for number in range(250):
            LOG.info("more", extra={"number": number})

    assert json.loads(read)["event"] == "first"
    assert [json.loads(line)["number"] for line in pipe.lines()] == list(range(250))


def test_a_traceback_is_logged_without_its_secrets(pipe):
    """Operators see where it broke; the password in the message is gone."""
    with logging_to(pipe.writes, secrets=["hunter2!"]):
        try:
            int("hunter2!")
        except ValueError:
            LOG.exception("broken")

    (line,) = pipe.lines()
    assert "invalid literal for int() with base 10: '***'" in json.loads(line)["exception"]
    assert "hunter2" not in line


def test_a_value_that_cannot_be_shown_costs_one_line(pipe):
    """A fault in somebody's ``__str__`` does not end the writer."""

    class Broken:
        def __str__(self):
            raise ValueError("no")

    with logging_to(pipe.writes) as logs:
        LOG.info("bad", extra={"value": Broken()})
        LOG.info("wrong %d", "arguments")
        LOG.info("good")

    said = [json.loads(line)["event"] for line in pipe.lines()]
    assert said == ["1 log lines were dropped", "wrong %d", "good"]
    assert logs.dropped == 1


def test_a_stuck_reader_stops_nobody_and_dropped_lines_are_counted(pipe):
    """With the pipe full, lines wait, then are dropped; when it is read again, that is said."""
    told = []
    with logging_to(pipe.writes) as logs:
        logs.on_drop = told.append
        for _ in range(15_000):
            LOG.info("accepted", extra={"ticket": "VT-1042-F"})
        dropped = logs.dropped
        reader = threading.Thread(target=lambda: lines.extend(_read_all(pipe.reads)))
        lines = []
        reader.start()
    os.close(pipe.writes)
    reader.join()

    assert dropped > 0
    assert sum(told) == dropped
    notices = re.findall(r"(\d+) log lines were dropped", "\n".join(lines))
    assert sum(map(int, notices)) == dropped


def _read_all(descriptor):
    """Return all lines until the writing end is closed."""
    with os.fdopen(descriptor, encoding="utf-8") as file:
        return file.read().splitlines()


def test_a_naive_log_hangs_on_the_same_stuck_reader(pipe):
    """What the queue is for: a plain stream handler stands still on a pipe nobody reads."""
    handler = logging.StreamHandler(os.fdopen(pipe.writes, "w"))
    finished = threading.Event()

    def log_much():
        for _ in range(2_000):
            handler.emit(logging.LogRecord("x", logging.INFO, "", 0, "y" * 100, None, None))
        finished.set()

    thread = threading.Thread(target=log_much, daemon=True)
    thread.start()
    hung = not finished.wait(0.3)
    reader = threading.Thread(target=_read_all, args=[pipe.reads])
    reader.start()
    thread.join()
    handler.stream.close()
    reader.join()

    assert hung


def test_a_closed_reader_stops_nobody(pipe):
    """EPIPE on every line is a number in a counter."""
    os.close(pipe.reads)
    with logging_to(pipe.writes) as logs:
        for _ in range(100):
            LOG.info("accepted")
    os.close(pipe.writes)

    assert logs.dropped >= 100


def test_a_process_ends_though_nobody_reads_its_log():
    """Neither the flush at the end nor the interpreter's exit waits for a stuck reader."""
    script = (
        "import logging, os\n"
        "from gateway.logs import logging_to, stderr\n"
        "with logging_to(stderr()) as logs:\n"
        "    for _ in range(20_000): logging.getLogger('x').info('y' * 100)\n"
        "    assert logs.dropped\n"
        "print('over')\n"
    )
    reads, writes = os.pipe()
    done = subprocess.run(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=writes,
        timeout=20,
        check=False,
    )
    os.close(reads)
    os.close(writes)

    assert (done.returncode, done.stdout) == (0, b"over\n")


def test_console_lines_are_plain_where_they_are_piped(pipe):
    """``--log console`` into a file leaves no escape sequences in it."""
    with logging_to(pipe.writes, form="console"):
        LOG.info("accepted", extra={"ticket": "VT-1042-F"})

    (line,) = pipe.lines()
    assert "accepted" in line
    assert "ticket=VT-1042-F" in line
    assert "\x1b" not in line


def test_a_failure_of_the_desk_is_logged_with_its_trace(pipe):
    """Formatted in another thread, where the exception of this one is not to be found."""
    with logging_to(pipe.writes):
        try:
            os.close(-1)
        except OSError:
            structlog.get_logger("gateway.x").exception("part failed")

    (line,) = pipe.lines()
    assert "OSError: [Errno 9] Bad file descriptor" in json.loads(line)["exception"]
