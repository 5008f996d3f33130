"""The reference page for admins says what is there, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import rules
from rules.calendar import CALENDAR_KEYS, LEVEL_KEYS
from rules.conditions import CONDITIONS
from rules.directory import TEAM_KEYS
from rules.faq.entries import ENTRY_KEYS
from rules.forms import FORM_KEYS
from rules.outcome import OUTCOMES

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def named_in(heading: str) -> set[str]:
    """Return the names in the first column of the tables under a heading."""
    section = PAGE.read_text().split(f"{heading}\n", 1)[1]
    section = re.split(r"^#+ ", section, maxsplit=1, flags=re.MULTILINE)[0]
    rows = re.findall(r"^\|([^|]*)\|", section, flags=re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_page_names_every_condition() -> None:
    """An admin finds each condition, and none that does not exist."""
    assert named_in("### Conditions in when") == set(CONDITIONS)


def test_page_names_every_outcome() -> None:
    """An admin finds each outcome, and none that does not exist."""
    assert named_in("### Outcomes in then") == set(OUTCOMES)


def test_page_names_every_key_of_teams_and_entries() -> None:
    """The same for the keys of teams and entries."""
    assert named_in("## teams, agents and fallback") == set(TEAM_KEYS)
    assert named_in("## faq") == set(ENTRY_KEYS)


def test_page_names_every_key_of_calendar_levels_and_forms() -> None:
    """The same for what stands beside rules and entries."""
    assert named_in("## calendar") == set(CALENDAR_KEYS)
    assert named_in("## levels") == set(LEVEL_KEYS)
    assert named_in("## forms") == set(FORM_KEYS)


def test_page_shows_files_that_load(tmp_path: Path) -> None:
    """The sample on the page is a book without errors or warnings."""
    sample = re.search(r"```yaml\n(teams:.*?)```", PAGE.read_text(), flags=re.DOTALL)
    assert sample is not None
    (tmp_path / "a.yaml").write_text(sample[1])

    result = rules.load(
        tmp_path, languages=("en", "pt"), max_wrong=0.05, channels={"slack": "slack"}
    )

    assert [str(problem) for problem in result.problems] == []
