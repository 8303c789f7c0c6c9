"""How the values of a context are asked of an agent, and how its answer is read.

Newer agents fold the instances of a context themselves; older ones give each dimension of
each instance, and equal names are folded here. Of a context of one instance newer ones can be
asked for the rows alone. Who asks, and what is shared: charts.py

Source: docs/faces/netdata.md, "Charts"
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import NamedTuple
from urllib.parse import quote_plus, urlencode

import msgspec

from muster.faces.netdata import permissions
from muster.faces.netdata.calls import decode, of_node
from muster.faces.netdata.queries import BadAnswer, Question
from muster.faces.netdata.reach import Reach
from muster.faces.netdata.tables import Columns, Named, read_table
from muster.model.ids import NodeId

_NEWER = "/api/v2/data?"
_KEPT = 512  # questions of which it is known how all but their times is written


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

    Units: `times` in seconds since 1970: a value is of the `update_every_s` up to its time. That
    is more than the distance of two where an agent fills rows in between.
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


class _View(msgspec.Struct, frozen=True):
    update_every: int = 1


class _Kept(msgspec.Struct, frozen=True):
    update_every: int = 0


class _Instance(msgspec.Struct, frozen=True):
    """That there is one."""


class _Summary(msgspec.Struct, frozen=True):
    instances: list[_Instance] = []


class _Newer(msgspec.Struct, frozen=True):
    """Of `/api/v2/data`. `db` is what was read, `view` what came of it."""

    result: Named | list[msgspec.Raw]
    view: _View = _View()
    db: _Kept = _Kept()
    summary: _Summary = _Summary()

    @property
    def update_every_s(self) -> int:
        return max(self.view.update_every, self.db.update_every)

    @property
    def is_single(self) -> bool:
        return len(self.summary.instances) == 1 and self.db.update_every == 1


class _Rows(msgspec.Struct, frozen=True):
    """Of `/api/v1/data` without a wrap, which has no name for its rows."""

    result: list[msgspec.Raw]


class _Older(msgspec.Struct, frozen=True):
    """Of `/api/v1/data` with jsonwrap."""

    result: Named
    view_update_every: int = 1
    update_every: int = 0


class Found(NamedTuple):
    """A chart. `is_single`: rows alone would have done; None where that is not told."""

    data: ChartText
    is_single: bool | None = None


class Asking(NamedTuple):
    """A question, and how its answer is read. `is_short`: for rows alone.

    Errors: of `read`, BadAnswer for another shape; of a short one also for what does not tell all.
    """

    question: Question
    read: Callable[[bytes], Found]
    is_short: bool = False


def asking_whole(reach: Reach, wanted: Wanted) -> Asking:
    """For rows with what the agent says around them."""
    folds = folds_itself(reach.capabilities)
    target = _newer(reach, wanted) if folds else _older(reach, wanted)
    read = partial(_read_newer, reach.machine) if folds else _read_older
    return Asking(_question(target), partial(read, wanted.is_share))


def asking_rows(reach: Reach, wanted: Wanted) -> Asking:
    """For rows alone, of a context of one instance."""
    return Asking(_question(_rows(reach, wanted)), _read_rows, is_short=True)


def can_be_rows(wanted: Wanted) -> bool:
    """One row does not say how long its value holds; instances are told apart by the whole."""
    return wanted.points > 1 and not wanted.by_instance


def numbers(column: msgspec.Raw) -> list[float | None]:
    """Errors: BadAnswer for a number that is none of ours."""
    return decode(column, list[float | None])


def _question(target: str) -> Question:
    return Question(target=target, headers=permissions.HUB, is_shared=True)


def _read_newer(machine: str, is_share: bool, body: bytes) -> Found:
    newer, named, columns = read_table(body, _Newer)
    # Behind each instance stands the machine's id: there is only one.
    labels = [label.removesuffix(f"@{machine}") for label in named]
    data = _framed(labels, columns, newer.update_every_s, is_share)
    return Found(data, newer.is_single)


def _read_older(is_share: bool, body: bytes) -> Found:
    older, labels, columns = read_table(body, _Older)
    every_s = max(older.view_update_every, older.update_every)
    return Found(_framed(labels, columns, every_s, is_share))


def _read_rows(body: bytes) -> Found:
    """Errors: BadAnswer also for what cannot tell all: one row, or several instances."""
    _, labels, (times, values) = read_table(b'{"result":%b}' % body, _Rows)
    if len(times) < 2 or len(set(labels)) < len(labels):
        raise BadAnswer("rows alone do not tell what they are of")
    step_s = times[1] - times[0]
    return Found(ChartText(labels=labels, times=times, values=values, update_every_s=step_s))


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


def _rows(reach: Reach, wanted: Wanted) -> str:
    """What an agent with the second form is asked of a context of one instance."""
    place, rest = _around_rows(reach.node, wanted.context)
    return f"{place}?{_window(wanted)}{rest}"


@lru_cache(_KEPT)
def _around_rows(node: NodeId, context: str) -> tuple[str, str]:
    """What is the same for all times."""
    parameters = {
        "context": context,
        "group": "average",
        "format": "csvjsonarray",
        "options": "seconds",
    }
    return of_node(node, "v1/data"), f"&{urlencode(parameters)}"


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
    cells = zip(*map(numbers, alike), strict=True)
    return msgspec.Raw(msgspec.json.encode([_sum(each, is_share) for each in cells]))


def _sum(cells: tuple[float | None, ...], is_share: bool) -> float | None:
    known = [cell for cell in cells if cell is not None]
    if not known:
        return None
    return sum(known) / len(known) if is_share else sum(known)
