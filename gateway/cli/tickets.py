"""``tickets list`` and ``tickets show``. What changes tickets is in `gateway.cli.orders`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from gateway.cli import screen
from gateway.cli.explained import show as show_decision
from gateway.cli.finding import settings_of
from gateway.cli.options import (
    ConfigOption,
    JsonOption,
    LimitOption,
    Reference,
    look,
    number_of,
)
from gateway.cli.shapes import ticket_json
from gateway.errors import NotFound
from gateway.journey.handover.naming import briefly, shown
from gateway.model.ticket import Party, Ticket, TicketEvent, TicketState
from gateway.model.ticket_id import format_reference, no_ticket
from gateway.model.units import counted

if TYPE_CHECKING:
    from gateway.contracts.store import Store
    from gateway.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Look at tickets and work on them.")

DEFAULT_STATES = frozenset({TicketState.OPEN, TicketState.ASKING, TicketState.WAITING})


@app.command("list")
def list_tickets(
    *,
    every: Annotated[bool, typer.Option("--all", help="In every status.")] = False,
    status: Annotated[
        list[TicketState] | None, typer.Option(help="Only these; default: open asking waiting.")
    ] = None,
    team: Annotated[str | None, typer.Option(help="Only this team's.")] = None,
    level: Annotated[int | None, typer.Option(min=1, max=4, help="Only this level's.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those past their time.")] = False,
    limit: LimitOption = 100,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List tickets, the last changed first."""
    from gateway.model.question import TicketFilter  # noqa: PLC0415 - not for --help
    from gateway.world import RealWorld  # noqa: PLC0415 - not for --help

    settings, now = settings_of(config), RealWorld().now()
    wanted = TicketFilter(
        states=None if every else frozenset(status or DEFAULT_STATES),
        team=team,
        level=level,
        overdue_at=now if overdue else None,
        limit=limit + 1,
    )
    found = look(settings, lambda store: store.list_tickets(wanted))
    if team and not found:
        _require_team(settings, team)
    if as_json:
        screen.print_json([ticket_json(ticket) for ticket in found[:limit]])
        return
    screen.print_table(
        ("ticket", "status", "level", "team", "priority", "due", "changed", "requester", "subject"),
        (_row(ticket, now) for ticket in found[:limit]),
        empty="no such tickets",
        gives_way=("subject", "requester", "team"),
        spare=("changed", "level", "priority"),
    )
    screen.tell_of_more(found, limit)


def _require_team(settings: Settings, team: str) -> None:
    """Refuse a team that the rule files do not know; asked only where nothing was found."""
    from gateway.app import load_rules  # noqa: PLC0415 - loads the rules

    book, _ = load_rules(settings)
    if book is not None and team not in book.teams:
        known = ", ".join(sorted(book.teams))
        raise typer.BadParameter(f"no team is called {team!r}; there are: {known}")


def _row(ticket: Ticket, now: datetime) -> tuple[object, ...]:
    changed = f"{age(now - ticket.updated_at)} ago"
    who = briefly(ticket.requester)
    state = (ticket.reference, ticket.state, ticket.level, ticket.team, ticket.priority)
    return (*state, _due(ticket, now), changed, who, ticket.subject)


def _due(ticket: Ticket, now: datetime) -> str:
    if ticket.due_at is None:
        return ""
    is_late = ticket.due_at < now
    return f"{age(now - ticket.due_at)} late" if is_late else f"in {age(ticket.due_at - now)}"


