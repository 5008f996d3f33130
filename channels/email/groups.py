"""Mail that a group of ours passed on (Google Groups, Mailman): who wrote it.

Called by `parse` and `automatic`. Where the writer's domain forbids it to pass their mail on as it
is, a group puts its own address into From (``'Carla' via Support <support@acme.example>``) and says
elsewhere whose mail it was. That is a claim like any From. Never raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from channels.email.addresses import Mailbox, find_mailboxes, normalise, one_mailbox
from channels.email.envelope import to_wire
from channels.email.headers import Headers

HIDDEN = "the group that it came through hides who wrote it"
"""The flag of a mail whose group names nobody."""

_AROUND_ID = re.compile(r"^.*<|>.*$")
_POST = re.compile(r"<mailto:([^<>?\s]{1,320})", re.IGNORECASE)
# Google's two; the first that is there decides, and where that is unclear, nobody wrote it.
_ORIGINAL = ("x-original-from", "x-original-sender")


def is_through_own(headers: Headers, own_lists: Collection[str]) -> bool:
    """Tell whether a mail came through one of our own groups, and through no other list."""
    ids = _list_ids(headers)
    return bool(ids) and all(found in own_lists for found in ids)


def is_groups_own(headers: Headers, address: str) -> bool:
    """Tell whether an address is that of the group itself.

    Groups make their List-Id of it (RFC 2919 section 3); one that does not says where to post.
    """
    posts = [
        normalise(found) for value in headers.all("list-post") for found in _POST.findall(value)
    ]
    return to_wire(address).replace("@", ".") in _list_ids(headers) or address in posts


def original_writer(headers: Headers, is_ours: Callable[[str], bool]) -> Mailbox | None:
    """Return whom a group names as the writer of a mail it put its own address on.

    That may be we: our own mail comes back in this way, too.
    """
    for name in _ORIGINAL:
        if name in headers:
            found = one_mailbox(headers.all(name))
            if found is None or is_ours(found.address):
                return found
            return None if is_groups_own(headers, found.address) else found
    return _one_to_reply_to(headers, is_ours)


def _one_to_reply_to(headers: Headers, is_ours: Callable[[str], bool]) -> Mailbox | None:
    """Return the one person that replies shall go to: Mailman names the writer here alone.

    Some groups want replies for themselves too, or for us: neither wrote.
    """
    named, clear = find_mailboxes(", ".join(headers.all("reply-to")))
    people = [
        one for one in named if not (is_ours(one.address) or is_groups_own(headers, one.address))
    ]
    return people[0] if clear and len(people) == 1 else None


def _list_ids(headers: Headers) -> list[str]:
    return [_AROUND_ID.sub("", value).strip().lower() for value in headers.all("list-id")]
