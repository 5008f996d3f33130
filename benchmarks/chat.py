"""A chat event on its way: told by Slack, stored, decided, ticket, reply posted to Slack.

The desk talks to an imitation of Slack in a process of its own. It is measured against a bare HTTP
client that posts the same message to the same imitation, sixteen at a time: no desk could be
faster than that. The imitation answers at once, and in a second run after `POST_SECONDS`, as over a
network: the first shows what an event costs, the second whether the desk keeps its sixteen posts
under way. A message waits three seconds for what its writer may add; that is taken off.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import aiohttp

from benchmarks.desk import COMMAND
from benchmarks.figures import Figure, median_of_ratios
from benchmarks.processes import Group
from tests.fakes.slack.server import APP_TOKEN, BOT_TOKEN

_ROOT = Path(__file__).parents[1]
_PLENTY = 1_000_000
_CONFIG = """
[desk]
name = "Acme Support"
languages = ["en"]
rules = "rules"

[channels.slack]
kind = "slack"
api_url = "{api_url}"
support_channels = [{rooms}]

[limits]
automatic_per_hour = {plenty}
automatic_per_day = {plenty}
reactions_per_day = {plenty}
same_text_per_day = {plenty}
tickets_per_hour = {plenty}
acknowledgements_per_minute = {plenty}
"""
_RULES = """
teams:
  service-desk: {level: 1, tell: []}
fallback: {team: service-desk}
"""


def make_desk(folder: Path, api_url: str, rooms: Sequence[str]) -> Path:
    """Write a desk with nothing but Slack into a new folder; return its configuration."""
    (folder / "rules").mkdir(parents=True)
    (folder / "rules" / "desk.yaml").write_text(_RULES)
    config = folder / "config.toml"
    names = ", ".join(f'"{room}"' for room in rooms)
    config.write_text(_CONFIG.format(api_url=api_url, rooms=names, plenty=_PLENTY))
    return config


def serve(config: Path) -> Group:
    """Start a desk with the imitation's tokens; it logs beside its configuration."""
    command = [*COMMAND, "serve", "-c", str(config)]
    secrets = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN}
    return Group(command, log=config.parent / "serve.log", environment={**os.environ, **secrets})


AT_A_TIME = 16
QUIET_SECONDS = 3.0


POST_SECONDS = 0.1
# The answers are out; their rows are still being marked as sent.
SETTLED_SECONDS = 0.3


@dataclass
class Rounds:
    """What rounds against one imitation came to: posts a second, and the desk's CPU and memory."""

    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    peak_mib: float = 0.0

    def ratio(self, name: str) -> Figure:
        """Return what the desk reached of the bare client's."""
        note = f"{statistics.median(self.ours):.0f} : {statistics.median(self.bare):.0f} a second"
        return Figure(
            name=name,
            value=median_of_ratios(self.ours, self.bare),
            unit="x",
            goal=0.6,
            more_is_better=True,
            note=note,
        )


def run(*, long: bool) -> Iterator[Figure]:
    """Measure; see the module."""
    at_once = _measure(0.0, rounds=5 if long else 3, count=3000 if long else 1000)
    yield at_once.ratio("chat answers of a bare client's posts")
    yield Figure(name="CPU per chat event", value=statistics.median(at_once.cpu_ms), unit="ms")
    yield Figure(name="peak memory of a Slack desk", value=at_once.peak_mib, unit="MiB")
    later = _measure(POST_SECONDS, rounds=5 if long else 1, count=500)
    yield later.ratio(f"the same, where a post takes {POST_SECONDS * 1000:.0f} ms")


def _measure(post_seconds: float, *, rounds: int, count: int) -> Rounds:
    found = Rounds()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        command = [sys.executable, "-m", "benchmarks.chat_server", str(post_seconds)]
        slack = stack.enter_context(Group(command, log=folder / "slack.log"))
        api_url = slack.ready_line().split()[1]
        desk = stack.enter_context(serve(make_desk(folder / "desk", api_url, ["C0BARE001"])))
        desk.ready_line()
        _flood(api_url, count // 4)
        for _ in range(rounds):
            found.bare.append(asyncio.run(_posts_per_second(api_url, count)))
            before = desk.cpu_seconds()
            found.ours.append(_flood(api_url, count))
            time.sleep(SETTLED_SECONDS)
            found.cpu_ms.append((desk.cpu_seconds() - before) / count * 1000)
        found.peak_mib = sum(desk.peak_mib())
    return found


def _flood(api_url: str, count: int) -> float:
    """Have so many people write; return how many were answered a second."""
    parts = urlsplit(api_url)
    url = f"http://{parts.netloc}/control/flood?count={count}"
    with urlopen(url, timeout=300) as answer:
        found = json.load(answer)
    if found["answered"] != count:
        raise RuntimeError(f"only {found['answered']} of {count} were answered")
    return float(count / (found["seconds"] - QUIET_SECONDS))


async def _posts_per_second(api_url: str, count: int) -> float:
    message = {
        "channel": "C0BARE001",
        "text": "Thank you for writing to us. We have your request.",
        "blocks": [{"type": "divider"}],
        "metadata": {"event_type": "bare", "event_payload": {"outbox_id": "x"}},
    }
    left = iter(range(count))
    headers = {"Authorization": f"Bearer {BOT_TOKEN}"}

    async def post() -> None:
        for _ in left:
            async with session.post(f"{api_url}chat.postMessage", json=message) as answer:
                assert (await answer.json())["ok"]

    async with aiohttp.ClientSession(headers=headers) as session:
        start = time.perf_counter()
        await asyncio.gather(*(post() for _ in range(AT_A_TIME)))
        return count / (time.perf_counter() - start)
