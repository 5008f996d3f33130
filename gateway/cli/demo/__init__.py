"""``ventanilla demo``: a temporary desk that mails itself and shows what it answers.

Four mails over real SMTP: a question that the FAQ answers in the asker's language, a fault that
goes to people, an absence note that must not be answered, and a reply to what the desk sent. Each
is looked up in the store afterwards: the demo says so when one of them did not come out as told.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

from gateway.cli import screen
from gateway.cli.demo.desk import DemoDesk, running_desk
from gateway.cli.demo.mailbox import open_mailboxes
from gateway.cli.demo.play import Play
from gateway.cli.demo.stage import Stage


async def run_demo() -> int:
    """Run the demo; return 0 when everything came out as told, else 1.

    It stays up until interrupted, unless ``$DEMO_EXIT`` is set.
    """
    stage = Stage()
    screen.say("Starting a desk in a temporary folder, with mailboxes for the people who write.")
    stopping = _stop_on_signals()
    async with open_mailboxes() as boxes, running_desk(boxes.port) as desk:
        play = asyncio.create_task(Play(stage, desk, boxes).run())
        told = asyncio.create_task(stopping.wait())
        await asyncio.wait((play, told), return_when=asyncio.FIRST_COMPLETED)
        if not play.done():
            play.cancel()
            told.cancel()
            return 130
        as_told = play.result()
        if not os.environ.get("DEMO_EXIT"):
            _invite(desk)
            await told
        told.cancel()
    return 0 if as_told else 1


def _stop_on_signals() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stopping.set)
    return stopping


def _invite(desk: DemoDesk) -> None:
    screen.say("\nThe desk stays up until you press Ctrl-C. In another terminal:")
    screen.say(f"  ventanilla tickets list --all -c {desk.config}")
    screen.say(f'  ventanilla explain -c {desk.config} "Our printer is on fire"')
    screen.say(f"  curl http://{desk.addresses['http']}/metrics")
    screen.say(f"Mail for support@acme.example is taken at {desk.addresses['support-mail']}.")
