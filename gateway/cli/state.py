"""``audit``, ``status`` and ``keys``: is everything accounted for, who works, what waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from gateway.cli import screen
from gateway.cli.finding import settings_of
from gateway.cli.giving import give
from gateway.cli.options import ConfigOption, JsonOption, look
from gateway.cli.shapes import AUDIT_SUM, audit_holds, audit_json, depth_json, lease_json
from gateway.cli.tickets import local
from gateway.model.units import counted

if TYPE_CHECKING:
    from gateway.contracts.store import Store
    from gateway.model.upkeep import Depth, LeaseRow

keys = typer.Typer(no_args_is_help=True, help="The keys that reply addresses are made with.")


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(audit)
    app.command()(status)
    app.add_typer(keys, name="keys")


def audit(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Prove that nothing was lost. What was accepted is what became of it; exit 1 if not."""
    counts = look(settings_of(config), lambda store: store.audit())
    shape, holds = audit_json(counts), audit_holds(counts)
    if as_json:
        screen.print_json(shape)
    else:
        for key in AUDIT_SUM:
            screen.say(f"{key:<12} {shape[key]:>9}")
        screen.say(f"{'accepted':<12} {shape['accepted']:>9}")
        if problems := counts.get("problems", 0):
            what = counted(problems, "row contradicts", "rows contradict")
            screen.say(f"{what} what became of them")
        screen.say("everything is accounted for" if holds else "this does not add up")
    raise typer.Exit(0 if holds else 1)


def status(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show which nodes work, what they hold, and what waits."""
    from gateway.model.upkeep import is_node  # noqa: PLC0415 - not for --help

    settings = settings_of(config)
    timezone = settings.timezone
    leases, depths = look(settings, _state)
    nodes = sorted({lease.holder for lease in leases})
    if as_json:
        screen.print_json(
            {
                "nodes": list(nodes),
                "leases": [lease_json(lease) for lease in leases],
                "queues": [depth_json(depth) for depth in depths],
            }
        )
        return
    screen.say(f"nodes at work: {', '.join(nodes) or 'none'}")
    screen.print_table(
        ("held", "by", "until"),
        (
            (lease.key, lease.holder, local(lease.expires_at, timezone))
            for lease in leases
            if not is_node(lease)
        ),
        empty="nothing is held",
    )
    screen.print_table(
        ("box", "channel", "status", "rows", "oldest"),
        (
            (each.box, each.channel, each.state, each.count, local(each.oldest_at, timezone))
            for each in depths
        ),
        empty="nothing waits to be worked on or sent",
    )


async def _state(store: Store) -> tuple[Sequence[LeaseRow], Sequence[Depth]]:
    from gateway.world import RealWorld  # noqa: PLC0415 - not for --help

    now = RealWorld().now()
    leases = [lease for lease in await store.leases() if lease.expires_at > now]
    return leases, await store.depths()


@keys.command()
def rotate(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Make a new key. Reply addresses that were made with older ones go on working."""
    give(config, "keys_rotate", as_json=as_json)
