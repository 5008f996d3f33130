"""The rules layer: rule files in, decisions out. `load` is the way in; `RuleBook` decides.

Fulfils `gateway.contracts.rules`. Never raises for what stands in a rule file or a request.
"""

from __future__ import annotations

from rules.book import RuleBook
from rules.reader import LoadResult, load
from rules.starter import starter_folder

__all__ = ["LoadResult", "RuleBook", "load", "starter_folder"]
