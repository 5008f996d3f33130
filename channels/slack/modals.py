"""Forms that open at once when a button is pressed.

A press can open a modal for three seconds: too short to ask the journey. So the view behind a
button is kept from when its message was rendered (`Modals.keep`), and opened as a courtesy after
the press is stored; where there is none, the questions are asked in the thread. What somebody
fills in comes back as `Feedback` with values, whose ``button`` is the one that was pressed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from channels.slack.payload import Payload, list_at, text_at
from gateway.errors import SendError

if TYPE_CHECKING:
    from channels.slack.api import SlackApi

log = logging.getLogger(__name__)

FORM = "form"
MAX_KEPT = 1000
_MAX_PRIVATE = 3000


class Modals:
    """Views by the id of the button that opens them, the newest ones."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api
        self._views: dict[str, Mapping[str, Any]] = {}

    def keep(self, button: str, view: Mapping[str, Any]) -> None:
        """Remember the view behind a button."""
        self._views.pop(button, None)
        self._views[button] = {**view, "private_metadata": button[:_MAX_PRIVATE]}
        while len(self._views) > MAX_KEPT:
            del self._views[next(iter(self._views))]

    def wanted(self, payload: Payload) -> tuple[str, Mapping[str, Any]] | None:
        """Return the trigger and the view that a press asks for, None when it asks for none."""
        for action in list_at(payload, "actions"):
            is_form = text_at(action, "action_id").partition(".")[0] == FORM
            view = self._views.get(text_at(action, "value"))
            if is_form and view is not None:
                return text_at(payload, "trigger_id"), view
        return None

    async def open(self, trigger: str, view: Mapping[str, Any]) -> None:
        """Open a view; when that does not work, the questions are in the thread."""
        try:
            await self._api.call("views_open", trigger_id=trigger, view=view)
        except SendError as exc:
            log.info("a form could not be opened", extra={"reason": exc.reason})
