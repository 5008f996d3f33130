"""Reads ``forms``: what a rule may have people asked for, in their language."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model.form import FormField
from rules import fields
from rules.fields import Fields
from rules.known import Known, by_language
from rules.nodes import Node, Scalar
from rules.patterns import compile_pattern
from rules.problems import Mark

FORM_KEYS = ("type", "ask", "choices", "pattern", "required")
TYPES = ("text", "number", "date", "choice", "pattern")
# What one type needs, and no other one may have.
_ONLY_WITH = {"choices": "choice", "pattern": "pattern"}


def read_form(key: Scalar, node: Node, known: Known) -> FormField | None:
    """Return a field; faults are noted. None when it has no usable id, type or question."""
    what = f"form {key.text}"
    found = fields.fields(node, what, FORM_KEYS, known.problems)
    form_id = fields.identifier(key, "forms", known.problems)
    if found is None or form_id is None:
        return None
    for needed in ("type", "ask"):
        if needed not in found:
            known.problems.error(key.mark, f"{what}: {needed} is missing")
    kind = _type(found, what, known)
    ask = _questions(found, what, known)
    required = fields.flag(found["required"], what, known.problems) if "required" in found else True
    if kind is None or not ask:
        return None
    _check_keys(kind, found, what, key.mark, known)
    return FormField(
        id=form_id,
        type=kind,
        ask=ask,
        choices=_choices(found, what, known),
        pattern=_pattern(found, what, known),
        required=required is not False,
    )


def _type(found: Fields, what: str, known: Known) -> str | None:
    if "type" not in found:
        return None
    return fields.choice(found["type"], f"{what}: type", TYPES, known.problems)


def _questions(found: Fields, what: str, known: Known) -> Mapping[str, str]:
    if "ask" not in found:
        return {}
    nodes = by_language(found["ask"], f"{what}: ask", known)
    texts = {
        language: fields.text(node, f"{what}: ask.{language}", known.problems)
        for language, node in nodes.items()
    }
    missing = [language for language in known.languages if language not in texts]
    if missing and texts:
        known.problems.warning(found["ask"].mark, f"{what}: ask is missing in {', '.join(missing)}")
    return {language: text.strip() for language, text in texts.items() if text is not None}


def _check_keys(kind: str, found: Fields, what: str, mark: Mark, known: Known) -> None:
    for key, wanted in _ONLY_WITH.items():
        if key in found and kind != wanted:
            hint = f"type: {wanted}"
            known.problems.error(found[key].mark, f"{what}: {key} needs another type", hint)
        elif key not in found and kind == wanted:
            known.problems.error(mark, f"{what}: {key} is missing, which type: {kind} needs")


def _choices(found: Fields, what: str, known: Known) -> tuple[str, ...]:
    if "choices" not in found:
        return ()
    chosen: dict[str, None] = {}
    for text, mark in fields.texts(found["choices"], f"{what}: choices", known.problems):
        if text in chosen:
            known.problems.error(mark, f"{what}: the choice {text!r} stands here twice")
        chosen[text] = None
    return tuple(chosen)


def _pattern(found: Fields, what: str, known: Known) -> str | None:
    if "pattern" not in found:
        return None
    text = fields.text(found["pattern"], f"{what}: pattern", known.problems)
    if text is None or compile_pattern(text, found["pattern"].mark, known.problems) is None:
        return None
    return text
