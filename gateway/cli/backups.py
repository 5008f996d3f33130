"""``db backup``, ``db restore`` and ``db resume``: an earlier state, kept and gone back to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import screen
from gateway.cli.finding import settings_of
from gateway.cli.options import ConfigOption, JsonOption, run
from gateway.cli.salvage import salvage
from gateway.cli.shapes import audit_holds
from gateway.model.message import Json
from gateway.model.ticket_id import format_reference
from gateway.model.units import counted

if TYPE_CHECKING:
    from gateway.model.upkeep import Resumed
    from gateway.settings import Settings

Target = Annotated[Path, typer.Argument(metavar="FILE", help="A new file for the backup.")]
Backup = Annotated[Path, typer.Argument(metavar="FILE", help="What `db backup` wrote.")]
SkipOption = Annotated[
    int,
    typer.Option(
        min=0,
        max=100_000_000,
        help="Leave out so many ticket numbers: at least as many as were given since the backup.",
    ),
]
DEFAULT_SKIP = 10_000
_ONE_HELD = "message that had not gone out by then is held, because it may"
_MANY_HELD = "messages that had not gone out by then are held, because they may"


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(backup)
    app.command()(restore)
    app.command()(resume)
    app.command()(salvage)


def backup(target: Target, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Write a backup into a new file, beside a running desk.

    It holds everything the desk remembers, the keys of reply addresses too: keep it as safe as the
    desk itself. The configuration, the rule files and the secrets are not in it.
    """
    from gateway.store.backups import back_up  # noqa: PLC0415 - not for --help

    settings = settings_of(config)
    with screen.progress("copying") as tell:
        made = run(back_up(settings.store_url, target, told=tell))
    if as_json:
        screen.print_json({"file": str(target), "bytes": made.size, "audit": dict(made.audit)})
    else:
        screen.say(f"{target}: {made.size / 1_000_000:.1f} MB, looked through and complete")
    _end(made.audit)


def restore(
    source: Backup,
    skip: SkipOption = DEFAULT_SKIP,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a backup in the place of a stopped desk. What was there is set aside."""
    from gateway.store import backups  # noqa: PLC0415 - not for --help
    from gateway.world import RealWorld  # noqa: PLC0415 - not for --help

    settings = settings_of(config)
    with screen.progress("copying") as tell:
        restoring = backups.restore(
            settings.store_url, source, world=RealWorld(), skip=skip, told=tell
        )
        done = run(restoring)
    if as_json:
        shape = _resumed_json(settings, done.resumed)
        aside = None if done.aside is None else str(done.aside)
        screen.print_json({"set_aside": aside, **shape, "audit": dict(done.audit)})
    else:
        screen.say(f"{source} is the desk now")
        if done.aside is not None:
            screen.say(f"what was there before is kept as {done.aside}: delete it when all is well")
        _tell(settings, done.resumed)
        screen.say(
            "Whoever was erased after that file was written is there again: erase them again."
        )
    _end(done.audit)


def resume(
    skip: SkipOption = DEFAULT_SKIP, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Go on safely with a database that was put back by other means.

    By `pg_restore`, for example, or by a snapshot of the disk. `db restore` does this by itself.
    """
    from gateway.store import backups  # noqa: PLC0415 - not for --help
    from gateway.world import RealWorld  # noqa: PLC0415 - not for --help

    settings = settings_of(config)
    resumed = run(backups.resume(settings.store_url, world=RealWorld(), skip=skip))
    if as_json:
        screen.print_json(_resumed_json(settings, resumed))
    else:
        _tell(settings, resumed)


def _resumed_json(settings: Settings, resumed: Resumed) -> dict[str, Json]:
    return {"held": resumed.held, "next": _next(settings, resumed)}


def _tell(settings: Settings, resumed: Resumed) -> None:
    screen.say(f"the next ticket will be {_next(settings, resumed)}")
    if resumed.held:
        screen.say(
            f"{counted(resumed.held, _ONE_HELD, _MANY_HELD)} have gone out since: see"
            " `ventanilla outbox list`, then `outbox retry ID` or `outbox drop ID`"
        )


def _next(settings: Settings, resumed: Resumed) -> str:
    return format_reference(settings.policy.prefix, resumed.next_number)


def _end(audit: Mapping[str, int]) -> None:
    """Exit: 1 where the audit of what was copied does not add up, as it did not before."""
    if not audit_holds(audit):
        screen.complain("its audit does not add up, like that of the desk it is of")
        raise typer.Exit(1)
