"""Header values made to pass somebody for another, against a reading of our own that only cuts.

Whoever is known by an address decides what may be appended, answered and sent: where a value can
be read in two ways it names nobody.
"""

from __future__ import annotations

import random  # noqa: TID251 - can be had again by its seed
import re
from collections.abc import Callable

from channels.email.addresses import one_mailbox
from tests.fuzz.outcome import Outcome

VICTIM, WRITER = "gus@corp.example", "evil@x.example"
PIECES = (
    VICTIM, WRITER, f"<{WRITER}>", f"<{VICTIM}>", f'"{VICTIM}"', f"({VICTIM})", "Gus", "<", ">",
    '"', "(", ")", ",", ";", ":", "\\", " ", "\t", "\r\n ", "@", ".", "\0", "\u202e",
    "\xa0", "\uff20", "=?utf-8?q?gus=40corp=2Eexample?=", "<@a.example,@b.example:",
    "undisclosed-recipients:;", '"\\""', "gus", "corp.example", "%",
)  # fmt: skip

# Comments, which nest, and quoted strings hide what they hold; the rest has to be one address.
_HIDDEN = re.compile(r"\"(?:[^\"\\]|\\.)*\"|\([^()]*\)", re.DOTALL)
_ADDRESS = re.compile(r"[^\s()<>,;:\\\"@]+@[^\s()<>,;:\\\"@]+")
Reading = Callable[[str], str | None]


def product(value: str) -> str | None:
    """Return whom the product takes for the writer."""
    mailbox = one_mailbox([value])
    return mailbox.address if mailbox else None


def possible(value: str) -> str | None:
    """Return the one address that may stand for the writer, None where there are several."""
    bare = value
    while (shorter := _HIDDEN.sub("", bare)) != bare:
        bare = shorter
    found = _ADDRESS.findall(bare)
    names = {address.lower().rstrip(".") for address in found}
    return names.pop() if len(names) == 1 and bare.count("@") == len(found) else None


def value(dice: random.Random) -> str:
    """Return a header value of up to seven pieces, now and then one that is plain."""
    if dice.random() < 0.1:
        return dice.choice((WRITER, f"<{WRITER}>", f"Eve <{WRITER}>", f'"{VICTIM}" <{WRITER}>'))
    return "".join(dice.choice(PIECES) for _ in range(dice.randint(1, 7)))


def run(count: int, seed: int, reading: Reading = product) -> Outcome:
    """Try so many values. A fault is an address that nobody may take for the writer's."""
    dice = random.Random(seed)
    outcome, named = Outcome(tried=count), 0
    for _ in range(count):
        text = value(dice)
        known = reading(text)
        named += known is not None
        if known is not None and known != possible(text):
            outcome.faults.append(f"{text!r} was read as {known}")
    outcome.counted = {"with an identity": named}
    return outcome
