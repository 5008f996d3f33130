"""From a parsed event to its plan: load what is known, decide whose case it is, have it planned.

Called by the pipeline for each event, or for several that are read as one. Everything after the
load is pure. Raises `TooEarly` for what answers something that may not be known yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import assert_never

from gateway.errors import GatewayError
from gateway.failpoint import reach
from gateway.journey import (
    delivery_report,
    feedback,
    follow_up,
    guards,
    guesses,
    new_request,
    outsiders,
    revision,
)
from gateway.journey.agents import agent_chat, agent_mail
from gateway.journey.agents.agent_saying import HANDING_ON, hands_on
from gateway.journey.agents.quoted_notice import read_notice
from gateway.journey.deciding.judging import Judged, judged
from gateway.journey.desk import Desk
from gateway.journey.handover import similar, vendor
from gateway.journey.handover.handing_on import read_rest
from gateway.journey.identify import identify, question, report_question, with_clash
from gateway.journey.orders import cli_order
from gateway.journey.plan import limits, team_buttons
from gateway.journey.plan.draft import Draft
from gateway.journey.who.identity import Identity, Who
from gateway.journey.who.tokens import ButtonToken
from gateway.journey.wishes import linking, status, wish, wish_word
from gateway.journey.wishes.own_requests import joined_by, requests_of
from gateway.model.inbox import InboxItem, Outcome
from gateway.model.message import (
    Command,
    DeliveryReport,
    Feedback,
    Ignored,
    Message,
    Parsed,
    Revision,
    Wish,
    WishKind,
)
from gateway.model.plan import Plan
from gateway.model.question import Known
from gateway.model.ticket import Ticket, TicketState

BIG_FILES = 1024 * 1024
LOOK_AGAIN = timedelta(seconds=2)
_WITH_HISTORY = (TicketState.ANSWERED, TicketState.ASKING, TicketState.CLOSED)


class TooEarly(GatewayError):
    """An event answers something that we may know a little later: it waits till then."""


async def carry_out(
    desk: Desk, items: Sequence[InboxItem], parsed: Parsed, effects: Sequence[str]
) -> Plan:
    """Plan what some events say together on what is known now, and apply the plan.

    ``parsed`` is what the first one says, the others with it; ``effects`` are those of the others.
    """
    plan = await _plan(desk, items, parsed, effects)
    reach("apply")
    lanes = [send.lane for send in plan.sends]
    queued = partial(desk.wake_delivery, lanes) if lanes else None
    await desk.store.apply(plan, queued=queued)
    return plan


async def _plan(
    desk: Desk, items: Sequence[InboxItem], parsed: Parsed, effects: Sequence[str]
) -> Plan:
    first, *others = items
    draft = Draft(desk, desk.rules, claim=first.claim)
    draft.received_at = first.event.received_at
    draft.read_with = [(item.claim, effect) for item, effect in zip(others, effects, strict=True)]
    match parsed:
        case Message():
            await _plan_said(draft, parsed)
        case DeliveryReport():
            known = await desk.store.know(report_question(desk, parsed))
            draft.knows_alerts(known.spent)
            if not _is_duplicate(draft, known):
                delivery_report.plan(draft, parsed, known)
        case Command():
            await _plan_command(draft, parsed)
        case Feedback() | Revision() | Wish():
            await _plan_aside(draft, parsed)
        case Ignored():
            draft.done(Outcome.IGNORED, parsed.reason, effect=parsed.digest, ticket=None)
        case _:
            assert_never(parsed)
    return draft.plan()


async def _plan_aside(draft: Draft, parsed: Feedback | Revision | Wish) -> None:
    """Plan what people do on chat beside writing."""
    desk = draft.desk
    match parsed:
        case Feedback():
            await _plan_feedback(draft, parsed)
        case Revision():
            known = await desk.store.know(revision.question(desk, parsed))
            if not _is_duplicate(draft, known):
                tickets = revision.tickets_of(parsed, known)
                deleted = tickets if parsed.text is None else {}
                histories = {number: await desk.store.events(number) for number in deleted}
                revision.plan(draft, parsed, known, tickets, histories)
        case Wish():
            await _plan_wish(draft, parsed)
        case _:
            assert_never(parsed)


async def _plan_wish(draft: Draft, asked: Wish) -> None:
    desk = draft.desk
    known = await desk.store.know(wish.question(desk, asked))
    if _is_duplicate(draft, known):
        return
    await desk.numbers.refill()
    if asked.kind is WishKind.LANGUAGE:
        known = replace(known, tickets=await joined_by(desk, asked))
    wish.plan(draft, asked, known, await requests_of(desk, asked, known))


async def _plan_said(draft: Draft, message: Message) -> None:
    """Plan a wish that is said in plain words, a code that comes back, or else a message."""
    desk = draft.desk
    if word := wish_word.wish_in(message, desk.policy.languages):
        await _plan_wish(draft, word)
        return
    code = linking.code_in(message)
    if code and (await desk.store.know(wish.question(desk, code))).code is not None:
        await _plan_wish(draft, code)
        return
    await _plan_message(draft, message)


async def _plan_message(draft: Draft, message: Message) -> None:
    desk = draft.desk
    draft.wallet = limits.wallet(desk, message)
    known = await desk.store.know(question(desk, message, draft.wallet))
    if _is_duplicate(draft, known):
        return
    if own := guards.own(desk, message):
        new_request.end(draft, message, Outcome.IGNORED, f"our own: {own}")
        return
    await desk.numbers.refill()
    guesses.watch(draft, message, known)
    known = await _with_newest(draft, known)
    message = with_clash(message, known)
    draft.talk = message.talk
    # What a process sent that died is on its way to be found again only since the next one began.
    age = draft.at - max(draft.received_at, desk.began_at)
    who = identify(desk, draft.rules, message, known, age=age)
    if status.is_asked(desk.words, message, who):
        status.plan(draft, message, who, known, await requests_of(desk, message, known))
        return
    is_agent = who.who is Who.AGENT
    await _read_history(draft, who.ticket, always=is_agent)
    if not is_agent or hands_on(message.text) or agent_chat.asked_for(message, known) in HANDING_ON:
        await read_rest(draft)
    await read_notice(draft, message, who)
    asked = await _judged(draft, message, who, known)
    if sum(file.size for file in message.attachments) < BIG_FILES:
        _plan_by_writer(draft, message, who, known, asked)
    else:
        # Rendering encodes the files: beside the event loop, so that others are not kept waiting.
        await asyncio.to_thread(_plan_by_writer, draft, message, who, known, asked)


async def _judged(draft: Draft, message: Message, who: Identity, known: Known) -> Judged | None:
    """Return what a new request comes to; look up the tickets that a team may be shown with it."""
    if who.who is not Who.ASKER:
        if who.ticket is not None:
            draft.similar = await similar.to_ticket(draft, who.ticket)
        return None
    asked = judged(draft, message, who, known)
    if asked.may_go_to_people(draft.desk):
        draft.similar = await similar.to_request(draft, message.subject, message.text)
    return asked


async def _plan_feedback(draft: Draft, pressed: Feedback) -> None:
    desk = draft.desk
    draft.wallet = feedback.wallet(desk, pressed)
    known = await desk.store.know(feedback.question(desk, pressed, draft.wallet))
    if _is_duplicate(draft, known):
        return
    await desk.numbers.refill()
    bound = desk.keyring.read(pressed.button)
    if isinstance(bound, ButtonToken):
        ticket, word = known.tickets.get(bound.ticket), team_buttons.WORDS.get(bound.word)
        await _read_history(draft, ticket, always=word is not None)
        if ticket is not None:
            draft.similar = await similar.to_ticket(draft, ticket)
        if word is None or word in HANDING_ON:
            await read_rest(draft)
    feedback.plan(draft, pressed, known)


async def _read_history(draft: Draft, ticket: Ticket | None, *, always: bool = False) -> None:
    """Read what was said on a ticket where it is needed; an agent's word may hand it on."""
    if ticket is not None and (always or ticket.state in _WITH_HISTORY):
        draft.history = await draft.desk.store.events(ticket.number)


