"""Foreseeing in the parser child what the rules will find in a text.

The dear part of deciding needs the text and the book, and nothing of what the store knows: it is
worked out where the text is read, beside the event loop and on another core. The decision stays
where it was; whatever does not fit by then is worked out anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway.contracts.rules import Rules
from gateway.journey.deciding import asking
from gateway.model.message import Message, Parsed, RawEvent
from gateway.model.policy import Policy
from gateway.model.request import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """What the child has to know. ``kinds`` are the channels' kinds by their names."""

    rules: Rules
    kinds: Mapping[str, str]
    policy: Policy

    def of(self, raw: RawEvent, parsed: Parsed) -> Parsed:
        """Return what was read, with what the rules are going to find in it."""
        if not isinstance(parsed, Message):
            return parsed
        request = asking.request_of(
            parsed,
            kind=self.kinds.get(parsed.channel, parsed.channel),
            rules=self.rules,
            policy=self.policy,
            person=None,
        )
        trust, automatic = parsed.author.trust, parsed.automatic
        guess = Facts(now=raw.received_at, trust=trust, automatic=automatic)
        prior = asking.prior_of(self.policy, None, parsed.author)
        return replace(parsed, foreseen=self.rules.foresee(request, guess, prior))
