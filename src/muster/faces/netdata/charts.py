"""Values of one context of a Netdata node, asked of its agent.

All who look at the same chart share one question, and for a moment its answer: pages ask once a
second. Nothing is kept beyond that. How it is asked and read: chartwords.py

Source: docs/faces/netdata.md, "Charts"
"""

from collections.abc import Callable, Coroutine
from typing import NamedTuple

from muster.clock import Clock
from muster.errors import InputError, MusterError, NotFound
from muster.faces.netdata.calls import open_queries, read_with
from muster.faces.netdata.chartwords import (
    Asking,
    ChartData,
    ChartText,
    Found,
    Wanted,
    asking_rows,
    asking_whole,
    can_be_rows,
    numbers,
)
from muster.faces.netdata.queries import Answer, BadAnswer
from muster.faces.netdata.reach import Reach
from muster.faces.netdata.singles import Singles
from muster.faces.netdata.tables import COMPILED
from muster.faces.netdata.units import are_shares
from muster.model.ids import NodeId

_FRESH_S = 0.8  # so long an answer serves whoever asks the same: pages ask once a second
_AT_ONCE_BYTES = (1 << 20) if COMPILED else (128 << 10)  # of an answer that needs no thread
_KEPT = 512  # answers of all nodes; nodes of which it is known what are shares

Told = Callable[[ChartText | MusterError | Coroutine[None, None, ChartText]], None]
"""Hears a chart's values, why there are none, or the work that is left to get them."""


class _Fresh(NamedTuple):
    at: float
    data: ChartText


class _Shares(NamedTuple):
    version: int  # of the node's contexts
    contexts: frozenset[str]


class _Asked(NamedTuple):
    reach: Reach
    wanted: Wanted
    asking: Asking


class Charts:
    """Answers charts' questions, for all nodes of a hub."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._fresh: dict[tuple[NodeId, Wanted], _Fresh] = {}
        self._shares: dict[NodeId, _Shares] = {}
        self._singles = Singles()

    def is_share(self, reach: Reach, context: str) -> bool:
        """Whether values of a context's instances are averaged. Asked with every question."""
        known = self._shares.get(reach.node)
        if known is None or known.version != reach.contexts_version:
            if len(self._shares) >= _KEPT:
                self._shares.clear()
            contexts = frozenset(each.id for each in reach.contexts() if are_shares(each.units))
            known = self._shares[reach.node] = _Shares(reach.contexts_version, contexts)
        return context in known.contexts

    async def data(self, reach: Reach, wanted: Wanted) -> ChartText:
        """A chart's values.

        Errors: Unavailable when the agent is away or does not answer; NotFound for a context
                it does not know; InputError, LimitExceeded, BadAnswer as it says.
        """
        key = reach.node, wanted
        if (data := self._known(key)) is None:
            asked = self._asked(reach, wanted)
            answer = await open_queries(reach).ask(asked.asking.question)
            if (known := self._known(key)) is not None:
                return known  # who shared the question has read the answer already
            return await self._read_late(asked, answer)
        return data

    def ask(self, reach: Reach, wanted: Wanted, told: Told, most_s: float) -> Callable[[], None]:
        """As `data`, for who is called when the values are there. What is returned withdraws it.

        It takes `most_s` at most.

        Errors: Unavailable, LimitExceeded where the agent cannot be asked now.
        """
        if (data := self._known((reach.node, wanted))) is not None:
            told(data)
            return _nothing
        queries = open_queries(reach)
        asked = self._asked(reach, wanted)
        seconds = min(most_s, queries.timeout_s)
        return queries.put(
            asked.asking.question, lambda answer: told(self._read(asked, answer)), seconds
        )

    def _asked(self, reach: Reach, wanted: Wanted) -> _Asked:
        is_short = can_be_rows(wanted) and self._singles.has(reach, wanted.context)
        asking = (asking_rows if is_short else asking_whole)(reach, wanted)
        return _Asked(reach, wanted, asking)

    def _read(
        self, asked: _Asked, answer: Answer | MusterError
    ) -> ChartText | MusterError | Coroutine[None, None, ChartText]:
        if isinstance(answer, MusterError):
            return answer
        if (known := self._known((asked.reach.node, asked.wanted))) is not None:
            return known
        if answer.status != 200 or len(answer.body) > _AT_ONCE_BYTES:
            return self._read_late(asked, answer)
        try:
            found = asked.asking.read(answer.body)
        except MusterError as error:
            return self._ask_whole(asked) if asked.asking.is_short else error
        return self._remember(asked, found)

    async def _read_late(self, asked: _Asked, answer: Answer) -> ChartText:
        try:
            found = await read_with(answer, asked.asking.read, _AT_ONCE_BYTES)
        except (BadAnswer, InputError, NotFound):
            if not asked.asking.is_short:
                raise
            return await self._ask_whole(asked)
        return self._remember(asked, found)

    async def _ask_whole(self, asked: _Asked) -> ChartText:
        """The rows alone would not do."""
        reach, wanted = asked.reach, asked.wanted
        self._singles.deny(reach, wanted.context)
        whole = asking_whole(reach, wanted)
        answer = await open_queries(reach).ask(whole.question)
        return await self._read_late(_Asked(reach, wanted, whole), answer)

    def forget(self, node: NodeId) -> None:
        """A node was removed."""
        self._fresh = {key: held for key, held in self._fresh.items() if key[0] != node}
        self._shares.pop(node, None)
        self._singles.forget(node)

    def _known(self, key: tuple[NodeId, Wanted]) -> ChartText | None:
        held = self._fresh.get(key)
        return held.data if held and self._clock.monotonic() - held.at < _FRESH_S else None

    def _remember(self, asked: _Asked, found: Found) -> ChartText:
        reach, wanted, data = asked.reach, asked.wanted, found.data
        if found.is_single is not None:
            self._singles.note(reach, wanted.context, is_single=found.is_single)
        key = reach.node, wanted
        now, held = self._clock.monotonic(), self._fresh
        held.pop(key, None)
        held[key] = _Fresh(now, data)
        while True:  # they lie in the order they came in
            oldest = next(iter(held))
            if len(held) <= _KEPT and now - held[oldest].at < _FRESH_S:
                break
            del held[oldest]
        return data


async def ask_chart(reach: Reach, wanted: Wanted, timeout_s: float = 0.0) -> ChartText:
    """Ask the agent now. Errors: as of Charts.data."""
    queries = open_queries(reach)
    asking = asking_whole(reach, wanted)
    answer = await queries.ask(asking.question, timeout_s)
    return (await read_with(answer, asking.read, _AT_ONCE_BYTES)).data


async def ask_numbers(reach: Reach, wanted: Wanted, timeout_s: float = 0.0) -> ChartData:
    """The same for who works with the values. Errors: as of Charts.data."""
    chart = await ask_chart(reach, wanted, timeout_s)
    return ChartData(
        labels=chart.labels,
        times=chart.times,
        values=list(map(numbers, chart.values)),
        update_every_s=chart.update_every_s,
    )


def _nothing() -> None:
    """There is no question to withdraw."""
