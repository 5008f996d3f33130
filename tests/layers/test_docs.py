"""The docs say what is there: links, commands and paths."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\((?P<target>[^)\s]+)\)")
FENCE = re.compile(r"```.*?```", re.DOTALL)
MAKE = re.compile(r"(?:^|[`\s])make (?P<target>[a-z]+)\b", re.MULTILINE)
# Spelled apart, so that this very file does not hold what it looks for.
FOREIGN = re.compile("/" + r"work/|/tmp/" + r"venv|/root/" + r"\.|/ho" + r"me/[a-z]")
SOURCES = (".py", ".md", ".toml", ".yaml", ".j2", ".sql", ".cfg", "Makefile", "run", "LICENSE")


def texts() -> list[Path]:
    """Return every file of the project that people read."""
    own = ("gateway", "channels", "rules", "templates", "tests", "benchmarks", "docs", ".ci")
    files = [path for folder in own for path in (ROOT / folder).rglob("*")]
    files += [path for path in ROOT.iterdir() if path.name != ".git"]
    return sorted(path for path in files if path.is_file() and path.name.endswith(SOURCES))


def anchors(page: Path) -> set[str]:
    """Return the anchors that a page's headings make, as code hosts name them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ +(.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(page: Path, text: str) -> list[str]:
    """Return the relative links of a page that lead nowhere."""
    dead = []
    for found in LINK.finditer(FENCE.sub("", text)):
        target = found["target"]
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        missing = not there.exists() or (
            anchor and there.suffix == ".md" and anchor not in anchors(there)
        )
        if missing:
            dead.append(target)
    return dead


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    """Every relative link, with its heading, is there."""
    assert dead_links(page, page.read_text(encoding="utf-8")) == []


def test_a_dead_link_is_found():
    """The twin: links to nothing do not pass."""
    text = "[a](docs/nowhere.md) [b](README.md#no-such-heading) [c](https://example.org)"

    assert dead_links(ROOT / "README.md", text) == ["docs/nowhere.md", "README.md#no-such-heading"]


def unknown_targets(text: str, makefile: str) -> set[str]:
    """Return the ``make`` words of a text that the Makefile does not know."""
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    return {found["target"] for found in MAKE.finditer(code(text))} - targets


def code(text: str) -> str:
    """Return only what a page shows as code: fences, and spans between backticks."""
    fences = FENCE.findall(text)
    spans = re.findall(r"`[^`\n]+`", FENCE.sub("", text))
    return "\n".join([*fences, *spans])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_knows_what_the_docs_tell_it(page):
    """Whoever copies a line from the docs does not meet "No rule to make target"."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert unknown_targets(page.read_text(encoding="utf-8"), makefile) == set()


def test_an_unknown_target_is_found():
    """The twin: a word that the Makefile does not know does not pass."""
    assert unknown_targets("run `make coffee` or\n```\nmake test\n```", "test:\n") == {"coffee"}


def test_nothing_names_a_place_of_one_machine():
    """No file leads to a path that other people do not have."""
    found = [
        f"{path.relative_to(ROOT)}: {hit[0]}"
        for path in texts()
        if (hit := FOREIGN.search(path.read_text(encoding="utf-8", errors="replace")))
    ]

    assert found == []


def test_a_foreign_path_is_found():
    """The twin: such paths do not pass."""
    assert FOREIGN.search("see /" + "work/here")
    assert FOREIGN.search("/ho" + "me/ana/desk")


def test_every_test_that_the_faults_page_names_is_there():
    """A row that names no test, or one that was renamed, promises what nobody tries."""
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^ *(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    table = (ROOT / "docs/faults.md").read_text().partition("## Single instants")[0]
    rows = re.findall(r"^\| .* \| .* \| (.*) \|$", table, re.MULTILINE)[1:]
    named = [re.findall(r"`(test_\w+)`", row) for row in rows]

    assert all(named)
    assert {name for names in named for name in names} - there == set()
