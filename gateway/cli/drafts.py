"""``faq drafts``: entries that agents drafted from tickets, to be approved or dropped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import screen
from gateway.cli.finding import settings_of
from gateway.cli.options import ConfigOption, JsonOption, by_of, look, number_of, run
from gateway.cli.tickets import local
from gateway.errors import NotFound
from gateway.model.knowledge import DraftState
from gateway.model.message import Json

if TYPE_CHECKING:
    from gateway.contracts.store import Store
    from gateway.journey.learning.drafting import Drafted
    from gateway.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Entries that agents drafted from tickets.")

_MOST_DRAFTS = 1000
_MOST_SHOWN = 60
DraftId = Annotated[
    str, typer.Argument(metavar="ID", help="The reference of its ticket, such as VT-1042-F.")
]


@app.command("list")
def list_drafts(
    *,
    every: Annotated[bool, typer.Option("--all", help="Approved and dropped ones too.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List drafts, the newest first."""
    settings = settings_of(config)
    states = frozenset(DraftState) if every else frozenset({DraftState.OPEN})
    found = _drafts(settings, states)
    if as_json:
        screen.print_json([_shape(each) for each in found])
        return
    screen.print_table(
        ("id", "status", "by", "drafted", "lang", "question", "answer"),
        (
            (
                *(each.reference, each.draft.state, each.draft.by),
                *(local(each.draft.at, settings.timezone), each.language),
                *(_short(each.question), _short(each.answer) or "(none yet)"),
            )
            for each in found
        ),
        empty="no drafts: an agent makes one with !faq on a ticket",
        gives_way=("answer", "question"),
    )


@app.command()
def show(draft: DraftId, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show one draft, and the entry that it would become."""
    from gateway.app import load_rules  # noqa: PLC0415 - loads the rules
    from gateway.approving import entry_of  # noqa: PLC0415 - loads the rules
    from rules.writing import with_entry  # noqa: PLC0415 - loads the rules

    settings = settings_of(config)
    found = _draft(settings, draft)
    if as_json:
        screen.print_json(_shape(found))
        return
    screen.say(f"{found.reference}  {found.draft.state}, drafted by {found.draft.by}")
    screen.say(f"\nasked:\n{found.question}\n\nanswered:\n{found.answer or '(not yet)'}")
    book, _ = load_rules(settings)
    if book is not None and found.answer:
        screen.say(f"\n{with_entry('', entry_of(found, book))[0]}")


@app.command()
def approve(
    draft: DraftId,
    to: Annotated[
        str, typer.Option(metavar="FILE", help="A rule file; default: faq-drafts.yaml.")
    ] = "",
    name: Annotated[
        str, typer.Option("--entry", metavar="ID", help="The id of the new entry.")
    ] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a draft into this machine's rule files. They must be good with it."""
    from gateway import approving  # noqa: PLC0415 - loads the rules

    settings = settings_of(config)
    found = _draft(settings, draft)
    if found.draft.state is not DraftState.OPEN:
        raise NotFound(f"the draft {found.reference} is {found.draft.state}")
    with screen.working("trying the rules with it"):
        done = approving.approve(settings, found, to=to, name=name)
    shown: dict[str, Json] = {"file": str(done.path), "line": done.line, "entry": done.entry}
    _end(settings, found, DraftState.APPROVED, done.entry)
    if as_json:
        screen.print_json(shown)
        return
    screen.print_problems(done.warnings)
    screen.say(f"{done.path}:{done.line}: entry {done.entry}")
    screen.say("read it over: the words are those of the requester and the agent")


@app.command()
def drop(draft: DraftId, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Give a draft up."""
    settings = settings_of(config)
    found = _draft(settings, draft)
    _end(settings, found, DraftState.DROPPED)
    if as_json:
        screen.print_json(_shape(found) | {"state": DraftState.DROPPED})
    else:
        screen.say(f"the draft from {found.reference} is dropped")


def _drafts(settings: Settings, states: frozenset[DraftState]) -> Sequence[Drafted]:
    """Return drafts with their words; tickets of teams that are private by now are left out."""
    from gateway.app import load_rules  # noqa: PLC0415 - loads the rules
    from gateway.journey.learning.drafting import drafted  # noqa: PLC0415 - not for --help

    async def read(store: Store) -> list[Drafted]:
        found = []
        for draft in await store.faq_drafts(states, _MOST_DRAFTS):
            ticket = await store.ticket(draft.ticket)
            if ticket is not None:
                found.append(drafted(draft, ticket, await store.events(draft.ticket)))
        return found

    found = look(settings, read)
    book, _ = load_rules(settings) if found else (None, ())
    private = {team.id for team in book.teams.values() if team.private} if book else set()
    return [each for each in found if each.team not in private]


def _draft(settings: Settings, reference: str) -> Drafted:
    number = number_of(settings.policy.prefix, reference)
    for each in _drafts(settings, frozenset(DraftState)):
        if each.draft.ticket == number:
            return each
    raise NotFound(f"there is no draft {reference}; see: ventanilla faq drafts list --all")


def _end(settings: Settings, found: Drafted, state: DraftState, entry: str = "") -> None:
    """Have the desk note what became of a draft; a problem is said, and is one of exit code 1."""
    from gateway.ordering import order  # noqa: PLC0415 - loads the journey

    given = {"id": str(found.draft.ticket), "state": str(state), "entry": entry}
    result = run(order(settings, name="end_draft", by=by_of(""), arguments=given))
    if not (result.ok and result.done):
        screen.complain(f"the draft is not marked as {state}: {result.reason}")
        raise typer.Exit(1)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_SHOWN else f"{line[: _MOST_SHOWN - 1]}…"


def _shape(found: Drafted) -> dict[str, Json]:
    draft = found.draft
    return {
        "id": found.reference,
        "state": draft.state,
        "by": draft.by,
        "at": draft.at.isoformat(),
        "language": found.language,
        "question": found.question,
        "answer": found.answer,
        "entry": draft.entry or None,
    }
