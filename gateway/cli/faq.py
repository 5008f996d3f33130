"""``faq stats`` and ``faq gaps``: how the entries fared, and what none of them answered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import drafts, screen
from gateway.cli.finding import settings_of
from gateway.cli.options import ConfigOption, JsonOption, look
from gateway.errors import ConfigError
from gateway.model.knowledge import Lesson
from gateway.model.message import Json
from gateway.model.units import counted

if TYPE_CHECKING:
    from gateway.contracts.rules import Rules
    from gateway.contracts.store import Store
    from gateway.journey.learning.knowledge import Story, Unanswered
    from gateway.settings import Settings
    from rules.faq.sureness.lessons import Need

app = typer.Typer(no_args_is_help=True, help="Look at what the FAQ knows and lacks.")

app.add_typer(drafts.app, name="drafts")

_SAMPLES = 3
_MOST_TEXT = 200

Tickets = Annotated[int, typer.Option("--tickets", min=1, help="Look at so many, newest first.")]


@app.command()
def stats(
    config: ConfigOption = None, tickets: Tickets = 5000, as_json: JsonOption = False
) -> None:
    """Show how often each entry was sent, and what became of it."""
    from gateway.journey.learning.knowledge import stats_of  # noqa: PLC0415 - not for --help

    settings = settings_of(config)
    found = stats_of(_stories(settings, tickets))
    needs = _needs(settings)
    order = sorted(found, key=lambda name: (-found[name].answered, name))
    rows: list[dict[str, Json]] = [
        {
            "faq": name,
            "answered": found[name].answered,
            "helped": found[name].helped,
            "not_helped": found[name].not_helped,
            "by_agents": found[name].by_agents,
            "confused_with": [other for other, _ in found[name].confused_with.most_common()],
            "needed": round(needs[name].needed, 4) if name in needs else None,
            "learned": needs[name].why if name in needs else None,
        }
        for name in order
    ]
    if as_json:
        screen.print_json([*rows])
        return
    screen.print_table(
        ("entry", "answered", "helped", "not helped", "by agents", "needs", "confused with"),
        (
            (
                *(row[key] for key in ("faq", "answered", "helped", "not_helped", "by_agents")),
                _shown(needs.get(str(row["faq"]))),
                ", ".join(name for name, _ in found[str(row["faq"])].confused_with.most_common()),
            )
            for row in rows
        ),
        empty="no entry was sent yet",
    )
    for name, need in sorted(needs.items()):
        if need.why:
            screen.say(f"{name}: {need.why}")


def _needs(settings: Settings) -> dict[str, Need]:
    """Return how sure the FAQ has to be of each entry, after what became of its answers.

    Raises:
        ConfigError: the rule files have errors: they say how the entries are worded now.
    """
    from gateway.journey.learning import lessons  # noqa: PLC0415 - not for --help
    from rules.faq.sureness.lessons import need_of  # noqa: PLC0415 - loads the rules

    learned = look(settings, lessons.read)
    return {
        entry.id: need_of(learned.get(entry.edition, Lesson()), 1 - settings.max_wrong)
        for entry in _book(settings).entries.values()
    }


def _shown(need: Need | None) -> str:
    if need is None:
        return "gone"
    return "never sent" if need.is_never else f"{need.needed:.2f}"


def _book(settings: Settings) -> Rules:
    from gateway.loading import order_of, read  # noqa: PLC0415 - loads the rules

    reading = read(order_of(settings))
    if reading.book is None:
        raise ConfigError(reading.problems)
    return reading.book


@app.command()
def gaps(
    config: ConfigOption = None,
    tickets: Tickets = 5000,
    limit: Annotated[int, typer.Option(min=1, help="Show so many groups.")] = 10,
    draft: Annotated[
        int, typer.Option("--draft", min=0, metavar="N", help="Write an entry for group N.")
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Show what people asked and no entry answered.

    Alike requests stand together. What a rule sends to people on purpose is no gap.
    """
    settings = settings_of(config)
    groups = groups_of(settings, _stories(settings, tickets))
    if draft:
        if draft > len(groups):
            raise typer.BadParameter(
                f"there is no {draft}: {counted(len(groups), 'group')} in all", param_hint="--draft"
            )
        screen.say(_entry(groups[draft - 1]))
    elif as_json:
        screen.print_json([shape_of(group) for group in groups[:limit]])
    else:
        for number, group in enumerate(groups[:limit], start=1):
            _show(number, group)
        if not groups:
            screen.say("nothing went to people yet")


