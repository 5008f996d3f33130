"""Forms that open at once when a button is pressed.

A press can open a modal for three seconds: too short to ask the journey. So the view behind a
button is kept from when its message was rendered (`Modals.keep`), and opened as a courtesy after
the press is stored; where there is none, the questions are asked in the thread. What somebody
fills in comes back as `Feedback` with values, whose ``button`` is the one that was pressed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from channels.slack.blocks import FORM, told_by
from channels.slack.payload import Payload, list_at, text_at
from gateway.errors import SendError
from gateway.model.outgoing import Question

if TYPE_CHECKING:
    from channels.slack.api import SlackApi

log = logging.getLogger(__name__)

MAX_KEPT = 1000
_MAX_PRIVATE = 3000
# https://docs.slack.dev/surfaces/modals and /reference/block-kit (checked May 2026).
_MAX_TITLE = 24
_MAX_LABEL = 2000
_MAX_OPTION = 75
_MAX_OPTIONS = 100
_MAX_BLOCKS = 100


def view_of(label: str, questions: Sequence[Question], reference: str) -> Mapping[str, Any]:
    """Return the modal that asks some questions about a ticket.

    ``label`` is the button's that opened it: it stands above it, and on the button that sends it.
    """
    both = f"{label} {reference}".strip()
    title = both if len(both) <= _MAX_TITLE else reference or label
    return {
        "type": "modal",
        "title": _plain(title),
        "submit": _plain(label),
        "blocks": [_input(question) for question in questions[:_MAX_BLOCKS]],
    }


def _plain(text: str) -> Mapping[str, Any]:
    return {"type": "plain_text", "text": text[:_MAX_TITLE], "emoji": False}


def _input(question: Question) -> Mapping[str, Any]:
    label = {"type": "plain_text", "text": question.label[:_MAX_LABEL], "emoji": False}
    return {
        "type": "input",
        "block_id": question.name,
        "optional": not question.required,
        "label": label,
        "element": {"action_id": "answer", **_element(question)},
    }


def _element(question: Question) -> Mapping[str, Any]:
    """Return what an answer is given with; what is typed is checked by the desk."""
    options = [
        {"text": {"type": "plain_text", "text": choice, "emoji": False}, "value": choice}
        for choice in question.choices
        if len(choice) <= _MAX_OPTION
    ]
    if question.kind == "choice" and len(options) == len(question.choices) <= _MAX_OPTIONS:
        return {"type": "static_select", "options": options}
    if question.kind == "date":
        return {"type": "datepicker"}
    if question.kind == "number":
        return {"type": "number_input", "is_decimal_allowed": True}
    return {"type": "plain_text_input", "multiline": question.kind == "text"}


def _of_one_text(action: Payload) -> tuple[Mapping[str, Any] | None, Sequence[str]]:
    """Return the view behind a button that asks for one text: what is pressed tells enough.

    So it opens whichever process showed the button, and after a restart.
    """
    _, _, name = text_at(action, "action_id").partition(".")[2].partition(".")
    label, button = text_at(action, "text", "text"), text_at(action, "value")
    if not (name and label and button):
        return None, ()
    reference, pressers = told_by(text_at(action, "block_id"))
    view = view_of(label, (Question(name=name, label=label, kind="text"),), reference)
    return {**view, "private_metadata": button[:_MAX_PRIVATE]}, pressers


class Modals:
    """Views by the id of the button that opens them, the newest ones."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api
        self._views: dict[str, tuple[Mapping[str, Any], Sequence[str]]] = {}

    def keep(self, button: str, view: Mapping[str, Any], pressers: Sequence[str]) -> None:
        """Remember the view behind a button, and for whom it opens: for everybody where empty."""
        self._views.pop(button, None)
        self._views[button] = {**view, "private_metadata": button[:_MAX_PRIVATE]}, pressers
        while len(self._views) > MAX_KEPT:
            del self._views[next(iter(self._views))]

    def wanted(self, payload: Payload) -> tuple[str, Mapping[str, Any]] | None:
        """Return the trigger and the view that a press asks for, None when it asks for none.

        Who may not press is shown no form: the desk would not take what they fill in.
        """
        for action in list_at(payload, "actions"):
            if text_at(action, "action_id").partition(".")[0] != FORM:
                continue
            view, pressers = self._views.get(text_at(action, "value")) or _of_one_text(action)
            if view and (not pressers or text_at(payload, "user", "id") in pressers):
                return text_at(payload, "trigger_id"), view
        return None

    async def open(self, trigger: str, view: Mapping[str, Any]) -> None:
        """Open a view; when that does not work, the questions are in the thread."""
        try:
            await self._api.call("views_open", trigger_id=trigger, view=view)
        except SendError as exc:
            log.info("a form could not be opened", extra={"reason": exc.reason})
