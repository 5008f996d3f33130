"""The benchmarks do not rot: each can be loaded, and does not measure before it is asked to."""

import importlib
import inspect
from pathlib import Path

import pytest

import benchmarks
from benchmarks.__main__ import NAMES, main
from benchmarks.figures import Figure, median_of_ratios, percentile

FOLDER = Path(benchmarks.__file__).parent
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__main__")


@pytest.mark.parametrize("name", MODULES)
def test_every_module_loads(name):
    """What the benchmarks use of the program is still there by the names they use."""
    module = importlib.import_module(f"benchmarks.{name}".removesuffix(".__init__"))

    assert module.__doc__


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_runs_alone(name):
    """Each name that the command line offers has a ``run`` of the same form."""
    run = importlib.import_module(f"benchmarks.{name}").run

    assert list(inspect.signature(run).parameters) == ["long"]
    assert inspect.isgeneratorfunction(run)


def test_an_unknown_benchmark_is_refused(capsys):
    """A typing mistake measures nothing, and names what there is."""
    with pytest.raises(SystemExit) as ended:
        main(["pars"])

    assert ended.value.code == 2
    assert "no such benchmark: pars" in capsys.readouterr().err


def test_a_missed_goal_shows():
    """A goal is a ceiling, or a floor where more is better; without one nothing is missed."""
    assert Figure(name="a", value=3.0, unit="ms", goal=2.0).met is False
    assert Figure(name="a", value=3.0, unit="x", goal=2.0, more_is_better=True).met is True
    assert Figure(name="a", value=3.0, unit="ms").met is None


def test_ratios_are_taken_round_by_round():
    """A disturbed round disturbs both sides, and the median passes over it."""
    assert median_of_ratios([10, 1, 12], [20, 2, 20]) == pytest.approx(0.5)
    assert percentile(range(100), 0.99) == 99
