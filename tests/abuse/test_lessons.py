"""Nobody talks the FAQ out of an entry, or into carelessness, alone."""

import pytest

from gateway.journey.learning import lessons
from gateway.model.inbox import Outcome
from gateway.model.knowledge import SentTo
from rules.faq.sureness.lessons import need_of
from tests.journeys.bench import open_bench
from tests.journeys.test_lessons import MANY, ask, learn, reply

CROWD = 12


async def complain(desk, sender):
    """Have somebody ask, and want a person after the answer."""
    await ask(desk, sender)
    return await reply(desk, sender, "I need a person")


def every_address(one: SentTo) -> str:
    """Return an address as a voice of its own: the defence taken away."""
    return one.address


@pytest.mark.parametrize("crowd", ["one person", "one domain"])
async def test_one_domain_cannot_silence_an_entry(tmp_path, crowd, monkeypatch):
    """However many addresses complain, they are one voice; without that rule they would win."""
    who = "eve@evil.example" if crowd == "one person" else "eve{}@evil.example"
    async with open_bench(tmp_path / "desk", limits=MANY) as desk:
        for number in range(CROWD):
            await complain(desk, who.format(number))

        lesson = await learn(desk)
        assert lesson.not_helped == 1
        assert (await ask(desk, "ana@customer.example")).outcome is Outcome.ANSWERED

        if crowd == "one domain":
            monkeypatch.setattr(lessons, "_voice", every_address)
            await learn(desk)
            assert (await ask(desk, "bob@customer.example")).outcome is Outcome.ROUTED


async def test_who_only_claims_to_be_others_teaches_nothing(tmp_path):
    """Mails in many people's names, with references that were guessed, are no voices."""
    async with open_bench(tmp_path / "desk", limits=MANY) as desk:
        for number in range(CROWD):
            sender = f"ana@customer{number}.example"
            reference = (await desk.ticket(await ask(desk, sender))).reference
            row = await desk.mail(sender, f"Re: [{reference}]", "I need a person")
            assert row.outcome is Outcome.APPENDED

        lesson = await learn(desk)

        assert (lesson.answered, lesson.not_helped) == (CROWD, 0)
        assert (await ask(desk, "eve@elsewhere.example")).outcome is Outcome.ANSWERED


async def test_thanks_of_many_makes_nobody_careless(tmp_path):
    """A crowd that is always glad moves what is needed by a little, and no further."""
    async with open_bench(tmp_path / "desk", limits=MANY) as desk:
        for number in range(CROWD):
            sender = f"eve@evil{number}.example"
            await ask(desk, sender)
            await reply(desk, sender, "Thanks!")

        assert 0.92 < need_of(await learn(desk), 0.95).needed < 0.95
