"""Values of one context of a Netdata node, asked of its agent.

Newer agents fold the instances of a context themselves; older ones give each dimension of
each instance, and equal names are folded here. All who look at the same chart share one
question, and for a moment its answer: pages ask once a second. Nothing is kept beyond that.

Source: docs/faces/netdata.md, "Charts"
"""

from collections.abc import Callable, Coroutine, Mapping
from functools import lru_cache, partial
from typing import NamedTuple
from urllib.parse import quote_plus, urlencode

import msgspec

from muster.clock import Clock
from muster.errors import MusterError
from muster.faces.netdata import permissions
from muster.faces.netdata.calls import decode, of_node, open_queries, read_with
from muster.faces.netdata.queries import Answer, Question
from muster.faces.netdata.reach import Reach
from muster.faces.netdata.tables import COMPILED, Columns, Named, read_table
from muster.faces.netdata.units import are_shares
from muster.model.ids import NodeId

_FRESH_S = 0.8  # so long an answer serves whoever asks the same: pages ask once a second
_AT_ONCE_BYTES = (1 << 20) if COMPILED else (128 << 10)  # of an answer that needs no thread
_NEWER = "/api/v2/data?"
_KEPT = 512  # answers of all nodes; nodes of which it is known what are shares


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A chart's question. Times are seconds since 1970, or with 0 and less before the end or now.

    `by_instance` keeps instances apart; labels are then `dimension,instance`.
    """

    context: str
    after: int
    before: int = 0
    points: int
    dimensions: tuple[str, ...] = ()
    is_share: bool = False  # its values are shares of a whole, and are averaged, not added
    by_instance: bool = False


class ChartData(msgspec.Struct, frozen=True, kw_only=True):
    """A table. Oldest first; a column per label, null where there is no value.

    Units: `times` in seconds since 1970: a value is of the `update_every_s` up to its time.
    """

    labels: list[str]
    times: list[int]
    values: list[list[float | None]]
    update_every_s: int


class ChartText(msgspec.Struct, frozen=True, kw_only=True):
    """The same, its values as JSON: they are passed on as the agent wrote them."""

    labels: list[str]
    times: list[int]
    values: list[msgspec.Raw]
    update_every_s: int


Told = Callable[[ChartText | MusterError | Coroutine[None, None, ChartText]], None]
"""Hears a chart's values, why there are none, or the work that is left to get them."""


class _Fresh(NamedTuple):
    at: float
    data: ChartText


class _Shares(NamedTuple):
    version: int  # of the node's contexts
    contexts: frozenset[str]


_Column = list[float | None]


class _View(msgspec.Struct, frozen=True):
    update_every: int = 1


class _Newer(msgspec.Struct, frozen=True):
    """Of `/api/v2/data`."""

    result: Named | list[msgspec.Raw]
    view: _View = _View()


class _Older(msgspec.Struct, frozen=True):
    """Of `/api/v1/data` with jsonwrap."""

    result: Named
    view_update_every: int = 1


