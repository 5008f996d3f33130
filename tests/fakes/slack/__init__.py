"""An imitation of Slack at the network edge. See `server.SlackServer` and `people.People`."""

from tests.fakes.slack.people import People, buttons
from tests.fakes.slack.server import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, SlackServer
from tests.fakes.slack.workspace import BOT_USER, TEAM, pings

__all__ = [
    "APP_TOKEN",
    "BOT_TOKEN",
    "BOT_USER",
    "SIGNING_SECRET",
    "TEAM",
    "People",
    "SlackServer",
    "buttons",
    "pings",
]
