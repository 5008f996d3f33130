"""The buttons under a team's notice: agents' words that need no typing of their names. Pure.

Where a channel can, one that needs a text opens a form at once; elsewhere it is asked for in a
message of its own, and the answer to that message is the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gateway.contracts.rules import Rules
from gateway.journey.desk import Desk
from gateway.journey.who.identity import addresses_at
from gateway.journey.who.tokens import ButtonToken, ButtonWord
from gateway.model.outgoing import Button, Question
from gateway.model.people import Place
from gateway.model.ticket import Ticket, TicketState

NO_PARTY = 0
"""What a token is bound to that was shown to a team."""
WORDS: Mapping[ButtonWord, str] = {
    ButtonWord.REPLY: "reply",
    ButtonWord.TAKE: "take",
    ButtonWord.CLOSE: "close",
    ButtonWord.ESCALATE: "escalate",
}
PROMPTED = ("reply", "close", "escalate")
"""Words that need a text."""
TEXT = "text"
"""The field of the form behind a button."""

_NONE = (TicketState.MERGED, TicketState.SPAM)
_AFTER_CLOSING = (ButtonWord.REPLY,)


def under_notice(
    desk: Desk, rules: Rules, ticket: Ticket, place: Place, outbox_id: str
) -> tuple[Button, ...]:
    """Return the buttons of a ticket's notice at a place, none where nothing can be pressed."""
    channel = desk.channel_at(place)
    if channel is None or not channel.abilities.presses or ticket.state in _NONE:
        return ()
    words = _AFTER_CLOSING if ticket.state is TicketState.CLOSED else tuple(WORDS)
    buttons = (_button(desk, ticket, word, outbox_id) for word in words)
    if not channel.abilities.forms:
        return tuple(replace(button, questions=()) for button in buttons)
    team = rules.teams.get(ticket.team or "", rules.fallback)
    agents = (rules.agents[name] for name in team.agents if name in rules.agents)
    pressers = addresses_at(desk, place.channel, agents)
    return tuple(replace(button, pressers=pressers) for button in buttons)


def _button(desk: Desk, ticket: Ticket, word: ButtonWord, outbox_id: str) -> Button:
    name = WORDS[word]
    text = desk.words.render("agent/press", desk.policy.languages[0], {"word": name})
    question = Question(name=TEXT, label=text.body.strip(), kind="text")
    bound = ButtonToken(
        ticket=ticket.number, party=NO_PARTY, word=word, choice=0, outbox_id=outbox_id
    )
    return Button(
        label=text.title,
        word=name,
        id=desk.keyring.for_button(bound),
        questions=(question,) if name in PROMPTED else (),
    )


def prompt_ref(word: str, external_id: str) -> str:
    """Return how it is remembered that a message of ours asks for a word's text."""
    return f"{word}:{external_id}"
