"""Changed rule files are taken whole or not at all, and a desk always has a book."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gateway import loading
from gateway.loading import Reading
from gateway.serving.reloading import Reloading, doubt
from gateway.serving.watching import Pace
from gateway.settings import load_settings
from gateway.web.metrics import RulesGauge
from tests.journeys.bench import RULES, Bench, open_bench, text_of

# One is enough: what is tried here is read from files.
BACK_ENDS = ("sqlite",)

QUICK = Pace(look=0.001, rest=0.002, long_rest=0.05)
MORE = """
routes:
  - id: lift
    when: {words: [lift]}
    then: {team: network}
    examples: {match: [The lift is broken], no_match: [The door is broken]}
"""


async def read_here(settings) -> Reading:
    """Read rule files without a process of its own, and hand them over as one would."""
    return pickle.loads(pickle.dumps(loading.read(loading.order_of(settings))))


@dataclass
class Desk:
    """A desk with its rule files and what looks after them."""

    bench: Bench
    reloading: Reloading
    gauge: RulesGauge
    files: Path

    async def changed(self, text: str | bytes, name: str = "desk.yaml") -> bool:
        """Write a file and let it settle; return whether another book decides now."""
        before = self.bench.desk.rules
        data = text.encode() if isinstance(text, str) else text
        (self.files / name).write_bytes(data)
        await self.reloading.settle(self.bench.desk)
        return self.bench.desk.rules is not before


@pytest.fixture
async def desk(tmp_path):
    """A desk whose rule files are looked at very often."""
    async with open_bench(tmp_path / "desk") as bench:
        settings = load_settings(tmp_path / "desk" / "config.toml", {})
        gauge = RulesGauge()
        reloading = Reloading(settings, gauge, bench.world, pace=QUICK, read=read_here)
        book, _ = await reloading.first(bench.store)
        assert book is not None
        bench.desk.rules = book
        yield Desk(bench, reloading, gauge, settings.rules)


async def test_a_good_change_decides_the_next_mail(desk):
    """No restart: what came before keeps its reason, what comes next goes by the new book."""
    before = await desk.bench.mail("bob@cust.example", "Lift", "The lift is broken")

    assert await desk.changed(MORE, "more.yaml")

    after = await desk.bench.mail("eva@cust.example", "Lift", "The lift is broken")
    first, second = await desk.bench.ticket(before), await desk.bench.ticket(after)
    assert (first.team, second.team) == ("service-desk", "network")
    assert first.why["rulebook"] != second.why["rulebook"]
    assert second.why["rulebook"] == desk.gauge.hash == desk.bench.desk.rules.hash
    assert (desk.gauge.errors, desk.gauge.waiting) == (0, "")


@pytest.mark.parametrize(
    "broken",
    [
        MORE.replace("team: network", "team: netwrok"),
        MORE.replace("match: [The lift", "match: [The door"),
        MORE.replace("routes:", "routes"),
        "&a [*a]",
        "",
    ],
)
async def test_a_bad_change_is_refused_and_told_once(desk, broken):
    """The desk goes on with the book it has; its people hear of it, once for the same files."""
    broken = broken or "\x00"
    assert not await desk.changed(broken, "more.yaml")
    (desk.files / "more.yaml").touch()
    assert not await desk.changed(broken, "more.yaml")

    (alert,) = await desk.bench.sent("ops@acme.example")
    assert "goes on with the rules from before" in alert["Subject"] + text_of(alert)
    assert "more.yaml" in text_of(alert)
    assert desk.gauge.errors == 1
    assert await desk.changed(MORE, "more.yaml")
    assert desk.gauge.errors == 0


async def test_going_back_to_what_decides_clears_the_fault(desk):
    """A mended file is no change, and nothing is wrong any more."""
    await desk.changed(RULES.replace("team: network", "team: net"))
    assert desk.gauge.errors

    assert not await desk.changed(RULES)

    assert (desk.gauge.errors, desk.gauge.waiting) == (0, "")


def book_of_many(count: int) -> str:
    """Return the desk's rules with so many routes beside its own."""
    lines = (
        f"  - {{id: r{n}, when: {{words: [x{n}]}}, then: {{team: network}}}}\n"
        for n in range(count)
    )
    head, tail = RULES.split("fallback:")
    return f"{head}{''.join(lines)}fallback:{tail}"


async def until(holds: Callable[[], bool]) -> None:
    """Return when something holds that a task is about to bring about."""
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - what is looked at tells nobody when it changes
            await asyncio.sleep(0.001)


