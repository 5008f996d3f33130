"""A button under a team's notice was pressed: an agent's word, from whoever may say it there.

Only listed agents of the ticket's team, in its own rooms. Anybody else is told so, where they
pressed; nothing changes.
"""

from __future__ import annotations

from gateway.contracts.words import Value
from gateway.errors import IllegalTransition
from gateway.journey.agents.agent_saying import keep, say
from gateway.journey.agents.deed import Deed, WordRefused
from gateway.journey.plan import permission
from gateway.journey.plan.draft import Draft
from gateway.journey.plan.team_buttons import PROMPTED, TEXT, WORDS
from gateway.journey.who.identify_chat import agent_in, rooms_of
from gateway.journey.who.tokens import ButtonToken
from gateway.model.inbox import Outcome
from gateway.model.message import Feedback, Message, Trust
from gateway.model.people import Agent, Place
from gateway.model.question import Known
from gateway.model.ticket import Ticket


def plan(
    draft: Draft, feedback: Feedback, bound: ButtonToken, ticket: Ticket, known: Known
) -> None:
    """Draft what a press of an agent's button causes."""
    agent, doubt = agent_in(
        draft.desk, draft.rules, feedback.channel, feedback.author, feedback.talk, ticket
    )
    if agent is None or doubt or feedback.author.trust is not Trust.PROVEN:
        _refuse(draft, feedback, ticket, doubt, known)
        return
    word = WORDS[bound.word]
    text = feedback.values.get(TEXT, "").strip()
    if word in PROMPTED and not feedback.values:
        said = _ask_for_text(draft, feedback, ticket, agent, word)
    else:
        said = _carry_out(draft, _deed(ticket, agent, f"!{word} {text}"), known)
    draft.done(Outcome.ACTED, said, effect=feedback.digest, ticket=ticket.number)


def _deed(ticket: Ticket, agent: Agent, text: str) -> Deed:
    return Deed(ticket=ticket, by=f"agent:{agent.id}", name=agent.name, text=text)


def _carry_out(draft: Draft, deed: Deed, known: Known) -> str:
    try:
        return say(draft, deed, known)
    except (WordRefused, IllegalTransition) as refused:
        return keep(draft, deed, str(refused), known)


def _ask_for_text(draft: Draft, feedback: Feedback, ticket: Ticket, agent: Agent, word: str) -> str:
    """Ask for a word's text where no form can be opened; a form that can be is open already."""
    channel = draft.desk.channels[feedback.channel]
    here = rooms_of(draft.desk, draft.rules, feedback.channel, feedback.talk)
    if channel.abilities.forms or not here:
        return "a form was opened"
    values: dict[str, Value] = {
        "reference": ticket.reference, "agent": agent.name, "word": word,
    }  # fmt: skip
    draft.to_team(ticket, "agent/prompt", values, only=here, prompts=word)
    return f"asked for the text of {word}"


def _refuse(draft: Draft, feedback: Feedback, ticket: Ticket, doubt: str, known: Known) -> None:
    if feedback.talk is not None and not permission.tell(draft, known, draft.wallet.warning):
        message = Message(channel=feedback.channel, author=feedback.author, digest="")
        place = Place(feedback.channel, feedback.talk.where)
        language = draft.desk.policy.languages[0]
        values: dict[str, Value] = {"reference": ticket.reference, "reason": doubt}
        draft.to_address(place, "agent/not_pressed", language, message, values)
    why = f"pressed by somebody who may not: {doubt}"
    draft.done(Outcome.IGNORED, why, effect=feedback.digest, ticket=None)