class Charts:
    """Answers charts' questions, for all nodes of a hub."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._fresh: dict[tuple[NodeId, Wanted], _Fresh] = {}
        self._shares: dict[NodeId, _Shares] = {}

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
            data = await ask_chart(reach, wanted)
            if (known := self._known(key)) is not None:
                return known  # who shared the question has read the answer already
            self._remember(key, data)
        return data

    def ask(self, reach: Reach, wanted: Wanted, told: Told, most_s: float) -> Callable[[], None]:
        """As `data`, for who is called when the values are there. What is returned withdraws it.

        It takes `most_s` at most.

        Errors: Unavailable, LimitExceeded where the agent cannot be asked now.
        """
        key = reach.node, wanted
        if (data := self._known(key)) is not None:
            told(data)
            return _nothing
        queries = open_queries(reach)
        question, read = _question(reach, wanted)
        seconds = min(most_s, queries.timeout_s)
        return queries.put(question, lambda answer: told(self._read(key, answer, read)), seconds)

    def _read(
        self, key: tuple[NodeId, Wanted], answer: Answer | MusterError, read: "_Read"
    ) -> ChartText | MusterError | Coroutine[None, None, ChartText]:
        if isinstance(answer, MusterError):
            return answer
        if (known := self._known(key)) is not None:
            return known
        if answer.status != 200 or len(answer.body) > _AT_ONCE_BYTES:
            return self._read_late(key, answer, read)
        try:
            data = read(answer.body)
        except MusterError as error:
            return error
        self._remember(key, data)
        return data

    async def _read_late(
        self, key: tuple[NodeId, Wanted], answer: Answer, read: "_Read"
    ) -> ChartText:
        data = await read_with(answer, read, _AT_ONCE_BYTES)
        self._remember(key, data)
        return data

    def forget(self, node: NodeId) -> None:
        """A node was removed."""
        self._fresh = {key: held for key, held in self._fresh.items() if key[0] != node}
        self._shares.pop(node, None)

    def _known(self, key: tuple[NodeId, Wanted]) -> ChartText | None:
        held = self._fresh.get(key)
        return held.data if held and self._clock.monotonic() - held.at < _FRESH_S else None

    def _remember(self, key: tuple[NodeId, Wanted], data: ChartText) -> None:
        now, held = self._clock.monotonic(), self._fresh
        held.pop(key, None)
        held[key] = _Fresh(now, data)
        while True:  # they lie in the order they came in
            oldest = next(iter(held))
            if len(held) <= _KEPT and now - held[oldest].at < _FRESH_S:
                break
            del held[oldest]


async def ask_chart(reach: Reach, wanted: Wanted, timeout_s: float = 0.0) -> ChartText:
    """Ask the agent now. Errors: as of Charts.data."""
    queries = open_queries(reach)
    question, read = _question(reach, wanted)
    return await read_with(await queries.ask(question, timeout_s), read, _AT_ONCE_BYTES)


_Read = Callable[[bytes], ChartText]


def _question(reach: Reach, wanted: Wanted) -> tuple[Question, _Read]:
    """What the agent is asked, and how its answer is read."""
    folds = folds_itself(reach.capabilities)
    target = _newer(reach, wanted) if folds else _older(reach, wanted)
    question = Question(target=target, headers=permissions.HUB, is_shared=True)
    read = partial(_read_newer, reach.machine) if folds else _read_older
    return question, partial(read, wanted.is_share)


def _nothing() -> None:
    """There is no question to withdraw."""


async def ask_numbers(reach: Reach, wanted: Wanted, timeout_s: float = 0.0) -> ChartData:
    """The same for who works with the values. Errors: as of Charts.data."""
    chart = await ask_chart(reach, wanted, timeout_s)
    return ChartData(
        labels=chart.labels,
        times=chart.times,
        values=list(map(_numbers, chart.values)),
        update_every_s=chart.update_every_s,
    )


def _read_newer(machine: str, is_share: bool, body: bytes) -> ChartText:
    newer, named, columns = read_table(body, _Newer)
    # Behind each instance stands the machine's id: there is only one.
    labels = [label.removesuffix(f"@{machine}") for label in named]
    return _framed(labels, columns, newer.view.update_every, is_share)


def _read_older(is_share: bool, body: bytes) -> ChartText:
    older, labels, columns = read_table(body, _Older)
    return _framed(labels, columns, older.view_update_every, is_share)


def folds_itself(capabilities: Mapping[str, int]) -> bool:
    """Whether an agent has the second form of the API, which tells instances apart."""
    return capabilities.get("http_api_v2", 0) > 0


def _newer(reach: Reach, wanted: Wanted) -> str:
    rest = _rest_of_newer(reach.machine, wanted.context, wanted.by_instance, wanted.is_share)
    return f"{_NEWER}{_window(wanted)}{rest}"


@lru_cache(_KEPT)
def _rest_of_newer(machine: str, context: str, by_instance: bool, is_share: bool) -> str:
    """What is the same for all times: writing it takes as long as all else of a question."""
    parameters = {
        "scope_nodes": machine,
        "scope_contexts": context,
        "group_by": "dimension,instance" if by_instance else "dimension",
        "aggregation": "avg" if is_share else "sum",
        "time_group": "average",
        # The one has neither remarks on each value nor a second table of them; labels of
        # instances are complete in the other alone.
        "format": "json2" if by_instance else "csvjsonarray",
        "options": "jsonwrap,minify,minimal-stats,seconds",
    }
    return f"&{urlencode(parameters)}"


def _older(reach: Reach, wanted: Wanted) -> str:
    parameters = {
        "context": wanted.context,
        "group": "average",
        "format": "json",
        "options": "jsonwrap,seconds",
    }
    return f"{of_node(reach.node, 'v1/data')}?{_window(wanted)}&{urlencode(parameters)}"


def _window(wanted: Wanted) -> str:
    """What is another each time; numbers need no escapes."""
    text = f"after={wanted.after}&before={wanted.before}&points={wanted.points}"
    if wanted.dimensions:
        text += f"&dimensions={quote_plus('|'.join(wanted.dimensions))}"
    return text


def _framed(labels: list[str], columns: Columns, update_every_s: int, is_share: bool) -> ChartText:
    times, values = columns
    if len(set(labels)) < len(labels):
        labels, values = _folded(labels, values, is_share)
    return ChartText(
        labels=labels, times=times, values=values, update_every_s=max(update_every_s, 1)
    )


def _numbers(column: msgspec.Raw) -> _Column:
    """Errors: BadAnswer for a number that is none of ours."""
    return decode(column, _Column)


def _folded(
    labels: list[str], values: list[msgspec.Raw], is_share: bool
) -> tuple[list[str], list[msgspec.Raw]]:
    """One column of those of the same name."""
    columns: dict[str, list[msgspec.Raw]] = {}
    for label, column in zip(labels, values, strict=True):
        columns.setdefault(label, []).append(column)
    return list(columns), [_one_of(alike, is_share) for alike in columns.values()]


def _one_of(alike: list[msgspec.Raw], is_share: bool) -> msgspec.Raw:
    if len(alike) == 1:
        return alike[0]
    cells = zip(*map(_numbers, alike), strict=True)
    return msgspec.Raw(msgspec.json.encode([_sum(each, is_share) for each in cells]))


def _sum(cells: tuple[float | None, ...], is_share: bool) -> float | None:
    known = [cell for cell in cells if cell is not None]
    if not known:
        return None
    return sum(known) / len(known) if is_share else sum(known)
