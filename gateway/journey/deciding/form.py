"""The questions of a form: asked before a ticket goes to its team, and read from what comes back.

The same on every channel: as lines of a reply, all at once or one by one; as buttons where a single
choice is asked for; as a form where the channel can open one. Who does not know says so, who asks
for a person gets one, and who never answers is routed all the same when the time is up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.contracts.rules import Rules
from gateway.contracts.words import Meaning, Words
from gateway.journey.plan.draft import Draft
from gateway.model.form import FormField
from gateway.model.message import Trust
from gateway.model.outgoing import Question
from gateway.model.ticket import EventKind, Ticket, TicketState, Visibility

MOST_ROUNDS = 3
NOT_KNOWN = "not known"
_MOST_BUTTONS = 10
_DASHES = ("-", "\N{EN DASH}", "\N{EM DASH}")
"""What leaves out a question that need not be answered; telephones make a longer one of it."""
_NUMBERED = re.compile(r"(\d{1,2})[.):]\s+(.+)")
_LABELLED = re.compile(r"([^:]{1,200}):\s*(.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a reply gave: the values of fields, and those that are asked for again.

    ``is_all`` says that nothing else was said in it: the fields tell all of it.
    """

    values: Mapping[str, str]
    again: tuple[str, ...]
    is_all: bool


def ask(draft: Draft, ticket: Ticket, names: Sequence[str], *, trust: Trust) -> None:
    """Ask for fields; the ticket waits for its requester, and knows already where it will go."""
    now = draft.now(ticket)
    fields = [draft.rules.forms[name] for name in names]
    questions = tuple(_question(field, now.language, draft) for field in fields)
    lines = tuple(_line(question, now.language, draft) for question in questions)
    draft.change(ticket, asks=tuple(names), asked=now.asked + 1)
    draft.set_state(ticket, TicketState.ASKING, f"asked for {', '.join(names)}")
    alone = questions[0] if len(questions) == 1 else None
    choices = alone.choices if alone and len(alone.choices) <= _MOST_BUTTONS else ()
    draft.to_requester(
        ticket, "requester/form_again" if now.asked else "requester/form",
        {"reference": now.reference, "questions": lines},
        trust=trust, buttons=(Meaning.PERSON,), choices=choices,
        questions=() if choices else questions,
    )  # fmt: skip
    draft.event(
        ticket, EventKind.QUESTION, "\n".join(lines),
        visibility=Visibility.PUBLIC, details={"fields": list(names)},
    )  # fmt: skip


def askable(rules: Rules, names: Sequence[str]) -> tuple[str, ...]:
    """Return those of some fields that the rule book knows."""
    return tuple(name for name in names if name in rules.forms)


def read(rules: Rules, words: Words, ticket: Ticket, text: str) -> Answers:
    """Return what a reply says to the questions that a ticket waits for. Pure."""
    names = askable(rules, ticket.asks)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said, rest = _assigned(rules, words, names, lines)
    values: dict[str, str] = {}
    left_out: set[str] = set()
    for name, answer in said.items():
        if words.meaning_of(answer) is Meaning.UNKNOWN:
            values[name] = NOT_KNOWN
        elif not rules.forms[name].required and answer in _DASHES:
            left_out.add(name)
        elif (value := rules.read_answer(name, answer)) is not None:
            values[name] = value
    missing = (name for name in names if name not in values)
    return Answers(
        values=values,
        again=tuple(n for n in missing if rules.forms[n].required),
        is_all=not rest and said.keys() <= {*values, *left_out},
    )


def _assigned(
    rules: Rules, words: Words, names: Sequence[str], lines: Sequence[str]
) -> tuple[dict[str, str], Sequence[str]]:
    """Return which line answers which field, and the lines that answer none.

    By number, by label, by order, or by its type.
    """
    if len(lines) == 1 and words.meaning_of(lines[0]) is Meaning.UNKNOWN:
        return dict.fromkeys(names, lines[0]), ()
    if len(names) == 1:
        answer, beside = _only(rules, names[0], lines)
        return {names[0]: answer}, beside
    said: dict[str, str] = {}
    rest: list[str] = []
    for line in lines:
        name, answer = _named(rules, names, line)
        if name is None or name in said:
            rest.append(line)
        else:
            said[name] = answer
    left = [name for name in names if name not in said]
    if len(rest) == len(left):
        return said | dict(zip(left, rest, strict=True)), ()
    return _by_type(rules, said, left, rest)


def _by_type(
    rules: Rules, said: dict[str, str], left: Sequence[str], lines: Sequence[str]
) -> tuple[dict[str, str], Sequence[str]]:
    rest: list[str] = []
    for line in lines:
        fitting = [n for n in left if n not in said and rules.read_answer(n, line) is not None]
        strict = [n for n in fitting if rules.forms[n].type != "text"]
        if len(strict) == 1 or (fitting and len(lines) == 1):
            said[strict[0] if len(strict) == 1 else fitting[0]] = line
        else:
            rest.append(line)
    return said, rest


def _only(rules: Rules, name: str, lines: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return the answer to a single question: all of it, or the one line that is of its type.

    Beside it come the lines that are no part of it.
    """
    whole = "\n".join(lines)
    if rules.read_answer(name, whole) is not None:
        return whole, ()
    _, whole = _named(rules, (name,), whole)
    if rules.read_answer(name, whole) is not None:
        return whole, ()
    fitting = [line for line in lines if rules.read_answer(name, line) is not None]
    if len(fitting) != 1:
        return whole, ()
    return fitting[0], [line for line in lines if line != fitting[0]]


def _named(rules: Rules, names: Sequence[str], line: str) -> tuple[str | None, str]:
    """Return the field that a line says it answers, and the rest of it."""
    if found := _NUMBERED.fullmatch(line):
        number = int(found[1])
        return (names[number - 1], found[2]) if 0 < number <= len(names) else (None, line)
    if found := _LABELLED.fullmatch(line):
        label = found[1].strip().casefold()
        for name in names:
            texts = rules.forms[name].ask.values()
            if label in {name.casefold(), *(text.casefold().rstrip("?:. ") for text in texts)}:
                return name, found[2]
    return None, line


def _question(field: FormField, language: str, draft: Draft) -> Question:
    default = draft.desk.policy.languages[0]
    text = field.ask.get(language) or field.ask.get(default) or next(iter(field.ask.values()))
    return Question(
        name=field.id,
        label=text,
        kind=field.type,
        choices=field.choices,
        required=field.required,
    )


def _line(question: Question, language: str, draft: Draft) -> str:
    """Return a question with what may be answered: the choices, a date as it is written, a dash."""
    hints = [", ".join(question.choices)]
    if question.kind == "date":
        example = {"example": f"{draft.at.year}-12-31"}
        hints.append(draft.desk.words.render("requester/date", language, example).body.strip())
    if not question.required:
        hints.append(draft.desk.words.render("requester/optional", language, {}).body.strip())
    hint = "; ".join(filter(None, hints))
    return f"{question.label} ({hint})" if hint else question.label
