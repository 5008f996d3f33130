"""The exceptions of Ventanilla, all of them.

    GatewayError
      ConfigError               configuration or rule files are wrong: carries every Problem
      ParseError                a stored event cannot be read: it is quarantined with its bytes
      SendError                 a part did not go out
        TemporaryFailure        may work later: retried with back-off until the age limit
          Throttled             the platform says when to come back
        PermanentFailure        will never work: the row is dead and people are told
          AddressRefused        this recipient does not exist or does not want us
          ChannelMisconfigured  nothing will go out on this channel before somebody mends it
        Uncertain               the platform may have taken it: we lost its answer
        PlaceMoved              the place has a new address: the row is re-aimed and tried again
      StoreError
        StoreUnavailable        the database cannot be written now: nobody is told "got it"
        StoreUnusable           the database will not do before somebody mends it
          StoreMissing          there is no desk in it yet: `serve` makes one
          StoreOutdated         it is of an older program: `serve` brings it up to date
        VersionConflict         somebody changed the ticket since it was loaded: load and plan again
        FenceLost               our claim ran out and somebody else has the item: drop the work
        LeaseLost               another node may do by now what only one of them does: stop it
        NotFound                no such ticket, event or row
      IllegalTransition         a bug or a race: logged, quarantined, told

Raised where the fact is known, translated at an adapter's boundary, caught in the worker loops and
the command line only.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

_NUMBER = re.compile(r"\[Errno -?[0-9]+\] ")
# Instead of the system's own words, with an address that the reader knows.
_ASYNCIO_SAYS = "Connect call failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong in a file that people edit, with its place.

    ``line`` and ``column`` count from 1; 0 where the problem has no place in the file.
    """

    file: str
    line: int = 0
    column: int = 0
    severity: Literal["error", "warning"] = "error"
    message: str
    suggestion: str | None = None

    def __str__(self) -> str:
        """Return ``file:line:col: message``, the form editors can jump to."""
        warning = "warning: " if self.severity == "warning" else ""
        hint = f" ({self.suggestion})" if self.suggestion else ""
        return f"{self.file}:{self.line}:{self.column}: {warning}{self.message}{hint}"


class GatewayError(Exception):
    """The root of everything we raise ourselves."""


class ConfigError(GatewayError):
    """Configuration or rule files are wrong."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class ParseError(GatewayError):
    """A stored event cannot be read."""


class SendError(GatewayError):
    """A part did not go out.

    ``code`` is the platform's own (an SMTP reply code, an RFC 3463 status, an API error name);
    ``reason`` is for operators and may name hosts; ``public`` is for everybody and never does.
    """

    def __init__(self, reason: str, *, code: str = "", public: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.public = public or "The message could not be delivered."


class TemporaryFailure(SendError):
    """It may work later."""


class Throttled(TemporaryFailure):
    """The platform says when to come back."""

    def __init__(self, reason: str, *, retry_after: timedelta, code: str = "") -> None:
        super().__init__(reason, code=code)
        self.retry_after = retry_after


class PermanentFailure(SendError):
    """It will never work."""


class AddressRefused(PermanentFailure):
    """This recipient does not exist or does not want us."""


class ChannelMisconfigured(PermanentFailure):
    """Nothing will go out on this channel before somebody mends it."""


class Uncertain(SendError):
    """The platform may have taken the part: its answer was lost."""


class PlaceMoved(SendError):
    """The place has a new address; ``where`` is the room's new id."""

    def __init__(self, reason: str, *, where: str) -> None:
        super().__init__(reason)
        self.where = where


class StoreError(GatewayError):
    """The database said no."""


class StoreUnavailable(StoreError):
    """The database cannot be written now (locked, full, gone)."""


class StoreUnusable(StoreError):
    """The database will not do: missing, damaged, of a newer program, not ours to write."""


class StoreMissing(StoreUnusable):
    """There is no desk in the database yet, and whoever opened it makes none."""


class StoreOutdated(StoreUnusable):
    """The database is of an older program, and whoever opened it may not bring it up to date."""


class VersionConflict(StoreError):
    """Somebody changed the ticket, or spent the budget, since it was loaded."""


class FenceLost(StoreError):
    """Our claim ran out and somebody else has the item."""


class LeaseLost(StoreError):
    """Another node may do by now what only one node does at a time."""


class NotFound(StoreError):
    """No such ticket, event or row."""


class IllegalTransition(GatewayError):
    """A state change that the tables do not know."""


def in_plain_words(error: BaseException) -> str:
    """Return what an error says to people, without the system's number for it.

    Where a library says the system's error in its own words, the system's are taken.
    """
    # Of ssl.SSLCertVerificationError: ssl is not loaded for this.
    if distrust := getattr(error, "verify_message", ""):
        return f"its certificate is not trusted: {distrust}"
    if isinstance(error, OSError) and error.strerror:
        if error.errno and error.strerror.startswith(_ASYNCIO_SAYS):
            return os.strerror(error.errno)
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if isinstance(error.__cause__, OSError) and not isinstance(error, GatewayError):
        return in_plain_words(error.__cause__)
    return _NUMBER.sub("", str(error)) or type(error).__name__
