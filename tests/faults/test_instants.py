"""A desk that dies or fails at one of its instants costs nobody anything."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults import instants
from tests.faults.instants import NAMES, Instant, all_instants, attempt_all

ROOT = Path(__file__).parents[2]
# One for each thing that has to be put right afterwards; `make faults` tries all of them.
QUICK = (
    Instant("mail", "commit", 1, "kill"),
    Instant("mail", "accepted", 1, "kill"),
    Instant("mail", "content", 1, "short"),
    Instant("mail", "apply", 1, "raise"),
    Instant("mail", "commit", 4, "raise"),
    Instant("slack", "committed", 3, "kill"),
    Instant("slack", "sent", 1, "kill"),
    Instant("telegram", "accepted", 1, "kill"),
    Instant("telegram", "sent", 1, "kill"),
)


async def test_faults_at_single_instants_lose_nothing(tmp_path):
    """Killed between two lines, or failing there: one answer each, and books that add up."""
    verdicts = await attempt_all(QUICK, tmp_path, jobs=4)

    assert [f"{each.instant}: {each.faults}" for each in verdicts if each.faults] == []
    assert sum(each.repeated for each in verdicts if each.instant.channel == "slack") == 0
    # On Telegram whatever was on the wire comes once more; a third copy would be among the faults.


async def test_an_instant_that_never_comes_is_found_out(tmp_path, monkeypatch):
    """The twin: a fault that does not happen proves nothing, and is told as one."""
    monkeypatch.setattr(instants, "QUIET_SECONDS", 0.0)

    (verdict,) = await attempt_all([Instant("mail", "nowhere", 1, "raise")], tmp_path, jobs=1)

    assert verdict.faults == ["never came to that instant"]


def reaching(fault, code):
    """Run code that comes to failpoints, under a fault."""
    start = f"from gateway.failpoint import reach, shorten\n{code}"
    return subprocess.run(
        [sys.executable, "-c", start],
        cwd=ROOT,
        env={"VENTANILLA_FAULT": fault} if fault else {},
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_happens_unless_it_is_asked_for():
    """And nothing is looked up: the functions are empty ones."""
    done = reaching("", "reach('here'); print(shorten('here', b'abcd'), reach.__name__)")

    assert (done.returncode, done.stdout) == (0, "b'abcd' _reach\n")


@pytest.mark.parametrize(
    ("action", "code", "said"),
    [
        ("kill", -signal.SIGKILL, "1\n"),
        ("raise", 1, "1\n"),
        ("short", -signal.SIGKILL, "1\nb'ab'\n"),
    ],
)
def test_a_fault_happens_the_nth_time_and_says_so(action, code, said):
    """Not before, and not elsewhere."""
    script = (
        "reach('there'); shorten('here', b'abcd'); reach('here'); print(1, flush=True)\n"
        "content = shorten('here', b'abcd')\n"
        "if len(content) < 4: print(content, flush=True)\n"
        "reach('here', OSError); print(2)"
    )

    done = reaching(f"here:2:{action}", script)

    assert (done.returncode, done.stdout) == (code, said)
    assert f"fault: here {action}\n" in done.stderr
    assert ("OSError: a fault at here" in done.stderr) is (action == "raise")


def test_a_fault_that_is_none_is_refused():
    """A misspelt action would prove nothing."""
    assert "none of kill" in reaching("here:1:boom", "").stderr


def test_every_instant_of_the_program_is_tried_and_named_in_the_docs():
    """The names in the source, those that are tried, and those of the table are the same."""
    found = {
        name
        for folder in ("gateway", "channels")
        for path in (ROOT / folder).rglob("*.py")
        for name in re.findall(r'\breach\("(\w+)"', path.read_text())
    }
    _, _, table = (ROOT / "docs/faults.md").read_text().partition("| name | the instant |")
    told = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)

    assert found == {each.name for each in all_instants()} == set(told)
    assert found >= set(NAMES)
