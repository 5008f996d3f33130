"""A chat platform in memory, and a channel to it: what every chat channel has in common.

Rooms that begin with D are direct messages, where silence begins something new; all others have
threads. The platform can be told to fail; it keeps what was posted, and edits it in place.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import timedelta

from pydantic import BaseModel, ConfigDict

from gateway.contracts.channel import Abilities, Profile
from gateway.errors import ParseError, TemporaryFailure
from gateway.model.message import (
    Author,
    Feedback,
    Keys,
    Message,
    RawEvent,
    RemoteFile,
    Revision,
    Talk,
    Trust,
)
from gateway.model.outgoing import Part, Receipt

REST = timedelta(hours=8)


class RoomsSettings(BaseModel):
    """Nothing can be set but what becomes of a lost answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    on_uncertain: str = "resend"


class RoomsParser:
    """See `gateway.contracts.channel.Parser`."""

    def __init__(self, channel: str) -> None:
        self.channel = channel

    def keys(self, raw: RawEvent) -> Keys:
        """See `Parser.keys`."""
        try:
            said = json.loads(raw.body)
            talk = _talk(said)
            burst = f"{self.channel}:{said['room']}:{said['user']}"
            is_text = said["kind"] == "message"
            return Keys(
                offers=(f"{self.channel}:{said['key']}",),
                lane=f"{self.channel}:{talk.key}",
                burst=burst if is_text else None,
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            digest = hashlib.sha256(raw.body).hexdigest()
            return Keys(offers=(digest,), lane=digest)

    def parse(self, raw: RawEvent) -> Message | Feedback | Revision:
        """See `Parser.parse`."""
        try:
            return self._parse(json.loads(raw.body), hashlib.sha256(raw.body).hexdigest())
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ParseError("this was not said in a room") from error

    def _parse(self, said: dict, digest: str) -> Message | Feedback | Revision:
        author = Author(address=said["user"], name=said.get("name", ""), trust=Trust.PROVEN)
        talk = _talk(said)
        common = {"channel": self.channel, "author": author, "digest": digest, "talk": talk}
        if said["kind"] == "press":
            return Feedback(**common, button=said["button"], values=said.get("values", {}))
        if said["kind"] == "change":
            return Revision(**common, external_id=said["of"], text=said["text"])
        under = said.get("thread")
        return Message(
            **common,
            external_id=external_id(said["room"], said["id"]),
            refs=(external_id(said["room"], under),) if under else (),
            text=said["text"],
            named=tuple(said.get("named", ())),
            files=tuple(RemoteFile(**file) for file in said.get("files", ())),
        )


def external_id(room: str, number: object) -> str:
    """Return the id that a message has everywhere."""
    return f"rooms:{room}/{number}"


def _talk(said: dict) -> Talk:
    room = said["room"]
    if room.startswith("D"):
        return Talk(room=room, where=room, key=room, rest=REST, private=True)
    thread = said.get("thread") or said.get("id")
    where = f"{room}/{thread}"
    return Talk(
        room=room,
        where=where,
        key=where,
        addressed=said.get("addressed", True),
        shared=True,
        under_ours=said.get("under_ours", True),
    )


@dataclass(slots=True)
class Post:
    """Something that we said, as people see it now."""

    id: int
    where: str
    text: str
    under: str
    buttons: list
    state: str
    is_repeat: bool = False
    edits: int = 0


@dataclass(slots=True)
class Platform:
    """The rooms. ``script`` holds what the next sends run into: an exception, or None.

    With ``loses_answers`` an exception comes after the message was posted. ``closed`` says what a
    room always answers, whatever comes first of several sends; ``refusals`` counts that.
    """

    posts: list[Post] = field(default_factory=list)
    script: list = field(default_factory=list)
    loses_answers: bool = False
    files: dict[str, list] = field(default_factory=dict)
    profiles: dict[str, Profile] = field(default_factory=dict)
    asked: int = 0
    marks: list[tuple[str, str]] = field(default_factory=list)
    closed: dict[str, Exception] = field(default_factory=dict)
    refusals: int = 0

    def texts(self, room: str = "") -> list[str]:
        """Return what was said in a room, or everywhere."""
        return [p.text for p in self.posts if not room or p.where.partition("/")[0] == room]


class RoomsChannel:
    """See `gateway.contracts.channel.Channel`."""

    kind = "rooms"
    rates = ()

    def __init__(self, name, settings, setup):
        del setup
        self.name = name
        self.parser = RoomsParser(name)
        self.platform = Platform()
        self.abilities = Abilities(
            buttons=True, presses=True, edits=True, marks=True, on_uncertain=settings.on_uncertain
        )

    def can_open_forms(self):
        """Let the platform open forms."""
        self.abilities = replace(self.abilities, forms=True)

    @classmethod
    def settings_model(cls):
        return RoomsSettings

    @classmethod
    def check_where(cls, where):
        del where

    async def bind(self):
        return {}

    async def receive(self, intake):
        raise NotImplementedError

    def render(self, outgoing):
        buttons = [(button.label, button.id) for button in outgoing.buttons]
        if outgoing.edits:
            body = {"buttons": buttons, "state": outgoing.state}
        elif outgoing.mark:
            body = {"mark": outgoing.mark, "of": outgoing.in_reply_to}
        else:
            pieces = (outgoing.text, outgoing.literal, outgoing.closing)
            body = {
                "text": "\n\n".join(piece for piece in pieces if piece),
                "buttons": buttons,
                "state": outgoing.state,
                "answers": outgoing.in_reply_to,
            }
        return [
            Part(
                outbox_id=outgoing.outbox_id,
                place=outgoing.place,
                body=json.dumps(body).encode(),
                anchor=outgoing.edits or outgoing.under,
                facts={"edit": bool(outgoing.edits)},
            )
        ]

    async def send(self, part):
        if closed := self.platform.closed.get(part.place.where.partition("/")[0]):
            self.platform.refusals += 1
            raise closed
        fault = self.platform.script.pop(0) if self.platform.script else None
        if fault is not None and not self.platform.loses_answers:
            raise fault
        receipt = self._do(part)
        if fault is not None:
            raise fault
        return receipt

    def _do(self, part):
        body, posts = json.loads(part.body), self.platform.posts
        room = part.place.where.partition("/")[0]
        if "mark" in body:
            self.platform.marks.append((body["of"], body["mark"]))
            return Receipt(detail="marked")
        if part.facts["edit"] and not part.anchor_id:
            return Receipt(detail="there is no message to edit")
        if part.facts["edit"]:
            number = int(part.anchor_id.rpartition("/")[2])
            post = next(post for post in posts if post.id == number)
            post.buttons, post.state = body["buttons"], body["state"]
            post.edits += 1
            return Receipt(external_id=part.anchor_id)
        post = Post(
            id=9000 + len(posts),
            where=part.place.where,
            text=body["text"],
            under=part.anchor_id,
            buttons=body["buttons"],
            state=body["state"],
            is_repeat=part.is_repeat,
        )
        posts.append(post)
        return Receipt(external_id=external_id(room, post.id))

    async def fetch(self, file, max_bytes):
        del max_bytes
        answers = self.platform.files[file.ref]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def profile(self, address):
        self.platform.asked += 1
        return self.platform.profiles.get(address)

    async def check(self, places, *, connect):
        del places, connect
        return ()

    def room_of(self, place):
        return place.where

    async def close(self):
        pass


class ConfirmedRoomsChannel(RoomsChannel):
    """The same on a platform that can be asked what it has."""

    kind = "rooms-confirmed"
    hides = 0
    """So often the platform does not show yet what it has."""

    async def confirm(self, part):
        self.platform.asked += 1
        if self.platform.script and isinstance(self.platform.script[0], TemporaryFailure):
            raise self.platform.script.pop(0)
        if self.hides:
            self.hides -= 1
            return None
        text = json.loads(part.body)["text"]
        found = [post for post in self.platform.posts if post.text == text]
        room = part.place.where.partition("/")[0]
        return Receipt(external_id=external_id(room, found[0].id)) if found else None
