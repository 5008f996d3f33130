"""One person on two channels: a code goes to a mail address and comes back from an account on chat.

The asker reads the same whether or not anybody has the address, or has written to the desk before.
The mail holds nothing that the asker chose, and spends what may go to that address by itself, also
where it has no limits otherwise. The store keeps a keyed hash of the code, counts wrong ones for
all nodes, and lets it be used once. A link shows what belongs together and never says who wrote:
nobody becomes an agent, or a party of a ticket, by it. Pure apart from the code, which is random.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from gateway.contracts.words import Value
from gateway.journey.desk import Desk
from gateway.journey.plan import limits
from gateway.journey.plan.draft import Draft
from gateway.journey.wishes.wish_answer import say
from gateway.journey.wishes.wish_word import wish_of
from gateway.model.linking import MAIL, CodeMade, CodeUsed, CodeVoid, LinkCode, Unlinked
from gateway.model.message import Author, Message, Trust, Wish, WishKind
from gateway.model.people import Place, is_mail_address
from gateway.model.plan import Budget
from gateway.model.question import Known

LIFE = timedelta(minutes=30)
CODE_LENGTH = 8
# No letter looks like a digit or another one, and without vowels no code is a word: what people
# write while a code is on its way is not taken for a wrong one. Eight of these are 37 bits.
LETTERS = "23456789CDFGHJKMNPQRTVWXY"
_CODE = re.compile(rf"[{LETTERS}]{{4}}[- ]?[{LETTERS}]{{4}}", re.IGNORECASE)
_ENTROPY_BYTES = 16

_MINUTES = LIFE // timedelta(minutes=1)


def code_in(message: Message) -> Wish | None:
    """Return the wish that a message is which may be a code that comes back, None for others."""
    talk = message.talk
    if talk is None or not talk.private:
        return None
    text = message.text.strip()
    if not _CODE.fullmatch(text):
        return None
    return wish_of(message, talk, WishKind.LINK, text)


def budgets_of(desk: Desk, wish: Wish) -> tuple[Budget, ...]:
    """Return every budget that a wish to link may spend."""
    if wish.kind is not WishKind.LINK:
        return ()
    who = _who(desk, wish)
    mail = _address_in(wish)
    to = limits.of_code_mail(desk, mail) if mail else ()
    return (limits.of_codes(who), limits.of_wrong_code(who, LIFE), *to)


class Answer(NamedTuple):
    """What the asker is told: that, the address they are linked with, and how many tries are left.

    ``said`` is a word of ``requester/link``.
    """

    said: str
    address: str = ""
    left: int = 0


def plan(draft: Draft, wish: Wish, known: Known, language: str) -> None:
    """Draft what a wish to link or unlink causes, and the answer to it."""
    answer = _carry_out(draft, wish, known, language)
    values: Mapping[str, Value] = {
        "said": answer.said,
        "address": answer.address,
        "left": answer.left,
        "minutes": _MINUTES,
    }
    say(draft, wish, "requester/link", language, values)


def _carry_out(draft: Draft, wish: Wish, known: Known, language: str) -> Answer:
    if not wish.talk.private:
        return Answer("private")
    if wish.kind is WishKind.UNLINK:
        return _unlink(draft, wish, known, language)
    if _CODE.fullmatch(wish.argument.strip()):
        return _take_code(draft, wish, known, language)
    mail = _address_in(wish)
    return _ask(draft, wish, mail, known, language) if mail else Answer("how")


def _ask(draft: Draft, wish: Wish, mail: str, known: Known, language: str) -> Answer:
    """Mail a code, if one may be mailed; nothing that is answered tells whether it was."""
    desk = draft.desk
    channel = _mail_channel(desk)
    if channel is None:
        return Answer("no_mail")
    if linked := _linked_mail(known):
        return Answer("already", address=linked)
    who = _who(desk, wish)
    asking = (limits.of_codes(who),)
    if limits.spent((*asking, limits.of_wrong_code(who, LIFE)), known):
        return Answer("often")
    draft.spend(asking)
    if not limits.spent(limits.of_code_mail(desk, mail), known):
        draft.spend(limits.of_code_mail(desk, mail))
        _mail_code(draft, wish, Place(channel, mail), language)
    return Answer("sent")


def _mail_code(draft: Draft, wish: Wish, place: Place, language: str) -> None:
    desk = draft.desk
    code = _new_code(desk)
    kind, address = desk.kind_of(wish.channel), wish.author.address
    digest = desk.keyring.digest_of(_sealed(kind, address, place.where, code))
    made = LinkCode(
        kind=kind, address=address, mail=place.where, digest=digest, ends_at=draft.at + LIFE
    )
    draft.link(CodeMade(made))
    half = CODE_LENGTH // 2
    values: Mapping[str, Value] = {
        "code": f"{code[:half]}-{code[half:]}",
        "minutes": _MINUTES,
        "platform": kind.capitalize(),
    }
    _tell(draft, place, "requester/link_code", language, values)


def _take_code(draft: Draft, wish: Wish, known: Known, language: str) -> Answer:
    """Link what belongs together if the code is right; count it if it is wrong."""
    waiting, wrong = known.code, limits.of_wrong_code(_who(draft.desk, wish), LIFE)
    if waiting is None:
        return Answer("none")
    if limits.spent((wrong,), known):
        draft.link(CodeVoid(waiting))
        return Answer("void")
    code = re.sub(r"[- ]", "", wish.argument.strip()).upper()
    sealed = _sealed(waiting.kind, waiting.address, waiting.mail, code)
    if draft.desk.keyring.is_digest(waiting.digest, sealed):
        draft.link(CodeUsed(waiting))
        _tell_linked(draft, wish, waiting.mail, "linked", language)
        return Answer("linked", address=waiting.mail)
    draft.spend((wrong,))
    left = wrong.limit - known.spent.get(wrong.key, 0) - 1
    if left > 0:
        return Answer("wrong", left=left)
    draft.link(CodeVoid(waiting))
    return Answer("void")


def _unlink(draft: Draft, wish: Wish, known: Known, language: str) -> Answer:
    mail = _linked_mail(known)
    if not mail:
        return Answer("not_linked")
    draft.link(Unlinked(draft.desk.kind_of(wish.channel), wish.author.address))
    _tell_linked(draft, wish, mail, "unlinked", language)
    return Answer("unlinked", address=mail)


def _tell_linked(draft: Draft, wish: Wish, mail: str, what: str, language: str) -> None:
    """Tell whoever reads an address that it was linked with an account, or is no more."""
    channel = _mail_channel(draft.desk)
    if channel is not None:
        platform = draft.desk.kind_of(wish.channel).capitalize()
        values: Mapping[str, Value] = {"what": what, "platform": platform}
        _tell(draft, Place(channel, mail), "requester/link_told", language, values)


def _tell(draft: Draft, place: Place, key: str, language: str, values: Mapping[str, Value]) -> None:
    """Write to an address that somebody named; the mail answers nothing that came from there."""
    nobody = Message(channel=place.channel, author=Author(address="", trust=Trust.NONE), digest="")
    draft.to_address(place, key, language, nobody, values)


def _new_code(desk: Desk) -> str:
    number = int.from_bytes(desk.world.random_bytes(_ENTROPY_BYTES), "big")
    letters = []
    for _ in range(CODE_LENGTH):
        number, chosen = divmod(number, len(LETTERS))
        letters.append(LETTERS[chosen])
    return "".join(letters)


def _sealed(kind: str, address: str, mail: str, code: str) -> str:
    """Return what the hash of a code is made of: it is right from one account, for one address."""
    return json.dumps(["link", kind, address, mail, code])


def _mail_channel(desk: Desk) -> str | None:
    """Return the first channel that can send mail."""
    return next(
        (c.name for c in desk.channels.values() if c.kind == MAIL and c.abilities.sends), None
    )


def _linked_mail(known: Known) -> str:
    return next((address for kind, address in known.linked if kind == MAIL), "")


def _address_in(wish: Wish) -> str:
    """Return the one strict address that a wish names, "" where it names none."""
    text = wish.argument.strip()
    return text.lower() if is_mail_address(text) else ""


def _who(desk: Desk, wish: Wish) -> str:
    return f"{desk.kind_of(wish.channel)}:{wish.author.address}"
