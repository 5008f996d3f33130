"""What the tests of the command line share: a new desk, and a way to run commands on it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from gateway.cli import run
from gateway.cli.new_desk import write_new_desk

ROOT = Path(__file__).parents[2]
# Small, so that each of the many commands reads it at once.
RULES = """\
teams:
  service-desk: {level: 1}
  network: {level: 2, agents: [ana], next: experts}
  applications: {level: 2}
  experts: {level: 3}
agents:
  ana: {name: Ana Reis, email: ana.reis@corp.example}
faq:
  - id: reset-password
    ask:
      en: [How do I reset my password?, I forgot my password, I need a new password]
    answer:
      en: Choose **Forgot password**.
    examples: {match: [I forgot my password]}
routes:
  - id: printer
    when: {words: [printer]}
    then: {team: service-desk}
    examples: {match: [The printer is broken]}
  - id: vpn-outage
    when: {words: [vpn], any_words: [down]}
    then: {team: network, priority: high}
    examples: {match: [Our VPN is down]}
fallback: {team: service-desk}
"""


@dataclass
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """Return the one JSON value on standard output."""
        return json.loads(self.out)


class Shell:
    """Runs commands on one new desk, within this process."""

    def __init__(self, folder: Path, capsys):
        self.config = write_new_desk(folder / "desk")
        for path in (folder / "desk" / "rules").iterdir():
            path.unlink()
        (folder / "desk" / "rules" / "desk.yaml").write_text(RULES)
        text = self.config.read_text()
        self.config.write_text(text.replace('"en", "pt", "es", "it", "pl"', '"en"'))
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Ran:
        """Run a command."""
        self._capsys.readouterr()
        code = run([*arguments, "-c", str(self.config)])
        out, err = self._capsys.readouterr()
        return Ran(code, out, err)

    def opened(self, text: str, *more: str) -> str:
        """Log a call; return its ticket's reference."""
        asked = ("tickets", "open", text, "--by", "email", "--from", "ana@corp.example", *more)
        ran = self(*asked, "--json")
        assert ran.code == 0, ran.err
        return ran.json["ticket"]


def process(*arguments: str, **options) -> subprocess.CompletedProcess:
    """Run a command as a process of its own, through the real entry."""
    plain = {"cwd": ROOT, "capture_output": True, "text": True, "timeout": 60}
    command = [sys.executable, "-m", "gateway.cli", *arguments]
    return subprocess.run(command, check=False, **(plain | options))


def environment(**more: str) -> dict[str, str]:
    """Return this process's environment without what leads commands elsewhere, and with more."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("VENTANILLA", "DEMO"))}
    return plain | more
