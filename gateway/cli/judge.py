"""``check`` and ``explain``: what is wrong with a desk, and what it would do with a message."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from gateway.cli import screen
from gateway.cli.explained import show as show_decision
from gateway.cli.finding import rest_of, settings_of
from gateway.cli.options import ConfigOption, JsonOption, examples, run
from gateway.cli.shapes import problem_json
from gateway.errors import ConfigError, Problem

if TYPE_CHECKING:
    from gateway.settings import Settings

_MOST_BYTES = 64 * 1024 * 1024


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog=examples("check", "check --connect"))(check)
    app.command(
        epilog=examples(
            'explain "I forgot my password"',
            'explain "No wifi" --from ana@corp.example --at "2026-03-07 23:00"',
            "explain --eml question.eml --json",
        )
    )(explain)


def check(
    config: ConfigOption = None,
    connect: Annotated[
        bool, typer.Option("--connect", help="Also ask the mail servers and chat platforms.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Find everything that is wrong. Configuration, rules, templates, secrets, channels."""
    problems = _problems_of(config, connect=connect)
    errors = sum(problem.severity == "error" for problem in problems)
    if as_json:
        listed = [problem_json(problem) for problem in problems]
        screen.print_json({"ok": not errors, "problems": listed})
    else:
        screen.print_problems(problems)
        screen.say(_summary(errors, len(problems) - errors))
    raise typer.Exit(1 if errors else 0)


def _problems_of(config: Path | None, *, connect: bool) -> Sequence[Problem]:
    try:
        settings = settings_of(config)
    except ConfigError as error:
        found = (*error.problems, *_other_problems(config))
        first = error.problems[0].file
        return sorted(found, key=lambda one: (one.file != first, one.file, one.line, one.column))
    from gateway import checking  # noqa: PLC0415 - loads rules and channels

    with screen.working("checking the desk"):
        return run(checking.check(settings, connect=connect))


def _other_problems(config: Path | None) -> Sequence[Problem]:
    """Return what else is wrong with a desk whose configuration has errors."""
    from gateway import checking  # noqa: PLC0415 - loads rules and channels

    rest = rest_of(config)
    return run(checking.check_rest(rest)) if rest else ()


def _summary(errors: int, warnings: int) -> str:
    if not errors and not warnings:
        return "no problems found"
    counts = ((errors, "error"), (warnings, "warning"))
    return ", ".join(f"{count} {word}{'s' * (count != 1)}" for count, word in counts if count)


def explain(
    text: Annotated[
        str | None,
        typer.Argument(metavar="TEXT", help="What somebody writes; - reads standard input."),
    ] = None,
    *,
    eml: Annotated[
        Path | None,
        typer.Option("--eml", metavar="FILE", help="A whole mail instead; - reads standard input."),
    ] = None,
    channel: Annotated[str, typer.Option(metavar="N", help="The channel it comes in by.")] = "",
    sender: Annotated[
        str, typer.Option("--from", metavar="A", help="Whose address a TEXT has.")
    ] = "",
    subject: Annotated[str, typer.Option(metavar="S", help="The subject of a TEXT.")] = "",
    at: Annotated[
        str, typer.Option(metavar="TIME", help='When it comes: "2026-03-02 10:00"; default: now.')
    ] = "",
    lang: Annotated[str, typer.Option(metavar="L", help="Its language, instead of a guess.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the desk would do with one message, and why. Nothing is stored or sent."""
    if (text is None) == (eml is None):
        raise typer.BadParameter("give either a TEXT or --eml FILE")
    settings = settings_of(config)
    channel = _channel_of(settings, channel)
    _require_language(settings, lang)
    came_at = _instant(at, settings.timezone)
    from gateway import app  # noqa: PLC0415 - loads rules

    with screen.working("reading the rules"):
        explained = app.explain(
            settings,
            text=read_text(text) if text is not None else "",
            eml=_read_mail(eml) if eml is not None else None,
            channel=channel,
            sender=sender,
            subject=subject,
            language=lang or None,
            at=came_at,
        )
    if as_json:
        screen.print_json(explained)
    else:
        show_decision(explained, needed=1 - settings.max_wrong)


def read_text(text: str) -> str:
    """Return a text, or for ``-`` what stands on standard input."""
    if text != "-":
        return text
    return sys.stdin.buffer.read(_MOST_BYTES).decode(errors="replace")


def _read_mail(path: Path) -> bytes:
    if str(path) == "-":
        return sys.stdin.buffer.read(_MOST_BYTES)
    return path.read_bytes()


def _channel_of(settings: Settings, wanted: str) -> str:
    names = [channel.name for channel in settings.channels]
    if wanted and wanted not in names:
        raise typer.BadParameter(f"no channel is called {wanted!r}; there are: {', '.join(names)}")
    return wanted or names[0]


def _require_language(settings: Settings, wanted: str) -> None:
    languages = settings.policy.languages
    if wanted and wanted not in languages:
        known = ", ".join(languages)
        raise typer.BadParameter(f"the desk does not speak {wanted!r}; it speaks: {known}")


def _instant(text: str, timezone: str) -> datetime | None:
    """Return the instant that a time of the desk's own clock means."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(timezone))).astimezone(UTC)
    except (ValueError, OverflowError):
        hint = f'--at: {text!r} is no time; expected one such as "2026-03-02 10:00"'
        raise typer.BadParameter(hint) from None
