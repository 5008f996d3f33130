"""The import directions: who may lean on whom.

3   gateway.app, gateway.cli, and what else lies in gateway        on everything
2   each channel, rules, gateway.store, gateway.web, templates     on 0, 1a and itself
1b  gateway.journey                                                on 0, 1a and itself
1a  gateway.bounds, gateway.contracts, gateway.failpoint,          on 0 and 1a
    gateway.world
0   gateway.model, gateway.errors                                  on 0 and the standard library
"""

import ast
import graphlib
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("gateway", "channels", "rules", "templates")
NOUNS = ("gateway.model", "gateway.errors")
CONTRACTS = ("gateway.bounds", "gateway.contracts", "gateway.failpoint", "gateway.world")
INNER = (*NOUNS, *CONTRACTS)
DIRECTIONS = {
    **dict.fromkeys(NOUNS, NOUNS),
    **dict.fromkeys(CONTRACTS, INNER),
    **dict.fromkeys(
        ("gateway.journey", "gateway.store", "gateway.web", "rules", "templates"), INNER
    ),
}
"""Each package and what it may lean on beside itself; channels are each a package of their own."""


def modules(root: Path = ROOT) -> dict[str, Path]:
    """Return every module of the product by its dotted name."""
    found = {}
    for package in OURS:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imported(name: str, text: str, *, lazy: bool = True) -> Iterator[tuple[str, int]]:
    """Yield what a module imports, wherever in it, with the line; without ``lazy`` at its top."""
    tree = ast.parse(text)
    nodes = ast.walk(tree) if lazy else tree.body
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(name, node)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield (inner if inner in MODULES else base), node.lineno


def _absolute(name: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = name if MODULES.get(name, Path()).name == "__init__.py" else name.rpartition(".")[0]
    above = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])


def within(name: str, packages: tuple[str, ...]) -> bool:
    """Return whether a module is one of these packages, or in one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def allowed(name: str) -> tuple[str, ...] | None:
    """Return on which of our packages a module may lean; None for all."""
    for package, targets in DIRECTIONS.items():
        if within(name, (package,)):
            return (*targets, package)
    if name.startswith("channels."):
        return (*INNER, *_channel(name))
    return INNER if name == "channels" else None


def _channel(name: str) -> tuple[str, ...]:
    # A folder is one channel's; a module beside the folders is shared by all of them.
    shared = tuple(
        module
        for module, path in MODULES.items()
        if path.parent == ROOT / "channels" and path.name != "__init__.py"
    )
    return (".".join(name.split(".")[:2]), *shared)


def faults(name: str, text: str) -> list[str]:
    """Return each import of a module that goes the wrong way."""
    targets = allowed(name)
    wrong = []
    for target, line in imported(name, text):
        ours = within(target, OURS)
        if ours and targets is not None and not within(target, targets):
            wrong.append(f"{name}:{line} imports {target}")
        top = target.partition(".")[0]
        if not ours and within(name, NOUNS) and top not in sys.stdlib_module_names:
            wrong.append(f"{name}:{line} imports {target}, which is not the standard library")
    return wrong


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_inward(name):
    """A module leans only on what lies deeper than itself, and on its own package."""
    assert faults(name, MODULES[name].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gateway.model.ticket", "from gateway.contracts.store import Store"),
        ("gateway.model.ticket", "import pydantic"),
        ("gateway.errors", "from gateway.world import World"),
        ("gateway.contracts.store", "import gateway.journey"),
        ("gateway.world", "from gateway import settings"),
        ("gateway.journey.accept", "from gateway.store.sqlite import SqliteStore"),
        ("gateway.journey.accept", "def later():\n    from channels import email"),
        ("gateway.store.sqlite", "from gateway.journey import accept"),
        ("gateway.store.planted", "from ..journey import accept"),
        ("gateway.store.planted", "from .. import settings"),
        ("rules.engine", "from templates import load"),
        ("templates.words", "from gateway.settings import Settings"),
        ("channels.slack.parse", "from channels.email.parse import read"),
        ("channels.email.parse", "from gateway.app import run"),
    ],
)
def test_a_wrong_import_is_found(name, text):
    """The twin: a planted violation of each direction does not pass."""
    assert faults(name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gateway.app", "from channels.email.channel import EmailChannel\nimport rules"),
        ("gateway.journey.accept", "from gateway.contracts.store import Store\nimport structlog"),
        ("channels.email.parse", "from channels.email.mime import parts\nimport selectolax"),
        ("templates.words", "from templates import plain\nimport jinja2"),
    ],
)
def test_a_right_import_passes(name, text):
    """And what is allowed is not refused."""
    assert faults(name, text) == []


def test_modules_load_in_some_order():
    """No two modules need each other while they are loaded."""
    graph = {
        name: {
            target
            for target, _ in imported(name, path.read_text(encoding="utf-8"), lazy=False)
            if target in MODULES and target != name
        }
        for name, path in MODULES.items()
    }

    order = list(graphlib.TopologicalSorter(graph).static_order())

    assert set(order) == set(MODULES)


JOURNEY = "gateway.journey"


def room(name: str) -> str:
    """Return in which room of the journey a module lies, "" where in none."""
    parent = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    return parent if within(parent, (JOURNEY,)) and parent != JOURNEY else ""


def test_rooms_of_the_journey_lean_on_each_other_in_one_direction():
    """No two of them need each other; the files of the story itself may use all of them."""
    graph: dict[str, set[str]] = {}
    for name, path in MODULES.items():
        for target, _ in imported(name, path.read_text(encoding="utf-8")):
            if room(name) and target in MODULES and room(target) not in ("", room(name)):
                graph.setdefault(room(name), set()).add(room(target))

    order = list(graphlib.TopologicalSorter(graph).static_order())

    assert len(order) > 1


def libraries() -> dict[str, str]:
    """Return every library that we import, with the first line that does."""
    found: dict[str, str] = {}
    for name, path in MODULES.items():
        for target, line in imported(name, path.read_text(encoding="utf-8")):
            top = target.partition(".")[0]
            if top not in OURS and top not in sys.stdlib_module_names:
                found.setdefault(top, f"{name}:{line}")
    return found


def distributions(top: str) -> set[str]:
    """Return which distributions a library may come from."""
    return {_normal(name) for name in packages_distributions().get(top, [top])}


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_every_library_is_declared():
    """What a module imports is installed with the program, or with the extra that needs it."""
    extras = (line for lines in PROJECT["optional-dependencies"].values() for line in lines)
    declared = {_distribution(line) for line in (*PROJECT["dependencies"], *extras)}

    missing = {top: at for top, at in libraries().items() if not distributions(top) & declared}

    assert missing == {}


def test_every_declared_library_is_used():
    """Nobody installs what nothing imports."""
    used = {name for top in libraries() for name in distributions(top)}

    assert {_distribution(line) for line in PROJECT["dependencies"]} - used == set()


def _distribution(requirement: str) -> str:
    name = requirement
    for mark in "[<>=!~; ":
        name = name.partition(mark)[0]
    return _normal(name)


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
