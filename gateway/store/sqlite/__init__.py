"""The SQLite back end: the embedded default, one file, one writing process.

`open_sqlite` is called by `gateway.store.open_store`. Write-ahead log, full sync, one writing
connection whose callers share commits, one connection for the journey's questions and one for
slow looks. Nothing in here blocks the event loop.
"""

from gateway.store.sqlite.opening import open_sqlite

__all__ = ["open_sqlite"]
