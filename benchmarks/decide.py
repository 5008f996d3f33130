"""What a decision costs with 10 to 10,000 rules: CPU time of `RuleBook.decide`.

The rules are what admins write: words, phrases, patterns, senders; with examples, which loading
runs. A message that fits none falls through to the
fallback: that is the longest walk.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, cpu_of
from gateway.model.request import Facts, Request
from gateway.world import RealWorld
from rules import RuleBook, load

LANGUAGES = ("en", "pt")
_HEAD = """\
teams:
  desk: {level: 1, tell: []}
  experts: {level: 2, tell: []}
fallback: {team: desk}
routes:
"""
# Product numbers stand for an admin's own words: no two rules want the same.
_CONDITIONS = (
    "words: [fault, mx{0}]",
    "any_words: [kx{0}, lx{0}, nx{0}]",
    'phrase: "machine px{0} stopped"',
    'pattern: "order +QX-{0}-[0-9]+"',
    "from_domain: [site{0}.example]",
    "subject: {{any_words: [sx{0}]}}",
)
_FITTING = (
    "a fault of the mx{0} here",
    "my lx{0} is gone",
    "the machine px{0} stopped",
    "about order QX-{0}-77",
)
_TEXT = (
    "Hello, since the update on Monday the coffee machine in the hall shows a red light. "
    "I switched it off and on again, and emptied the tray, but the light stays. The people in "
    "accounting say that a technician was here in spring, and that he left a number which nobody "
    "finds any more. Could you send somebody before Thursday? We have visitors on Friday, and it "
    "would be a pity to offer them tea. Kind regards, Inês"
)


def run(*, long: bool) -> Iterator[Figure]:
    """Measure; see the module."""
    seconds = 2.0 if long else 0.6
    for count in (10, 100, 1_000, 10_000):
        start = time.process_time()
        book = _book(count)
        loading = time.process_time() - start
        note = f"{count:,} rules"
        limit, goal = (5.0, 1.0) if count == 10_000 else (None, None)
        name = "load and try examples"
        yield Figure(name=name, value=loading, unit="s CPU", goal=limit, note=note)
        for kind, requests in (("no rule fits", [_request(_TEXT)]), ("one fits", _fitting(count))):
            spent = cpu_of(lambda b=book, r=requests: _decide(b, r), time.process_time, seconds)
            each = spent * 1000 / len(requests)
            name = f"decide, {kind}"
            yield Figure(name=name, value=each, unit="ms CPU", goal=goal, note=note)


def _book(count: int) -> RuleBook:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Admins keep their rules in several files, and a file may not grow without end.
        lines = [_rule(number) for number in range(count)]
        for first in range(0, count, 500):
            head = _HEAD if not first else "routes:\n"
            text = head + "".join(lines[first : first + 500])
            (folder / f"rules-{first:05d}.yaml").write_text(text)
        loaded = load(folder, languages=LANGUAGES, max_wrong=0.05)
    if loaded.book is None:
        raise RuntimeError(f"the rules of this benchmark are wrong: {loaded.problems[0]}")
    return loaded.book


def _rule(number: int) -> str:
    kind = number % len(_CONDITIONS)
    example = ""
    if kind < len(_FITTING):
        text = _FITTING[kind].format(number)
        example = f'    examples: {{match: ["{text}"], no_match: [hello]}}\n'
    when = _CONDITIONS[kind].format(number)
    return f"  - id: rule-{number}\n    when: {{{when}}}\n    then: {{team: experts}}\n{example}"


def _fitting(count: int) -> list[Request]:
    """Return requests that one rule each fits, spread over the book."""
    last = len(_CONDITIONS) * (count // len(_CONDITIONS) - 1)
    numbers = [kind + last // 3 // 6 * 6 * part for part in (0, 1, 3) for kind in range(4)]
    return [_request(f"{_TEXT} {_FITTING[n % 6].format(n)}") for n in numbers if n < count]


def _request(text: str) -> Request:
    return Request(
        channel="support-mail",
        kind="email",
        subject="A question",
        text=text,
        sender="ines@customer.example",
    )


def _decide(book: RuleBook, requests: list[Request]) -> None:
    facts = Facts(now=_NOW)
    for request in requests:
        book.decide(request, facts)


_NOW = RealWorld().now()
