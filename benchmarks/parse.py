"""What reading a stored mail costs: CPU time of `Parser.keys` and `Parser.parse`."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks import mails
from benchmarks.figures import Figure, cpu_of
from channels.email.parse import EmailParser
from gateway.model.message import RawEvent
from gateway.world import RealWorld

_GOALS_MS = {"plain": 0.5, "multipart": 0.8, "large": 20.0}


def run(*, long: bool) -> Iterator[Figure]:
    """Measure; see the module."""
    seconds = 3.0 if long else 0.6
    parser = EmailParser(channel="support-mail", addresses=(mails.RECIPIENT,))
    for size in mails.SIZES:
        raw = RawEvent(
            channel="support-mail",
            body=mails.make("parse", 1, size),
            facts={"mail_from": mails.sender("parse", 1), "rcpt": [mails.RECIPIENT]},
            received_at=RealWorld().now(),
        )
        spent = cpu_of(lambda raw=raw: parser.parse(raw), time.process_time, seconds)
        note = f"{len(raw.body) / 1024:,.1f} KB"
        name = f"parse a {size} mail"
        goal = _GOALS_MS[size]
        yield Figure(name=name, value=spent * 1000, unit="ms CPU", goal=goal, note=note)
    spent = cpu_of(lambda: parser.keys(raw), time.process_time, seconds)
    yield Figure(name="keys of a large mail", value=spent * 1e6, unit="us CPU")
