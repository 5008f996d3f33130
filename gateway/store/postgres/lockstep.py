"""Many transactions' steps at once: what they ask alike goes to the server in one round trip.

Called by the writer and the readers beside it, for callers who share a trip. One question alone
takes a round trip; a hundred of one kind take little more. Callers who touch the same things must
not be mixed: `waves` keeps them one after the other, in the order in which they came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from asyncpg import Connection

from gateway.store.postgres.dialect import QUERIES, answer
from gateway.store.sharing import Job
from gateway.store.steps import Ask, Steps

Wave = Sequence[Job]


class Names(NamedTuple):
    """What a job touches: alone among those who are mixed with it, or ``shared`` with them."""

    own: AbstractSet[str]
    shared: AbstractSet[str] = frozenset()


def waves(jobs: Sequence[Job], touched: Sequence[Names | None]) -> Sequence[Wave]:
    """Return jobs in groups that are run one after the other; those of one group may be mixed.

    ``touched`` are the names of each; None stands for all there are.
    """
    found: list[list[Job]] = []
    after_own: dict[str, int] = {}
    after_any: dict[str, int] = {}
    after_all = 0
    for job, names in zip(jobs, touched, strict=True):
        if names is None:
            found.append([job])
            after_all = len(found)
            continue
        places = [after_any.get(name, 0) for name in names.own]
        places += [after_own.get(name, 0) for name in names.shared]
        place = max(after_all, *places, 0)
        if place == len(found):
            found.append([])
        found[place].append(job)
        after_own |= dict.fromkeys(names.own, place + 1)
        for name in (*names.own, *names.shared):
            after_any[name] = max(after_any.get(name, 0), place + 1)
    return found


async def run_mixed(connection: Connection, jobs: Wave) -> None:
    """Run jobs to their end; what their own steps raise stands in them.

    What a query raises ends all of them; whose it was is not known.
    """
    running = [_Running(job) for job in jobs]
    while running := [each for each in running if each.ask is not None]:
        for alike in _alike(running):
            await _answer_all(connection, alike)


class _Running:
    """One job's steps; ``ask`` is what they ask now, None when they have ended."""

    def __init__(self, job: Job) -> None:
        self.job = job
        job.error = None
        self._steps: Steps[Any] = job.make()
        self.ask: Ask | None = None
        self.hear(None)

    def hear(self, answered: Any) -> None:
        """Go on with an answer, to the next question or the end."""
        self.ask = None
        try:
            self.ask = self._steps.send(answered)
        except StopIteration as end:
            self.job.result = end.value
        except Exception as error:  # noqa: BLE001 - handed to the caller whose steps raised it
            self.job.error = error


def _alike(running: Iterable[_Running]) -> list[list[_Running]]:
    """Return those together that ask the same query, in order."""
    groups: defaultdict[tuple[str, bool], list[_Running]] = defaultdict(list)
    for each in running:
        assert each.ask is not None
        groups[each.ask.query, each.ask.reads].append(each)
    return list(groups.values())


async def _answer_all(connection: Connection, alike: Sequence[_Running]) -> None:
    asks = [each.ask for each in alike if each.ask is not None]
    if len(asks) == 1:
        alike[0].hear(await answer(connection, asks[0]))
        return
    query, reads = asks[0].query, asks[0].reads
    sql = (_READS if reads else _CHANGES)[query]
    pick = QUERIES[query].pick
    values = [(*pick(some), number) for number, ask in enumerate(asks) for some in _values(ask)]
    answers: list[Any] = [[] for _ in asks] if reads else [0] * len(asks)
    for row in await connection.fetchmany(sql, values):
        if reads:
            answers[row["Whose"]].append(row)
        else:
            answers[row["Whose"]] += row["Count"]
    for each, answered in zip(alike, answers, strict=True):
        each.hear(answered)


def _values(ask: Ask) -> Sequence[Mapping[str, Any]]:
    return [ask.values] if isinstance(ask.values, dict) else ask.values


class _Marked(dict[str, str]):
    """Queries with the number of whoever asks as one more value, made when they are needed.

    Their own columns are kept apart from those of our tables by their case.
    """

    def __init__(self, frame: str) -> None:
        super().__init__()
        self._frame = frame

    def __missing__(self, name: str) -> str:
        query = QUERIES[name]
        self[name] = self._frame.format(sql=query.sql, whose=f"${query.width + 1}::int")
        return self[name]


_READS = _Marked('WITH asked AS ({sql}) SELECT *, {whose} AS "Whose" FROM asked')
_CHANGES = _Marked(
    'WITH asked AS ({sql} RETURNING 1) SELECT count(*) AS "Count", {whose} AS "Whose" FROM asked'
)
