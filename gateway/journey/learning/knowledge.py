"""What tickets say about the FAQ: how its entries fared, and what none of them answered. Pure.

Read from histories alone, so that it holds for everything a desk has ever kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from gateway.journey.handover.standing import opening
from gateway.model.knowledge import Solved
from gateway.model.ticket import BY_DESK, EventKind, Ticket, TicketEvent, TicketState

_HELPED = "it helped"
"""Stands in the history where a requester said so (`gateway.journey.follow_up`)."""

FALLBACK = "fallback"
_MOST_SHOWN = 200
Story = tuple[Ticket, Sequence[TicketEvent]]


@dataclass(slots=True)
class EntryStats:
    """How often one entry was sent, what became of it, and what it was taken for."""

    answered: int = 0
    helped: int = 0
    not_helped: int = 0
    by_agents: int = 0
    confused_with: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A request that no entry answered; ``closing`` is what an agent closed it with, if so.

    ``text`` has the subject above what was ``written``.
    """

    reference: str
    language: str
    subject: str
    written: str
    closing: str

    @property
    def text(self) -> str:
        """Return all that was asked."""
        return asked(self.subject, self.written)


def stats_of(stories: Iterable[Story]) -> dict[str, EntryStats]:
    """Return how each entry fared that was ever sent."""
    found: dict[str, EntryStats] = {}
    for ticket, events in stories:
        answers = [event for event in events if event.kind is EventKind.ANSWER]
        for place, answer in enumerate(answers):
            name = str(answer.details.get("faq") or "")
            if not name:
                continue
            stats = found.setdefault(name, EntryStats())
            stats.answered += 1
            stats.by_agents += answer.by != BY_DESK
            later = answers[place + 1] if place + 1 < len(answers) else None
            _judge(stats, ticket, events, answer, later)
    return found


def _judge(
    stats: EntryStats,
    ticket: Ticket,
    events: Sequence[TicketEvent],
    answer: TicketEvent,
    later: TicketEvent | None,
) -> None:
    behind = [event for event in events if event.seq > answer.seq]
    if any(event.kind is EventKind.STATE and _HELPED in event.text for event in behind):
        stats.helped += 1
    elif any(event.kind is EventKind.FOLLOWUP for event in behind):
        stats.not_helped += 1
        other = str(later.details.get("faq")) if later else _runner_up(ticket)
        if other and other != answer.details.get("faq"):
            stats.confused_with[other] += 1


def _runner_up(ticket: Ticket) -> str:
    near = ticket.why.get("near")
    second = near[1] if isinstance(near, list) and len(near) > 1 else None
    return str(second.get("faq", "")) if isinstance(second, dict) else ""


def unanswered(stories: Iterable[Story], private: Collection[str]) -> list[Unanswered]:
    """Return the requests that went to people because nothing else knew what to do with them.

    Left out are those of ``private`` teams, those that a rule sent to people on purpose, and those
    that an entry answered, whoever sent it: `stats_of` says whether that helped.
    """
    found: list[Unanswered] = []
    for ticket, events in stories:
        if ticket.team is None or ticket.team in private or ticket.state is TicketState.SPAM:
            continue
        if ticket.rule not in (None, FALLBACK) or any(e.details.get("faq") for e in events):
            continue
        request = opening(events)
        helped = any(_HELPED in e.text for e in events if e.kind is EventKind.STATE)
        if request is None or helped or not request.text.strip():
            continue
        closings = [event.text for event in events if event.details.get("closing")]
        found.append(
            Unanswered(
                reference=ticket.reference,
                language=ticket.language,
                subject=ticket.subject,
                written=request.text,
                closing=closings[-1] if closings else "",
            )
        )
    return found


def solved_of(ticket: Ticket, events: Sequence[TicketEvent]) -> tuple[Solved, str] | None:
    """Return how a ticket was solved, and what it asked; None where nobody wrote a summary."""
    closings = [event.text for event in events if event.details.get("closing")]
    request = opening(events)
    if not closings or request is None:
        return None
    found = Solved(
        number=ticket.number,
        reference=ticket.reference,
        subject=_line(ticket.subject),
        solution=_line(closings[-1]),
    )
    return found, request.text


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_SHOWN else f"{line[: _MOST_SHOWN - 1]}…"


def asked(subject: str, text: str) -> str:
    """Return a question with its subject, unless that is only the beginning of the text."""
    begin = " ".join(subject.split()).rstrip("….")
    return (
        text.strip() if " ".join(text.split()).startswith(begin) else f"{subject}\n{text}".strip()
    )
