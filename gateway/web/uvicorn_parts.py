"""The two parts of uvicorn that answer HTTP, without its command line.

``import uvicorn`` imports that too, with multiprocessing and a watcher of files: 3 MiB and 50 ms,
in a process that has its own command line. An empty stand-in takes its place meanwhile;
``uvicorn.main`` is to be had afterwards, and where it was imported before, nothing is changed.
"""

from __future__ import annotations

import sys
from types import ModuleType

_stand_in = ModuleType("uvicorn.main")
vars(_stand_in).update(Server=None, main=None, run=None)
_is_hidden = sys.modules.setdefault("uvicorn.main", _stand_in) is _stand_in
from uvicorn.config import Config  # noqa: E402 - see above
from uvicorn.server import Server  # noqa: E402 - see above

if _is_hidden:
    del sys.modules["uvicorn.main"]

__all__ = ["Config", "Server"]
