"""Makes rows that were carried out of a damaged file fit together again, and invents nothing.

Called by `gateway.store.salvaging`, on the new file, before anybody works on it. What was lost
stays lost; but what is left must not be sent or handled by halves, must not wait for a row that is
gone, and must not stand where the next new row will.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from gateway.store.values import CHUNKS_PER_ROW

# In these steps ``:each`` is how many pieces a row may have: they are numbered from its own number
# times that.
_STEPS: Mapping[str, str] = {
    # Half a mail is not what somebody wrote: people look at it, the desk does not.
    "events set aside, whose bytes are not whole": """
        UPDATE inbox
        SET state = 'quarantined', head = 0, reason = 'damaged', done_at = received_at
        WHERE state IN ('new', 'claimed') AND size <> (
            SELECT coalesce(sum(length(bytes)), 0) FROM inbox_bytes
            WHERE piece >= inbox.id * :each AND piece < (inbox.id + 1) * :each)""",
    "sends given up, whose bytes are not whole": """
        UPDATE outbox SET state = 'dead', head = 0, due_at = NULL, reason = 'damaged'
        WHERE state IN ('queued', 'wire', 'retry', 'uncertain', 'held') AND size <> (
            SELECT coalesce(sum(length(bytes)), 0) FROM outbox_bytes
            WHERE piece >= position * :each AND piece < (position + 1) * :each)""",
    # The next new row gets the number behind the last: what is here must not be taken for its own.
    "bytes left out, whose events are lost": """
        DELETE FROM inbox_bytes WHERE piece / :each NOT IN (SELECT id FROM inbox)""",
    "bytes left out, whose sends are lost": """
        DELETE FROM outbox_bytes WHERE piece / :each NOT IN (SELECT position FROM outbox)""",
    "attempts left out, whose sends are lost": """
        DELETE FROM attempts WHERE position NOT IN (SELECT position FROM outbox)""",
    "bytes left out, whose files are lost": """
        DELETE FROM file_bytes WHERE piece / :each NOT IN (SELECT id FROM files)""",
    # What was offered once is known by its keys, and each row tells its own.
    "keys of events, which the events tell": """
        INSERT OR IGNORE INTO inbox_keys (key, inbox)
        SELECT key.value, inbox.id FROM inbox, json_each(inbox.keys) AS key""",
}

# The oldest row of each lane goes first: when it was lost, the next one does.
_HEADS = (
    "UPDATE inbox SET head = 0 WHERE head = 1",
    """UPDATE inbox SET head = 1 WHERE id IN (
        SELECT min(id) FROM inbox WHERE state IN ('new', 'claimed') GROUP BY lane)""",
    "UPDATE outbox SET head = 0 WHERE head = 1",
    """UPDATE outbox SET head = 1 WHERE position IN (
        SELECT min(position) FROM outbox WHERE state IN ('queued', 'wire', 'retry', 'uncertain')
        GROUP BY lane)""",
)

# No number is given twice: the counter is behind every number that is known.
_COUNTER = """
    INSERT INTO counters (name, value)
    SELECT 'ticket', max(1001, (SELECT coalesce(max(number), 0) FROM tickets) + 1,
        (SELECT coalesce(max(ticket), 0) FROM ticket_events) + 1,
        (SELECT coalesce(max(ticket), 0) FROM inbox) + 1) AS lowest
    WHERE true
    ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)"""


def mend(path: Path) -> dict[str, int]:
    """Make a salvaged file's rows fit together; return what had to be done, and how often."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN IMMEDIATE")
        broken = list(_broken_files(connection))
        connection.executemany("DELETE FROM files WHERE id = ?", broken)
        done = {"files left out, whose bytes are not whole": len(broken)}
        for what, statement in _STEPS.items():
            values = {"each": CHUNKS_PER_ROW} if ":each" in statement else {}
            done[what] = connection.execute(statement, values).rowcount
        for statement in (*_HEADS, _COUNTER):
            connection.execute(statement)
        connection.execute("COMMIT")
    return {what: count for what, count in done.items() if count}


def _broken_files(connection: sqlite3.Connection) -> Iterator[tuple[int]]:
    """Yield the ids of files whose bytes are not those that they are named after."""
    for number, digest in connection.execute("SELECT id, digest FROM files").fetchall():
        pieces = connection.execute(
            "SELECT bytes FROM file_bytes WHERE piece >= ? AND piece < ? ORDER BY piece",
            (number * CHUNKS_PER_ROW, (number + 1) * CHUNKS_PER_ROW),
        )
        found = hashlib.sha256()
        for (piece,) in pieces:
            found.update(piece)
        if found.hexdigest() != digest:
            yield (number,)
