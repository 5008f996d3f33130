"""One call of the Bot API, frozen into the bytes of an outbox row.

The first line is JSON (the method, its parameters, what is known of the text), the bytes of files
follow. `markup` writes it, `send` reads it: every attempt sends exactly this. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from itertools import accumulate

from gateway.model.message import Json


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that goes along: ``field`` is the form field it travels in."""

    field: str
    name: str
    content: bytes = dataclass_field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenCall:
    """What to ask of the Bot API.

    ``footer`` is how many characters at the end of its text are the small line with reference and
    state. ``repeat_mark`` is what a repeat may begin with, "" where it must not show.
    """

    method: str
    parameters: Mapping[str, Json]
    files: Sequence[Upload] = ()
    footer: int = 0
    repeat_mark: str = ""

    @property
    def text_field(self) -> str:
        """Return the parameter that holds its text, "" where there is none."""
        fields = {"sendMessage": "text", "sendPhoto": "caption", "sendDocument": "caption"}
        return fields.get(self.method, "")

    @property
    def entities_field(self) -> str:
        """Return the parameter that holds the formatting of its text."""
        return "entities" if self.text_field == "text" else "caption_entities"

    @property
    def text(self) -> str:
        """Return its text."""
        return str(self.parameters.get(self.text_field, ""))

    def to_bytes(self) -> bytes:
        """Return the bytes of it."""
        head = {
            "method": self.method,
            "parameters": self.parameters,
            "files": [[file.field, file.name, len(file.content)] for file in self.files],
            "footer": self.footer,
            "repeat_mark": self.repeat_mark,
        }
        line = json.dumps(head, ensure_ascii=False, separators=(",", ":"))
        return line.encode() + b"\n" + b"".join([file.content for file in self.files])

    @classmethod
    def from_bytes(cls, body: bytes) -> FrozenCall:
        """Return what was written.

        Raises:
            ValueError, KeyError: these are no bytes of ours.
        """
        line, _, content = body.partition(b"\n")
        head = json.loads(line)
        ends = list(accumulate((size for *_, size in head["files"]), initial=0))
        return cls(
            method=head["method"],
            parameters=head["parameters"],
            files=[
                Upload(name_of_field, name, content[start : start + size])
                for (name_of_field, name, size), start in zip(head["files"], ends, strict=False)
            ],
            footer=head["footer"],
            repeat_mark=head["repeat_mark"],
        )
