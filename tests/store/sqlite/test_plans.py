"""A million finished rows cost nothing: no query of the journey walks through a table."""

from __future__ import annotations

import re
import sqlite3

import pytest

from gateway.store.migrations import migrations
from gateway.store.queries import expand
from gateway.store.sqlite.link import QUERIES, macro

# People's looks: bounded by their limit, walking from the newest, or meant to count everything.
LOOKS = {"audit_accepted", "audit_inbox", "audit_problems", "inbox_list", "outbox_list"}
# Erasing somebody looks everywhere: rare, and never on a message's way.
ERASING = {
    "answers_at",
    "conversation_keys",
    "conversations_about",
    "conversations_drop",
    "erasing_orders",
    "file_is_named",
    "merged_tickets",
    "naming_attempts",
    "naming_events",
    "naming_history",
    "naming_sends",
    "naming_tickets",
    "pace_keys",
    "person_tickets",
    "refs_drop",
    "refs_naming",
}
SMALL = {
    *("leases", "secrets", "moves", "json_each", "CONSTANT", "before", "theirs", "ranked"),
    "link_codes",  # one for each account at most, and an hour later none
}
PARTIAL = {
    "inbox_lane",
    "inbox_ready",
    "inbox_aside",
    "outbox_lane",
    "outbox_wire",
    "outbox_aside",
    "tickets_open",
    "tickets_closed",
}
# In the order of this index, until the limit is reached.
ORDERED = {"ticket_list": "tickets_changed", "faq_sent": "tickets_sent"}


@pytest.fixture(scope="module")
def tables():
    """Return an empty desk's tables."""
    connection = sqlite3.connect(":memory:")
    for step in migrations():
        for statement in step.statements:
            connection.execute(expand(statement, macro))
    yield connection
    connection.close()


def walks(tables, sql):
    """Return what a query walks through from one end to the other."""
    values = ["[]"] * len(set(re.findall(r"\?\d+", sql)))
    plan = [row[3] for row in tables.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    found = [re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", line) for line in plan]
    return {match[2] or match[1] for match in found if match}


@pytest.mark.parametrize("name", sorted(set(QUERIES) - LOOKS - ERASING))
def test_no_query_walks_through_a_table(tables, name):
    """It goes by an index, or through one that holds unfinished rows only."""
    assert walks(tables, QUERIES[name].sql) <= SMALL | PARTIAL | {ORDERED.get(name)}


def test_a_walk_is_seen(tables):
    """The check above sees what it is there for."""
    assert walks(tables, "SELECT * FROM tickets WHERE level = ?1") == {"tickets"}
