"""A chat event on its way: told by Slack, stored, decided, ticket, reply posted to Slack.

The desk talks to an imitation of Slack in a process of its own. It is measured against a bare HTTP
client that posts to the same imitation, sixteen at a time: no desk could be faster than that.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from benchmarks.desk import COMMAND
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
