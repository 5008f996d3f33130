"""The PostgreSQL back end: for desks that several nodes work on.

`open_postgres` is called by `gateway.store.open_store`. Transactions are the same steps as
everywhere, each answer awaited; nodes keep out of each other's way by locks on names, taken before
the first step (`gateway.store.touching`). asyncpg comes with the extra ``postgres``.
"""

from gateway.store.postgres.opening import open_postgres

__all__ = ["open_postgres"]
