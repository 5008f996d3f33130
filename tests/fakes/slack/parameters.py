"""What each Web API method of the imitation takes, and which scope it asks for.

Written from the signatures of slack_sdk, to which `tests.channels.slack.test_imitation` compares
it: a parameter that the imitation takes and Slack's own library does not know is a mistake here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Method(NamedTuple):
    """One method: its parameters, and any one of these scopes opens it ("" where none is asked)."""

    required: frozenset[str]
    optional: frozenset[str]
    scopes: tuple[str, ...] = ()


def _method(required: str, optional: str, *scopes: str) -> Method:
    return Method(frozenset(required.split()), frozenset(optional.split()), scopes)


_SAY = "text blocks thread_ts link_names parse username icon_emoji icon_url markdown_text"
_READ = ("channels:history", "groups:history", "im:history", "mpim:history")
_LIST = ("channels:read", "groups:read", "im:read", "mpim:read")

METHODS: Mapping[str, Method] = {
    "auth.test": _method("", ""),
    "apps.connections.open": _method("", ""),
    "chat.postMessage": _method(
        "channel",
        f"{_SAY} reply_broadcast unfurl_links unfurl_media mrkdwn metadata client_msg_id team_id",
        "chat:write",
    ),
    "chat.postEphemeral": _method("channel user", _SAY, "chat:write"),
    "chat.update": _method(
        "channel ts", "text blocks link_names parse metadata reply_broadcast", "chat:write"
    ),
    "chat.getPermalink": _method("channel message_ts", ""),
    "conversations.list": _method("", "cursor exclude_archived limit team_id types", *_LIST),
    "conversations.info": _method("channel", "include_locale include_num_members", *_LIST),
    "conversations.open": _method("", "channel return_im users", "im:write", "mpim:write"),
    "conversations.history": _method(
        "channel", "cursor inclusive include_all_metadata latest limit oldest", *_READ
    ),
    "conversations.replies": _method(
        "channel ts", "cursor inclusive include_all_metadata latest limit oldest", *_READ
    ),
    "users.conversations": _method("", "cursor exclude_archived limit team_id types user", *_LIST),
    "users.info": _method("user", "include_locale", "users:read"),
    "reactions.add": _method("channel name timestamp", "", "reactions:write"),
    "views.open": _method("view", "trigger_id interactivity_pointer"),
    "files.info": _method("file", "count cursor limit page", "files:read"),
    "files.getUploadURLExternal": _method("filename length", "alt_txt snippet_type", "files:write"),
    "files.completeUploadExternal": _method(
        "files", "channel_id channels initial_comment thread_ts", "files:write"
    ),
    "team.info": _method("", "team domain include_slackbot_availability", "team:read"),
}

UNDECLARED = {"chat.postMessage": frozenset({"client_msg_id", "team_id"})}
"""What Slack takes although its library names no argument for it."""
