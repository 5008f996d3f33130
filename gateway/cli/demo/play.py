"""The four mails of the demo, and what has to become of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from email.message import EmailMessage
from email.utils import parseaddr
from typing import TypeVar

from gateway import app
from gateway.cli.demo.desk import DemoDesk
from gateway.cli.demo.mailbox import Mailboxes, post, text_of, write_mail
from gateway.cli.demo.stage import Stage
from gateway.contracts.store import Store
from gateway.errors import GatewayError
from gateway.model.inbox import InboxRow, InboxState, Outcome
from gateway.model.question import TicketFilter
from gateway.model.ticket import EventKind, Ticket, TicketState
from gateway.model.ticket_id import find_references
from gateway.world import RealWorld

T = TypeVar("T")

DESK = "Acme Support <support@acme.example>"
ZOFIA = "Zofia Nowak <zofia@customers.example>"
MAREK = "Marek Silva <marek@customers.example>"
HELENA = "Helena Costa <helena@customers.example>"
_PATIENCE_SECONDS = 20
_LOOK_SECONDS = 0.05


class Late(GatewayError):
    """Something did not happen in time."""


class Play:
    """Writes the mails one after the other, and looks what becomes of each."""

    def __init__(self, stage: Stage, desk: DemoDesk, boxes: Mailboxes) -> None:
        self._stage, self._desk, self._boxes = stage, desk, boxes
        self._world = RealWorld()
        self._posted = 0

    async def run(self) -> bool:
        """Return whether all four came out as told."""
        came_out: list[bool] = []
        for scene in (self._question, self._outage, self._absence, self._reply):
            try:
                await scene(len(came_out) + 1)
                came_out.append(True)
            except Late as late:
                self._stage.wrong(str(late))
                came_out.append(False)
        return all(came_out)

    async def _question(self, number: int) -> None:
        self._stage.scene(number, "A question in Polish: the FAQ answers it, in Polish.")
        text = "Dzień dobry,\n\nzapomniałam hasła i nie mogę się zalogować. Jak zresetować hasło?"
        await self._write(write_mail(self._world, ZOFIA, DESK, "Hasło", text))
        answer = await self._answer_to(ZOFIA)
        ticket = await self._ticket_of(ZOFIA)
        self._require(ticket.state is TicketState.ANSWERED, "the FAQ did not answer it")
        self._require(ticket.language == "pl", f"it was answered in {ticket.language!r}")
        self._stage.answer(answer)
        said = (
            f"{ticket.reference} is answered by the FAQ entry {ticket.faq!r}; no team is troubled"
        )
        self._stage.note(said)

    async def _outage(self, number: int) -> None:
        self._stage.scene(number, "A fault: it goes to level 2, and the asker gets a reference.")
        text = "Hello,\n\nour VPN is down again, nobody in the office can connect."
        await self._write(write_mail(self._world, MAREK, DESK, "VPN", text))
        answer = await self._answer_to(MAREK)
        ticket = await self._ticket_of(MAREK)
        self._require(ticket.state is TicketState.OPEN, "no ticket was opened")
        self._require(ticket.level > 1, "it was not routed to level 2")
        whole = f"{answer['Subject']}\n{text_of(answer)}"
        told = find_references(self._desk.settings.policy.prefix, whole)
        self._require(ticket.number in told, "the answer does not name the reference")
        self._stage.answer(answer)
        where = f"team {ticket.team!r}, level {ticket.level}, by the rule {ticket.rule!r}"
        self._stage.note(f"{ticket.reference} is open: {where}")

    async def _absence(self, number: int) -> None:
        self._stage.scene(number, "An absence note: no person wrote it, so nobody is answered.")
        text = "I am out of the office until Monday."
        mail = write_mail(self._world, HELENA, DESK, "Automatic reply: Invoice", text)
        mail["Auto-Submitted"] = "auto-replied"
        await self._write(mail)
        row = (await self._until(self._ended, "it was not dealt with"))[0]
        self._require(row.outcome is Outcome.IGNORED, f"it was {row.outcome}, not ignored")
        self._require(not self._boxes.of(parseaddr(HELENA)[1]), "it was answered")
        self._stage.note(f"no answer, no ticket: {row.reason}")

    async def _reply(self, number: int) -> None:
        self._stage.scene(number, "A reply to what the desk sent: it is added to its ticket.")
        answer = await self._answer_to(MAREK)
        text = "It is the office in Porto, since this morning."
        to = answer["Reply-To"] or answer["From"]
        mail = write_mail(self._world, MAREK, str(to), f"Re: {answer['Subject']}", text)
        mail["In-Reply-To"] = answer["Message-ID"]
        await self._write(mail)
        ticket = await self._ticket_of(MAREK)

        async def said() -> bool:
            async with app.reading(self._desk.settings) as store:
                events = await store.events(ticket.number)
            return any(e.kind is EventKind.FOLLOWUP and text in e.text for e in events)

        await self._until(said, f"it was not added to {ticket.reference}")
        self._stage.note(f"added to {ticket.reference}, which its team sees")

    async def _write(self, mail: EmailMessage) -> None:
        await post(mail, self._desk.smtp_port)
        self._posted += 1
        self._stage.mail(mail)

    async def _answer_to(self, person: str) -> EmailMessage:
        address = parseaddr(person)[1]

        async def mails() -> Sequence[EmailMessage]:
            return self._boxes.of(address)

        return (await self._until(mails, f"no answer came for {address}"))[0]

    async def _ticket_of(self, person: str) -> Ticket:
        address = parseaddr(person)[1]

        async def found(store: Store) -> Sequence[Ticket]:
            tickets = await store.list_tickets(TicketFilter())
            return [ticket for ticket in tickets if ticket.requester.address == address]

        return (await self._until(self._looking(found), f"no ticket of {address}"))[0]

    async def _ended(self) -> Sequence[InboxRow]:
        """Return the inbox, the newest row first, when all that was posted has come to an end."""
        async with app.reading(self._desk.settings) as store:
            rows = await store.list_inbox(frozenset(InboxState), 100)
        ended = [row for row in rows if row.state not in {InboxState.NEW, InboxState.CLAIMED}]
        return ended if len(ended) == self._posted else ()

    def _looking(self, at: Callable[[Store], Awaitable[T]]) -> Callable[[], Awaitable[T]]:
        async def look() -> T:
            async with app.reading(self._desk.settings) as store:
                return await at(store)

        return look

    async def _until(self, look: Callable[[], Awaitable[T]], otherwise: str) -> T:
        """Return what ``look`` finds as soon as it finds something."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                # The desk is another process: looking again is the only way to know.
                while not (found := await look()):  # noqa: ASYNC110 - see above
                    await asyncio.sleep(_LOOK_SECONDS)
                return found
        except TimeoutError:
            raise Late(otherwise) from None

    def _require(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise Late(otherwise)
