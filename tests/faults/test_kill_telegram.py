"""A short form of the cycles, and twins: what they are there to find is found."""

from __future__ import annotations

from tests.fakes.telegram_chats import Call, Message
from tests.faults import kill_telegram
from tests.faults.kill_telegram import judge, run_desk


def answer(chat: int, text: str = "We have it.", reply_to: int = 7) -> Message:
    """Return something that the bot said."""
    call = Call("sendMessage", {"reply_parameters": {"message_id": reply_to}})
    return Message(chat, 1, call, text, [], [], {})


async def test_killed_desks_lose_nothing_on_telegram(tmp_path, monkeypatch):
    """Three kills under load: everybody is answered, quoting their message."""
    monkeypatch.setattr(kill_telegram, "QUIET_SECONDS", 1.0)

    verdict = await run_desk(tmp_path, kills=3, seed=11)

    assert verdict.faults == []
    assert verdict.written > 0


def test_a_repeat_is_counted():
    """One more copy is what Telegram leaves possible."""
    assert judge({1: 7}, [answer(1), answer(1)]) == (1, [])


def test_what_is_held_is_not_lost():
    """A person decides: it is in the outbox, and people were told."""
    assert judge({1: 7}, [], {1}) == (0, [])


def test_broken_promises_are_found():
    """The twin: lost, told three times, told otherwise, told to others."""
    written = {1: 7, 2: 7, 3: 7, 4: 7}
    shown = [
        *[answer(2)] * 3,
        *[answer(3), answer(3, "No.")],
        answer(4, reply_to=8),
        answer(5),
    ]

    _, faults = judge(written, shown)

    assert faults == [
        "1: never answered",
        "2: answered 3 times",
        "3: answered in different words",
        "4: an answer does not quote the question",
        "5: nobody wrote from there",
    ]
