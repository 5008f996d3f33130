"""``python -m benchmarks [NAME...] [--long] [--json]``: measure, and show goal beside figure.

Without names everything is measured, in short form, in less than four minutes. Progress goes to
standard error, the table or the JSON to standard output. Exit code 1 when a goal is missed and
``--strict`` was given; figures of a busy machine are no reason to fail otherwise.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Sequence

from rich.console import Console

from benchmarks.figures import Figure, as_json, load_average, show

NAMES = (
    *("start", "parse", "render", "decide", "faq", "faq_quality"),
    *("growth", "memory", "end_to_end", "chat", "nodes", "endurance"),
)


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked for; return the exit code."""
    asked = _asked(arguments)
    figures: dict[str, list[Figure]] = {}
    for name in asked.names or NAMES:
        _tell(f"{name} ... (load {load_average():.1f})")
        start = time.monotonic()
        figures[name] = []
        for figure in importlib.import_module(f"benchmarks.{name}").run(long=asked.long):
            _tell(f"  {figure.name}: {figure.value:.4g} {figure.unit}")
            figures[name].append(figure)
        _tell(f"  took {time.monotonic() - start:.0f} s")
    if asked.json:
        print(json.dumps(as_json(figures), indent=2))
    else:
        show(figures, Console() if sys.stdout.isatty() else Console(width=120))
    missed = any(figure.met is False for found in figures.values() for figure in found)
    return 1 if missed and asked.strict else 0


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the desk.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)}")
    parser.add_argument("--long", action="store_true", help="more rounds, larger stores and books")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a goal is missed")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.names) - set(NAMES))
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(NAMES)}")
    return asked


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
