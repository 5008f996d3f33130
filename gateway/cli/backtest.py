"""``backtest``: what the rules would do with a history, and what other rules would do otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import screen
from gateway.cli.finding import settings_of
from gateway.cli.options import ConfigOption, JsonOption, examples, run
from gateway.model.units import counted, format_score

if TYPE_CHECKING:
    from gateway.journey.backtest import Report, Sample, Tally, Verdict
    from gateway.model.decision import Decision
    from gateway.settings import Settings

INBOX = "inbox"
_MOST_SHOWN = 50
_MOST_SAMPLES = 3
_WORTH = 0.05


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command(
        epilog=examples("backtest last-month.mbox", "backtest inbox --against /tmp/new-rules")
    )(backtest)


def backtest(
    history: Annotated[
        str,
        typer.Argument(
            metavar="MBOX|MAILDIR|JSONL|inbox",
            help="Messages that came in.",
        ),
    ],
    *,
    against: Annotated[
        Path | None,
        typer.Option(metavar="RULES", help="Another rules folder: show what it would change."),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count what the rules would do with a history. Nothing is sent or stored."""
    settings = settings_of(config)
    path = Path(history)
    if history != INBOX and not path.exists():
        raise typer.BadParameter(f"there is no {history}; give a file, a Maildir or {INBOX!r}")
    if against is not None and not against.is_dir():
        raise typer.BadParameter(f"--against: {against} is no folder")
    report = _report(settings, None if history == INBOX else path, against)
    from gateway.journey.backtest import shape  # noqa: PLC0415 - not for --help

    if as_json:
        screen.print_json(shape(report))
    else:
        show(report, compared=against is not None)


def _report(settings: Settings, path: Path | None, against: Path | None) -> Report:
    from gateway import backtesting, history  # noqa: PLC0415 - loads rules

    with screen.working("reading the rules"):
        job = backtesting.job_of(settings, against)
    if path is None:
        with screen.progress("judging") as tell:
            return run(backtesting.backtest_inbox(settings, job, told=tell))
    total = history.size_of(path)
    with screen.progress("judging") as tell:
        items = history.messages_of(path)
        return backtesting.backtest(items, job, told=lambda passed: tell(total, passed))


def show(report: Report, *, compared: bool) -> None:
    """Print a report for people."""
    if not report.total:
        screen.say("there is no message in it")
        return
    screen.say(counted(report.total, "message"))
    for name in ("answered", "asked", "routed", "ignored"):
        screen.say(f"  {name:<9} {_share(report.outcomes[name], report.total)}")
    if report.damaged_total:
        screen.say(f"  {'damaged':<9} {_share(report.damaged_total, report.total)}")
    _table("FAQ entries that answer", report.faq)
    _table("rules that decide", report.rules)
    _counted("rules that matched beside them", report.annotated)
    _table("FAQ entries that are offered as a choice", report.offered)
    _table("why messages are ignored", report.reasons)
    _table("nearest FAQ entry where the fallback decided: more phrasings may help", report.missed)
    _show_damaged(report)
    if compared:
        _show_changed(report)


def _share(count: int, total: int) -> str:
    return f"{count:>7}  {100 * count / total:>3.0f} %"


def _table(title: str, tallies: Mapping[str, Tally]) -> None:
    from gateway.journey.backtest import ranked  # noqa: PLC0415 - not for --help

    if not tallies:
        return
    screen.say(f"\n{title}")
    rows: list[tuple[object, ...]] = []
    for name, tally in ranked(tallies)[:_MOST_SHOWN]:
        samples = [_sampled(sample, besides=name) for sample in tally.samples]
        rows += [(tally.count, name, samples[0]), *(("", "", sample) for sample in samples[1:])]
    screen.print_table(("count", "id", "for instance"), rows, empty="", gives_way=("for instance",))


def _sampled(sample: Sample, *, besides: str) -> str:
    near = [entry for entry in sample.near if entry.faq != besides and entry.score >= _WORTH]
    named = ", ".join(f"{entry.faq} {format_score(entry.score)}" for entry in near[:2])
    return f"{sample.about or sample.id}" + (f"  (near: {named})" if named else "")


def _counted(title: str, counts: Any) -> None:
    if counts:
        screen.say(f"\n{title}")
        rows = [(count, name) for name, count in counts.most_common(_MOST_SHOWN)]
        screen.print_table(("count", "id"), rows, empty="", gives_way=("id",))


def _show_damaged(report: Report) -> None:
    if not report.damaged_total:
        return
    screen.say("\nmessages that cannot be read")
    rows = [(each.id, each.reason) for each in report.damaged[:_MOST_SHOWN]]
    screen.print_table(("message", "why"), rows, empty="", gives_way=("why",))
    _say_more(report.damaged_total)


def _show_changed(report: Report) -> None:
    """Print every kind of change with some of its messages: the same one may concern thousands."""
    if not report.changed_total:
        screen.say("\nthe other rules change nothing here")
        return
    screen.say(f"\n{report.changed_total} of {counted(report.total, 'message')} would change")
    kinds: dict[tuple[str, str], list[str]] = {}
    for verdict in report.changed:
        kinds.setdefault(_change(verdict), []).append(verdict.about or verdict.id)
    ranked = sorted(kinds.items(), key=lambda kind: -len(kind[1]))
    rows: list[tuple[object, ...]] = []
    for (before, after), messages in ranked[:_MOST_SHOWN]:
        first, *others = list(dict.fromkeys(messages))[:_MOST_SAMPLES]
        rows += [(len(messages), before, after, first), *(("", "", "", each) for each in others)]
    screen.print_table(
        ("count", "before", "after", "for instance"),
        rows,
        empty="",
        gives_way=("for instance", "before", "after"),
    )
    screen.say("--json lists them message by message")


def _say_more(total: int) -> None:
    if total > _MOST_SHOWN:
        screen.say(f"… and {total - _MOST_SHOWN} more: --json lists them")


def _change(verdict: Verdict) -> tuple[str, str]:
    assert verdict.after is not None
    return summed_up(verdict.decision), summed_up(verdict.after)


def summed_up(decision: Decision) -> str:
    """Return a decision in a few words: ``network, level 2, high (vpn-outage)``."""
    from gateway.journey.backtest import effect  # noqa: PLC0415 - not for --help

    done: dict[str, Any] = dict(effect(decision))
    said = {
        "answer": lambda: f"answer {done['faq']}",
        "ask": lambda: f"which of {', '.join(done['choices'])}?",
        "route": lambda: f"{done['team']}, level {done['level']}",
        "ignore": lambda: f"ignore: {done['reason']}",
    }[done["decision"]]()
    more = [done["priority"]] if done["priority"] != "normal" else []
    more += [f"#{tag}" for tag in done["tags"]]
    more += [f"{name}={value}" for name, value in done["fields"].items()]
    rule = f" ({decision.rule})" if decision.rule else ""
    return ", ".join((said, *more)) + rule