def _stories(settings: Settings, most: int) -> list[Story]:
    from gateway.model.question import TicketFilter  # noqa: PLC0415 - not for --help

    async def read(store: Store) -> list[Story]:
        found = await store.list_tickets(TicketFilter(limit=most))
        return [(ticket, await store.events(ticket.number)) for ticket in found]

    return look(settings, read)


def groups_of(settings: Settings, stories: Sequence[Story]) -> list[list[Unanswered]]:
    """Return what people asked and no entry answered, alike requests together, the most first.

    Raises:
        ConfigError: the rule files have errors: they say which teams are private.
    """
    from gateway.journey.learning.knowledge import unanswered  # noqa: PLC0415 - not for --help
    from rules.faq.solved.alike import grouped_alike  # noqa: PLC0415 - loads the rules

    private = {team.id for team in _book(settings).teams.values() if team.private}
    found = unanswered(stories, private)
    return [[found[place] for place in group] for group in grouped_alike([u.text for u in found])]


def shape_of(group: Sequence[Unanswered]) -> dict[str, Json]:
    """Return a group for programs."""
    return {
        "count": len(group),
        "samples": [_sample(one) for one in group[:_SAMPLES]],
        "closings": [_short(one.closing) for one in group if one.closing][:_SAMPLES],
        "tickets": [one.reference for one in group],
    }


def _show(number: int, group: Sequence[Unanswered]) -> None:
    often = "once" if len(group) == 1 else f"{len(group)} times"
    screen.say(f"{number}. asked {often}: {', '.join(u.reference for u in group[:5])}")
    for one in group[:_SAMPLES]:
        screen.say(f"     {_sample(one)}")
    for one in [one for one in group if one.closing][:_SAMPLES]:
        screen.say(f"     closed with: {_short(one.closing)}")


def _sample(one: Unanswered) -> str:
    """Return what somebody asked, without greeting, signature and disclaimer."""
    from rules.faq.solved.drafts import bare  # noqa: PLC0415 - loads the rules

    is_beginning = one.text == one.written.strip()
    said = () if is_beginning else (bare(one.subject),)
    return _short(" ".join((*said, bare(one.written))))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_TEXT else f"{line[: _MOST_TEXT - 3]}..."


def _entry(group: Sequence[Unanswered]) -> str:
    """Return an entry for a group as YAML, to be read over before it goes into a rule file.

    Every text is quoted as JSON, which is YAML too: nothing of a customer's becomes markup.
    """
    from rules.faq.solved.alike import telling_words  # noqa: PLC0415 - loads the rules
    from rules.faq.solved.drafts import phrasings_of  # noqa: PLC0415 - loads the rules

    words = [word for word in telling_words([one.text for one in group]) if word.isascii()]
    asked: dict[str, list[str]] = {}
    answers: dict[str, str] = {}
    for one in group:
        phrasings = phrasings_of(one.subject, one.written) or [_short(one.text)]
        asked.setdefault(one.language, []).append(phrasings[0])
        if one.closing:
            answers.setdefault(one.language, one.closing)
    lines = ["faq:", f"  - id: {'-'.join(words) or 'new-entry'}", "    ask:"]
    for language, texts in asked.items():
        lines += [f"      {language}:"]
        lines += [f"        - {_quoted(text)}" for text in dict.fromkeys(texts)]
    lines += ["    answer:"]
    lines += [
        f"      {language}: {_quoted(answers.get(language, 'WRITE THE ANSWER HERE'))}"
        for language in asked
    ]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