@pytest.mark.parametrize(("left", "waits"), [(36, False), (35, True), (0, True)])
async def test_a_set_that_lost_much_waits_for_a_long_rest(desk, left, waits):
    """Of 44 rules and entries four may go at once; five may be half of a change."""
    await desk.changed(book_of_many(40))
    desk.reloading.watched.pace = replace(QUICK, long_rest=60)

    task = asyncio.create_task(desk.changed(book_of_many(left)))
    await until(lambda: task.done() or bool(desk.gauge.waiting))

    assert bool(desk.gauge.waiting) is waits
    assert task.done() is not waits
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_after_its_long_rest_a_set_that_lost_much_is_taken(desk):
    """Somebody may really want fewer rules."""
    assert await desk.changed(book_of_many(40))

    assert await desk.changed(book_of_many(3))

    assert desk.gauge.waiting == ""


async def test_a_set_that_grows_while_it_waits_is_not_taken_as_it_was(desk):
    """What was half written is looked at again when it is whole."""
    await desk.changed(book_of_many(40))
    whole = book_of_many(41)
    desk.reloading.watched.pace = replace(QUICK, long_rest=0.3)

    task = asyncio.create_task(desk.changed(book_of_many(3)))
    await until(lambda: bool(desk.gauge.waiting))
    (desk.files / "desk.yaml").write_text(whole)

    assert not await task
    await desk.reloading.settle(desk.bench.desk)
    assert len(desk.bench.desk.rules.ids) == 41 + 4


def test_a_loss_is_doubted_when_it_is_more_than_two_and_a_tenth():
    """Both bounds count; new ids do not make up for lost ones."""

    def book(*names: str, **more) -> Reading:
        return Reading(book=None, problems=(), ids=frozenset(names), **more)

    ten = [f"route {n}" for n in range(10)]
    forty = [f"route {n}" for n in range(40)]

    assert doubt(book(*ten), book(*ten[2:])) == ""
    assert "3 of 10 rules and entries are gone" in doubt(book(*ten), book(*ten[3:], "a", "b", "c"))
    assert doubt(book(*forty), book(*forty[4:])) == ""
    assert "5 of 40" in doubt(book(*forty), book(*forty[5:]))
    assert "more.yaml" in doubt(book(*ten), book(*ten, unfinished=("more.yaml",)))


CUT = """\
# Lifts.
routes:
  - id: lift
    when: {any_words: ["lift", "elevator"]}
    then:
      team: network
      note: Call the porter
    examples:
      match: [The lift is broken]
  - id: door
    when:
      words: [door]
    then: {team: service-desk}
"""


async def test_a_file_cut_at_any_byte_never_goes_live_at_once(desk):
    """Wherever a writer stops: the cut file has errors, waits, or ends with a whole line.

    Then at most one rule is missing, and all that stand before the last one are as they were.
    """
    data = CUT.encode()
    path = desk.files / "more.yaml"
    path.write_bytes(data)
    settings = desk.reloading._settings
    whole = await read_here(settings)
    taken = []
    for end in range(len(data)):
        path.write_bytes(data[:end])
        reading = await read_here(settings)
        if reading.book is None or reading.examples_fail or doubt(whole, reading):
            continue
        taken.append(end)

    assert whole.book is not None
    assert all(data[:end].endswith(b"\n") for end in taken if end)
    assert len(taken) < 9


async def test_files_that_change_while_they_are_read_are_read_again(desk):
    """A book is never made of two states of the folder."""

    async def read_and_disturb(settings) -> Reading:
        reading = await read_here(settings)
        (desk.files / "more.yaml").write_text(MORE)
        return reading

    desk.reloading._read = read_and_disturb

    assert not await desk.changed(book_of_many(1))
    assert desk.gauge.errors == 0


async def test_failing_examples_do_not_stop_the_start_of_files_that_were_live(desk):
    """An update of the program may break an example: the desk comes back, with a warning."""
    readings = [await read_here(desk.reloading._settings)]
    failing = replace(readings[0], examples_fail=True)

    async def read_failing(_settings) -> Reading:
        return failing

    again = Reloading(desk.reloading._settings, RulesGauge(), desk.bench.world, read=read_failing)
    book, problems = await again.first(desk.bench.store)
    assert book is not None
    assert {problem.severity for problem in problems} <= {"warning"}

    failing = replace(failing, files="never live")
    book, _ = await again.first(desk.bench.store)
    assert book is None


async def test_tickets_of_a_vanished_team_are_handed_over_at_once(desk):
    """The new book has no such team: its tickets are the fallback team's."""
    row = await desk.bench.mail("ana@cust.example", "VPN", "Our VPN is down again")
    text = RULES.replace("  network:", "  nets:").replace("team: network", "team: nets")

    assert await desk.changed(text)

    assert (await desk.bench.ticket(row)).team == "service-desk"


async def test_run_takes_what_changes_until_it_is_cancelled(desk):
    """The loop itself: it looks, settles and goes on."""
    before = desk.bench.desk.rules
    task = asyncio.create_task(desk.reloading.run(desk.bench.desk))

    (desk.files / "more.yaml").write_text(MORE)
    await until(lambda: desk.bench.desk.rules is not before)
    task.cancel()

    assert "route lift" in desk.bench.desk.rules.ids
