"""Says to somebody what they wished to know, where they wished it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.contracts.words import Value
from gateway.journey.plan.draft import Draft
from gateway.model.message import Message, Wish
from gateway.model.people import Place


def say(
    draft: Draft, wish: Wish, key: str, language: str, values: Mapping[str, Value] | None = None
) -> None:
    """Draft the answer to a wish."""
    place = Place(wish.channel, wish.talk.where)
    answered = Message(
        channel=wish.channel,
        author=wish.author,
        digest=wish.digest,
        external_id=wish.external_id,
        talk=wish.talk,
    )
    draft.to_address(place, key, language, answered, values)
