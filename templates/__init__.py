"""Words for people: what the desk says by itself, in the languages of the desk.

Fulfils `gateway.contracts.words.Words`. `load` is called by `gateway.app` and by ``ventanilla
check``; the journey sees only `TemplateWords`. Sources lie beside this file, one folder per
language, and an admin's folder may override single files of them (docs/templates.md). Loading
never raises for what a file holds: it returns every `Problem`. Nothing here does I/O after `load`
but reading a shipped source when its words are first wanted.
"""

from templates.catalogue import KEYS
from templates.overrides import list_files
from templates.words import TemplateWords, load

__all__ = ["KEYS", "TemplateWords", "list_files", "load"]
