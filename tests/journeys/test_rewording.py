"""Changed templates are taken whole or not at all, and a desk always has its words."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.serving.rewording import Rewording
from gateway.serving.watching import Pace
from gateway.settings import load_settings
from gateway.web.metrics import TemplatesGauge
from tests.journeys.bench import Bench, open_bench, text_of

# One is enough: what is tried here is read from files.
BACK_ENDS = ("sqlite",)

QUICK = Pace(look=0.001, rest=0.002, long_rest=0.05)
GOOD = "Subject: Noted {{ reference }}\n\nYour words are with us.\n"


@dataclass
class Desk:
    """A desk with its templates and what looks after them."""

    bench: Bench
    folder: Path
    gauge: TemplatesGauge = field(default_factory=TemplatesGauge)
    taken: int = 0

    async def start(self, settings) -> None:
        """Begin to look."""
        self.rewording = Rewording(settings, self.gauge, taken=self._count, pace=QUICK)
        self.bench.desk.words, problems = await self.rewording.first()
        assert problems == ()

    def _count(self) -> None:
        self.taken += 1

    async def changed(self, text: str, name: str = "en/requester/received.md.j2") -> bool:
        """Write a file and let it settle; return whether other words are said now."""
        before = self.bench.desk.words
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        await self.rewording.settle(self.bench.desk)
        return self.bench.desk.words is not before

    async def receipt(self, sender: str) -> str:
        """Return what a new requester is told."""
        await self.bench.mail(sender, "Lift", f"The lift is broken, says {sender}")
        return text_of((await self.bench.sent(sender))[-1])


@pytest.fixture
async def desk(tmp_path):
    """A desk without templates of its own, whose folder for them is looked at very often."""
    async with open_bench(tmp_path / "desk") as bench:
        desk = Desk(bench, tmp_path / "desk" / "templates")
        await desk.start(load_settings(tmp_path / "desk" / "config.toml", {}))
        yield desk


async def test_a_good_change_words_the_next_answer(desk):
    """No restart, and no folder to begin with."""
    assert "Your words are with us." not in await desk.receipt("ana@cust.example")

    assert await desk.changed(GOOD)

    assert "Your words are with us." in await desk.receipt("bob@cust.example")
    assert (desk.taken, desk.gauge.errors) == (1, 0)


@pytest.mark.parametrize(
    "broken",
    [
        GOOD.replace("reference", "referense"),
        GOOD.replace("Subject:", "Subjekt:"),
        GOOD + "{% for i in range(9) %}{% for j in range(9) %}x\n",
    ],
)
async def test_a_bad_change_is_refused_and_told_once(desk, broken):
    """The desk says what it said before; its people hear of it, once for the same files."""
    await desk.changed(GOOD)
    assert not await desk.changed(broken)
    (desk.folder / "en/requester/received.md.j2").touch()
    assert not await desk.changed(broken)

    assert "Your words are with us." in await desk.receipt("bob@cust.example")
    (alert,) = await desk.bench.sent("ops@acme.example")
    assert "goes on with the templates from before" in alert["Subject"] + text_of(alert)
    assert "received.md.j2" in text_of(alert)
    assert desk.gauge.errors == 1
    assert await desk.changed(GOOD)
    assert desk.gauge.errors == 0


async def test_one_bad_file_keeps_the_others_back(desk):
    """A folder is taken whole: half of a change may say what nobody meant."""
    await desk.changed("Subjekt: not this", "pl/requester/received.md.j2")
    assert not await desk.changed(GOOD)

    assert "Your words are with us." not in await desk.receipt("bob@cust.example")


async def test_a_file_without_its_last_line_end_is_waited_for(desk):
    """A writer that stopped in the midst goes on before the long rest is over."""
    desk.rewording.watched.pace = Pace(look=0.001, rest=0.002, long_rest=0.3)
    path = desk.folder / "en/requester/received.md.j2"
    task = asyncio.create_task(desk.changed(GOOD[:-10]))
    async with asyncio.timeout(60):
        while not desk.gauge.waiting:  # noqa: ASYNC110 - it tells nobody when it changes
            await asyncio.sleep(0.001)
    path.write_text(GOOD)

    assert not await task
    assert await desk.changed(GOOD)
    assert desk.gauge.waiting == ""


async def test_run_takes_what_changes_until_it_is_cancelled(desk):
    """The loop itself: it looks, settles and goes on."""
    before = desk.bench.desk.words
    task = asyncio.create_task(desk.rewording.run(desk.bench.desk))

    (desk.folder / "en/requester").mkdir(parents=True)
    (desk.folder / "en/requester/received.md.j2").write_text(GOOD)
    async with asyncio.timeout(60):
        while desk.bench.desk.words is before:  # noqa: ASYNC110 - it tells nobody when it is
            await asyncio.sleep(0.001)
    task.cancel()

    assert "Your words are with us." in await desk.receipt("bob@cust.example")
