"""The guide for admins can be followed to the letter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.cli import run
from gateway.cli.new_desk import write_new_desk
from tests.journeys.bench import letter

GUIDE = (Path(__file__).parents[2] / "docs" / "guide.md").read_text()
FILES = dict(re.findall(r"```yaml\n# (rules/\w+\.yaml)\n(.*?)```", GUIDE, flags=re.DOTALL))
STEPS = list(FILES)


@pytest.fixture
def desk(tmp_path, monkeypatch) -> Path:
    """A new desk without rules, as the guide begins; the shell stands in its folder."""
    folder = write_new_desk(tmp_path / "desk").parent
    for path in folder.glob("rules/*.yaml"):
        path.unlink()
    config = folder / "config.toml"
    config.write_text(config.read_text().replace('"en", "pt", "es", "it", "pl"', '"en"'))
    monkeypatch.chdir(folder)
    return folder


def written(desk: Path, names: list[str]) -> None:
    """Write files of the guide, with the line that names them."""
    for name in names:
        (desk / name).write_text(f"# {name}\n{FILES[name]}")


@pytest.mark.parametrize("count", range(2, len(STEPS) + 1))
def test_after_every_step_the_rules_are_good(desk, capsys, count) -> None:
    """Each file is added to those before it, and nothing is wrong, not even a little."""
    written(desk, STEPS[:count])

    assert (run(["check"]), capsys.readouterr().out) == (0, "no problems found\n")


def test_the_mistake_of_the_guide_is_shown_as_it_says(desk, capsys) -> None:
    """What an admin reads on the page is what the program says."""
    written(desk, STEPS[:2])
    broken = desk / "rules" / "faq.yaml"
    broken.write_text(broken.read_text().replace("answer:", "anwser:"))
    shown = re.search(r"\$ ventanilla check\n(.*?)```", GUIDE, flags=re.DOTALL)
    assert shown is not None

    assert run(["check"]) == 1
    assert capsys.readouterr().out.replace(f"{desk}/", "") == shown[1]


def test_the_questions_of_the_guide_are_decided_as_it_says(desk, capsys) -> None:
    """An answer, a route, and another hour."""
    written(desk, STEPS)

    asked = re.findall(r'ventanilla explain "([^"]+)"(?: --at "([^"]+)")?', GUIDE)
    said = []
    for text, at in asked:
        assert run(["explain", text, *(["--at", at] if at else [])]) == 0
        said.append(capsys.readouterr().out.splitlines()[0])

    assert said[0].startswith("answer with FAQ entry parking")
    assert said[1:] == ["route to team network, level 2", "route to team experts, level 3"]


def test_the_backtests_of_the_guide_run(desk, capsys) -> None:
    """An mbox, and a changed copy."""
    written(desk, STEPS)
    body = letter("ana@cust.example", "VPN", "Our VPN is down").replace(b"\r\n", b"\n")
    (desk / "last-month.mbox").write_bytes(b"From ana\n" + body)
    other = desk / "new-rules"
    other.mkdir()
    for name in STEPS:
        text = FILES[name].replace("team: network, priority: high", "team: experts")
        (other / Path(name).name).write_text(text)

    assert run(["backtest", "last-month.mbox", "--against", "new-rules"]) == 0
    assert "1 of 1 message would change" in capsys.readouterr().out
