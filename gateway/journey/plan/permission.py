"""May the desk say something by itself now? The one place where that is asked, and paid for."""

from __future__ import annotations

from dataclasses import replace

from gateway.journey.plan import limits
from gateway.journey.plan.draft import Draft
from gateway.journey.who.identity import Identity
from gateway.model.message import Message, Trust
from gateway.model.people import Person
from gateway.model.plan import Budget
from gateway.model.question import Known


def ask(
    draft: Draft, message: Message, identity: Identity, known: Known, *, receipt: bool
) -> str | None:
    """Spend what one automatic message to an author costs; return why it must not go out.

    None means that it may, and is paid for. ``receipt`` says that it would only acknowledge.
    """
    refusal = _refusal(message, identity)
    if refusal is not None:
        return refusal
    budgets = limits.for_saying(
        draft.wallet,
        is_reaction=limits.is_reaction(draft.desk, known, named=bool(identity.via)),
        receipt=receipt,
        trust=identity.trust,
    )
    spent = limits.spent(budgets, known)
    if spent:
        return f"limit ({spent})"
    draft.spend(budgets)
    remember(draft, message, known, language=None, automatic=True)
    return None


def tell(draft: Draft, known: Known, budgets: tuple[Budget, ...]) -> str | None:
    """Spend what telling a team costs; return why it must not be told, None when it may."""
    spent = limits.spent(budgets, known)
    if spent:
        return f"limit ({spent})"
    draft.spend(budgets)
    return None


def remember(
    draft: Draft, message: Message, known: Known, *, language: str | None, automatic: bool = False
) -> None:
    """Write what we now know of an author. Somebody who writes has an address that works."""
    if not message.author.address:
        return
    kind = draft.desk.kind_of(message.channel)
    before = draft.known_person(kind, message.author.address) or known.person
    person = before or Person(kind=kind, address=message.author.address)
    draft.person(
        replace(
            person,
            name=message.author.name or person.name,
            language=language or person.language,
            automatic_at=draft.at if automatic else person.automatic_at,
            dead=None,
        )
    )


def _refusal(message: Message, identity: Identity) -> str | None:
    if message.automatic:
        return f"automatic message ({message.automatic})"
    if not message.author.address or identity.trust is Trust.NONE:
        return "no usable sender"
    if message.spam:
        return "marked as spam"
    return None