async def _with_newest(draft: Draft, known: Known) -> Known:
    """Add the sender's newest open ticket when this message may have to be folded into it."""
    number = known.newest_open
    if not limits.spent(draft.wallet.opening, known) or number is None or number in known.tickets:
        return known
    ticket = await draft.desk.store.ticket(number)
    return replace(known, tickets={**known.tickets, number: ticket}) if ticket else known


def _plan_by_writer(
    draft: Draft,
    message: Message,
    who: Identity,
    known: Known,
    asked: Judged | None,
) -> None:
    match who.who:
        case Who.ASKER:
            assert asked is not None
            new_request.plan_judged(draft, asked)
        case Who.PARTY:
            follow_up.plan_of_party(draft, message, who, known)
        case Who.STRANGER:
            outsiders.plan_of_stranger(draft, message, who, known)
        case Who.UNPROVEN:
            outsiders.plan_of_unproven(draft, message, who, known)
        case Who.VENDOR:
            vendor.plan(draft, message, who, known)
        case Who.BYSTANDER:
            new_request.end(draft, message, Outcome.IGNORED, who.doubt)
        case Who.AGENT | Who.COLLEAGUE | Who.UNKNOWN | Who.LOST:
            _plan_by_desk(draft, message, who, known)
        case _:
            assert_never(who.who)


def _plan_by_desk(draft: Draft, message: Message, who: Identity, known: Known) -> None:
    """Plan what the desk's own people write."""
    if who.who is Who.AGENT and message.talk is None:
        agent_mail.plan(draft, message, who, known)
    elif who.who is Who.AGENT:
        agent_chat.plan(draft, message, who, known)
    elif who.who is Who.COLLEAGUE:
        agent_chat.plan_of_colleague(draft, message, who, known)
    elif who.who is Who.UNKNOWN:
        raise TooEarly(who.doubt)
    else:
        _lose(draft, message, who)


def _lose(draft: Draft, message: Message, who: Identity) -> None:
    """Tell the people of the alerts that talk in a room of the desk found no ticket."""
    what = f"A message in a room of the desk on {message.channel} belongs to no ticket"
    details = f"inbox {draft.claim.id}: {who.doubt}" if draft.claim else who.doubt
    draft.alert(what, details)
    new_request.end(draft, message, Outcome.IGNORED, who.doubt)


async def _plan_command(draft: Draft, command: Command) -> None:
    desk = draft.desk
    known = await desk.store.know(cli_order.question(desk, command))
    if _is_duplicate(draft, known):
        return
    await desk.numbers.refill()
    named = cli_order.ticket_named(desk, command.ticket, known.tickets)
    if named is not None:
        draft.history = await desk.store.events(named.number)
        if command.name in HANDING_ON:
            await read_rest(draft)
    cli_order.plan(draft, command, known.tickets, await cli_order.repair(desk, command))


def _is_duplicate(draft: Draft, known: Known) -> bool:
    """End an event whose content had its one effect before."""
    if known.duplicate_of is None:
        return False
    draft.done(Outcome.DUPLICATE, f"duplicate of {known.duplicate_of}", effect="", ticket=None)
    return True
