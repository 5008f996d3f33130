"""What writing a reply costs: CPU time from a template's key to the frozen bytes of a mail.

Each reply has a reference and ids of its own, as in a running desk.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count

import templates
from benchmarks import mails
from benchmarks.figures import Figure, cpu_of
from channels.email.channel import EmailChannel
from gateway.contracts.channel import ChannelSetup
from gateway.contracts.words import Meaning, Value, Words
from gateway.model.outgoing import Button, Outgoing
from gateway.model.people import Place
from gateway.world import RealWorld, new_outbox_id

_ANSWER = """\
1. Open the sign-in page and choose **Forgot password**.
2. Enter your e-mail address.
3. Follow the link in the mail. It works for *one hour*.

No mail after ten minutes? Look into the spam folder, or [ask us](https://acme.example/help).
"""
_GOAL_US = 300.0


def run(*, long: bool) -> Iterator[Figure]:
    """Measure; see the module."""
    seconds = 3.0 if long else 0.6
    words, _ = templates.load(("en",), None)
    channel = _channel()
    numbers = count(1000)
    for name, key, values in (
        ("a receipt", "requester/received", {}),
        ("a FAQ answer", "requester/answer", {"answer": _ANSWER}),
    ):
        spent = cpu_of(
            lambda key=key, values=values: _reply(channel, words, key, values, next(numbers)),
            time.process_time,
            seconds,
        )
        yield Figure(name=f"render {name}", value=spent * 1e6, unit="us CPU", goal=_GOAL_US)


def _channel() -> EmailChannel:
    table = {"address": mails.RECIPIENT, "smtp": "smtp://127.0.0.1:25", "listen": "127.0.0.1:0"}
    settings = EmailChannel.settings_model().model_validate(table)
    setup = ChannelSetup(
        desk_name="Acme Support", size_limit=1 << 20, secrets={}, world=RealWorld()
    )
    return EmailChannel("support-mail", settings, setup)


def _reply(
    channel: EmailChannel, words: Words, key: str, values: dict[str, Value], number: int
) -> None:
    text = words.render(key, "en", {"reference": f"VT-{number}-F", **values})
    labels = (words.label(meaning, "en") for meaning in (Meaning.HELPED, Meaning.PERSON))
    channel.render(
        Outgoing(
            outbox_id=new_outbox_id(_WORLD),
            place=Place("support-mail", mails.sender("render", number)),
            created_at=_WORLD.now(),
            title=text.title,
            text=text.body,
            closing=text.closing,
            reference=f"VT-{number}-F",
            sender_name="Acme Support",
            reply_token=f"r{number:020}",
            delivery_token=f"d{number:020}",
            stamp=f"{number:08x}",
            in_reply_to=mails.message_id("render", number),
            references=(mails.message_id("render", number),),
            buttons=tuple(Button(label=label, word=label) for label in labels),
        )
    )


_WORLD = RealWorld()
