r"""How far a mailbox has been read: the value of its cursor, and what follows from it.

Used by `imap`. Pure. The flag ``\Seen`` belongs to people and their mail programs; what we have
read is known by UIDVALIDITY and UID alone.

While we look back (at a mailbox that is new to us, or one whose UIDs have all changed) not every
mail is taken: what arrived before we ever looked is none of our business unless it is unread and
young. So nobody gets an answer to a mail of last year, and nothing that came since is lost: mails
that were handled under their old UIDs are stored again, and found to be duplicates by content.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from channels.email.imap_session import Listing
from gateway.model.message import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Everything up to ``uid`` is done; up to ``look_back_to`` only `wants` says what is taken.

    ``began`` is when we first looked into this mailbox, ``unread_since`` how far before that
    unread mails were taken.
    """

    uid_validity: int
    uid: int
    look_back_to: int
    began: datetime
    unread_since: datetime

    @classmethod
    def first(cls, uid_validity: int, uid_next: int, now: datetime, first_look: timedelta) -> Self:
        """Return where to begin in a mailbox that we have never seen."""
        now = now.replace(microsecond=0)  # servers say when a mail arrived in whole seconds
        return cls(
            uid_validity=uid_validity,
            uid=0,
            look_back_to=uid_next - 1,
            began=now,
            unread_since=now - first_look,
        )

    @classmethod
    def read(cls, value: Mapping[str, Json]) -> Self:
        """Return a stored position. Raises ValueError, KeyError or TypeError for anything else."""
        numbers = {name: int(str(value[name])) for name in ("uid_validity", "uid", "look_back_to")}
        times = {
            name: datetime.fromisoformat(str(value[name])) for name in ("began", "unread_since")
        }
        return cls(**numbers, **times)  # type: ignore[arg-type] # the names are the fields

    def stored(self) -> Mapping[str, Json]:
        """Return it as a cursor's value."""
        return {
            "uid_validity": self.uid_validity,
            "uid": self.uid,
            "look_back_to": self.look_back_to,
            "began": self.began.isoformat(),
            "unread_since": self.unread_since.isoformat(),
        }

    def after(self, uid: int) -> Self:
        """Return the position when everything up to ``uid`` is done."""
        return replace(self, uid=max(uid, self.uid))

    def renumbered(self, uid_validity: int, uid_next: int) -> Self:
        """Return where to begin again when all UIDs have changed."""
        return replace(self, uid_validity=uid_validity, uid=0, look_back_to=uid_next - 1)

    @property
    def looks_back(self) -> bool:
        """Say whether mails are left that were there before we looked."""
        return self.uid < self.look_back_to

    def wants(self, mail: Listing) -> bool:
        """Say whether to take a mail."""
        if mail.uid > self.look_back_to or mail.arrived_at is None:
            return True
        if mail.arrived_at >= self.began:
            return True
        return not mail.is_seen and mail.arrived_at >= self.unread_since
