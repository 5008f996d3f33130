"""Checks over the whole desk: what is named must be there, and questions must differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gateway.model.calendar import Calendar
from gateway.model.form import FormField
from gateway.model.people import Team
from rules import fields
from rules.directory import Fallback
from rules.faq.entries import FaqEntry
from rules.faq.ranking.shelf import Phrasing
from rules.faq.reading.courtesies import tokens_of
from rules.faq.sureness.rivals import Rivals
from rules.folding import words_of
from rules.known import Known
from rules.outcome import Then
from rules.problems import Mark, did_you_mean
from rules.routes import Route

SHIPPED_REPLIES = ("received",)
"""The receipt that comes with the program may be named as well."""

MOST_RIVALS = 20
"""So many pairs of entries are named; a long list helps nobody."""


def check_references(
    routes: Iterable[Route],
    teams: Mapping[str, Team],
    entries: Mapping[str, FaqEntry],
    forms: Mapping[str, FormField],
    known: Known,
) -> None:
    """Note every team, entry, form and template that is named but cannot be used."""
    for then in (route.then for route in routes):
        if then.team is not None:
            fields.reference(then.team, then.marks["team"], "team", teams, known.problems)
        if then.answer is not None:
            _check_answer(then.answer, then, entries, known)
        if then.reply is not None and known.replies is not None:
            _check_reply(then.reply, then, known.replies, known)
        if then.ask:
            _check_questions(then, forms, known)


def _check_answer(name: str, then: Then, entries: Mapping[str, FaqEntry], known: Known) -> None:
    mark = then.marks["answer"]
    is_there = fields.reference(name, mark, "faq entry", entries, known.problems)
    if is_there and not entries[name].auto:
        known.problems.error(mark, f"faq entry {name!r} has auto: false: only agents send it")


def _check_reply(
    name: str, then: Then, replies: Mapping[str, tuple[str, ...]], known: Known
) -> None:
    mark = then.marks["reply"]
    if name in SHIPPED_REPLIES:
        return
    if name not in replies:
        hint = did_you_mean(name, (*replies, *SHIPPED_REPLIES))
        path = f"{known.languages[0]}/requester/{name}.md.j2"
        known.problems.error(
            mark, f"there is no template {name!r}", hint or f"write {path} in the templates folder"
        )
        return
    missing = [language for language in known.languages if language not in replies[name]]
    if missing:
        known.problems.warning(
            mark,
            f"the template {name!r} is missing in {', '.join(missing)}",
            "the usual receipt is sent there",
        )


def _check_questions(then: Then, forms: Mapping[str, FormField], known: Known) -> None:
    mark = then.marks["ask"]
    for name in then.ask:
        fields.reference(name, mark, "form", forms, known.problems)


def check_fallback(fallback: Fallback | None, teams: Mapping[str, Team], known: Known) -> None:
    """Note a fallback that goes to a team that is not there."""
    if fallback is not None:
        fields.reference(fallback.team, fallback.mark, "team", teams, known.problems)


def check_hours(
    calendar: Calendar | None, marks: Mapping[tuple[str, str], Mark], known: Known
) -> None:
    """Note what goes by business hours where nothing says what those are."""
    hint = 'add calendar: {hours: {mon-fri: ["09:00-17:00"]}}'
    for mark in () if calendar else known.by_hours:
        known.problems.error(
            mark, "hours: there is no calendar that says when the desk is open", hint
        )
    level = next((mark for (kind, _), mark in marks.items() if kind == "level"), None)
    if calendar is None and level is not None:
        known.problems.warning(
            level, "levels: there is no calendar: their clocks run day and night", hint
        )
    if calendar is not None and not any(calendar.hours) and not known.problems.has_errors:
        known.problems.warning(
            marks["top-level", "calendar"],
            "calendar: no day has hours: the desk never opens, and clocks run day and night",
            hint.removeprefix("add "),
        )


def check_phrasings(entries: Iterable[FaqEntry], known: Known) -> None:
    """Warn of a phrasing that two entries share: nothing but conditions can tell them apart."""
    first: dict[tuple[str, ...], FaqEntry] = {}
    for entry in entries:
        for text in (text for asked in entry.ask.values() for text in asked):
            other = first.setdefault(tuple(words_of(text)), entry)
            if other is entry or (entry.when.parts and other.when.parts):
                continue
            known.problems.warning(
                entry.ask_marks[text],
                f"faq {entry.id} asks as {other.id} does: neither is sure then",
                f"see {other.mark.file}:{other.mark.line}",
            )


def check_rivals(rivals: Sequence[Rivals], entries: Mapping[str, FaqEntry], known: Known) -> None:
    """Warn of entries that are hard to tell apart, the worst pairs first."""
    told = [pair for pair in rivals if not all(entries[name].when.parts for name in pair.entries)]
    for pair in told[:MOST_RIVALS]:
        first, second = (_asked_as(entries[one.entry], one) for one in pair.phrasings)
        one, other = pair.entries
        what = (
            f"{pair.taken} of their phrasings are taken for the other's where they are left out,"
            f" such as {first[0]!r} and {second[0]!r}"
            if pair.taken
            else f"{first[0]!r} and {second[0]!r} say next to the same"
        )
        known.problems.warning(
            first[1],
            f"faq {one} and {other} are hard to tell apart: {what}",
            f"see {second[1].file}:{second[1].line}; ask in words of their own, or make them one",
        )
    if more := told[MOST_RIVALS:]:
        mark = entries[more[0].entries[0]].mark
        known.problems.warning(
            mark, f"faq: {len(more)} more pairs of entries are hard to tell apart"
        )


def _asked_as(entry: FaqEntry, phrasing: Phrasing) -> tuple[str, Mark]:
    """Return a phrasing as the rule file has it, and where."""
    texts = (text for asked in entry.ask.values() for text in asked)
    text = next(text for text in texts if tokens_of(text) == phrasing.tokens)
    return text, entry.ask_marks[text]
