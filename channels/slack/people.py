"""What Slack says of a user. Called through `SlackChannel.profile`; never raises.

Guests and people of another company have no mail address, and without ``users:read`` nothing is
told at all: the id is enough to be answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from channels.slack.text import cleaned
from gateway.contracts.channel import Profile
from gateway.errors import SendError

if TYPE_CHECKING:
    from channels.slack.api import SlackApi


async def profile_of(api: SlackApi, user: str) -> Profile | None:
    """See `Profiles.profile`."""
    try:
        said = (await api.call("users_info", user=user, include_locale=True))["user"]
        profile = said.get("profile") or {}
    except (SendError, KeyError, AttributeError):
        return None
    name = profile.get("real_name") or said.get("real_name") or profile.get("display_name") or ""
    return Profile(
        name=" ".join(cleaned(str(name)).split()),
        email=str(profile.get("email") or "").lower(),
        language=str(said.get("locale") or "").partition("-")[0].lower(),
    )