def age(passed: timedelta) -> str:
    """Return how long ago something was, in its largest unit."""
    seconds = max(0, int(passed.total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


@app.command()
def show(
    ref: Reference,
    why: Annotated[bool, typer.Option("--why", help="Also why it was decided so.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one ticket with its whole history."""
    from gateway.app import load_times  # noqa: PLC0415 - not for --help
    from gateway.cli.clocks import clock_lines, clocks_json  # noqa: PLC0415 - not for --help
    from gateway.world import RealWorld  # noqa: PLC0415 - not for --help

    settings, now = settings_of(config), RealWorld().now()
    number = number_of(settings.policy.prefix, ref)

    async def whole(store: Store) -> tuple[Ticket | None, Sequence[TicketEvent]]:
        return await store.ticket(number), await store.events(number)

    ticket, events = look(settings, whole)
    if ticket is None:
        raise NotFound(no_ticket(format_reference(settings.policy.prefix, number)))
    times = load_times(settings)
    if as_json:
        clocks = clocks_json(ticket, times, now)
        screen.print_json({**ticket_json(ticket, events), "clocks": clocks})
        return
    for line in _head(ticket, settings.timezone):
        screen.say(line)
    for line in clock_lines(ticket, times, now):
        screen.say(f"  clock      {line}")
    if why:
        _show_why(ticket)
    show_events(events, settings.timezone, _names_on(ticket))


def _known_as(party: Party) -> str:
    """Return under which number somebody knows a ticket that theirs was merged into."""
    return f", as {party.origin.reference}" if party.origin else ""


def _head(ticket: Ticket, timezone: str) -> Iterator[str]:
    who = ticket.requester
    name = f"{who.name} <{who.address}>" if who.name and who.address else who.address or who.name
    yield f"{ticket.reference}  {ticket.subject or '(no subject)'}"
    yield f"  status     {ticket.state}, priority {ticket.priority}"
    yield f"  lies with  {ticket.team or 'nobody'}, level {ticket.level}" + (
        f", taken by {ticket.assignee}" if ticket.assignee else ""
    )
    if ticket.vendor:
        yield f"  vendor     {ticket.vendor}"
    yield f"  requester  {name}, by {ticket.channel}, in {ticket.language}{_known_as(who)}"
    for party in ticket.parties[1:]:
        if party.address:
            yield f"  and        {shown(party.kind, party.name, party.address)}{_known_as(party)}"
    yield f"  asked      {local(ticket.created_at, timezone)}"
    if ticket.due_at:
        yield f"  due        {local(ticket.due_at, timezone)}"
    if ticket.tags:
        yield f"  tags       {', '.join(ticket.tags)}"
    for field, value in ticket.fields.items():
        yield f"  {field:<10} {value}"


def _show_why(ticket: Ticket) -> None:
    why = ticket.why
    if "decision" not in why:
        screen.say(
            "  why: nothing is kept of that: it was opened by hand, or whoever asked was erased"
        )
        return
    screen.say("\nwhy it went where it went when it came in:")
    show_decision(why)


def _names_on(ticket: Ticket) -> Mapping[str, str]:
    """Return how people of a ticket are shown, by their addresses; chat has ids for addresses."""
    return {p.address: shown(p.kind, p.name, p.address) for p in ticket.parties if p.address}


def show_events(events: Iterable[TicketEvent], timezone: str, names: Mapping[str, str]) -> None:
    """Print a ticket's history; what is doubtful about a note stands under it."""
    for event in events:
        _show_event(event, timezone, names)


def _show_event(event: TicketEvent, timezone: str, names: Mapping[str, str]) -> None:
    inside = " (internal)" if event.visibility == "internal" else ""
    at = local(event.at, timezone)
    by = names.get(event.by) or shown("", str(event.details.get("name") or ""), event.by)
    screen.say(f"\n{event.seq}. {at}  {event.kind}{inside}, {by}")
    remarks = event.details.get("flags")
    for remark in remarks if isinstance(remarks, list) else ():
        screen.say(f"    remark: {remark}")
    for line in event.text.splitlines():
        screen.say(f"    {line}")
    for file in event.attachments:
        screen.say(f"    + {file.name} ({file.media_type}, {counted(file.size, 'byte')})")
    if warning := event.details.get("warning"):
        screen.say(f"    (!) {warning}")


def local(at: datetime | None, timezone: str) -> str:
    """Return an instant as the clock on the desk's wall shows it."""
    return at.astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M") if at else ""
