"""The rules layer: rule files in, decisions out. `load` is the way in; `RuleBook` decides.

Fulfils `gateway.contracts.rules`. Never raises for what stands in a rule file or a request. Names
are imported when they are asked for: a desk that is handed a finished book reads no files.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rules.book import RuleBook
    from rules.reader import LoadResult, load, load_times
    from rules.schema import rule_schema
    from rules.starter import starter_folder

__all__ = ["LoadResult", "RuleBook", "load", "load_times", "rule_schema", "starter_folder"]

_WHERE = {
    "LoadResult": "rules.reader",
    "RuleBook": "rules.book",
    "load": "rules.reader",
    "load_times": "rules.reader",
    "rule_schema": "rules.schema",
    "starter_folder": "rules.starter",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
