"""What /api/v1/data answers: a window of one chart, or of all charts of a context, in groups.

Rules, as in the original: `before` and `after` of zero or less are relative, `after` to `before`
and `before` to the newest row; so many rows make a group that `points` come out, roughly; groups
end at multiples of their length unless `unaligned`, so windows may end a little earlier.

Source: netdata-claim-aclk specification 8; answers of 1.37
"""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from math import sqrt
from typing import NamedTuple

from muster.agent.netdata.api.ring import Chart
from muster.errors import InputError, NotFound

MAX_POINTS = 10_000
_MAX_TEXT = 200
Values = list[float | None]


class Question(NamedTuple):
    """What is asked for; the defaults are the original's."""

    after: int = -600
    before: int = 0
    points: int = 0
    group: str = "average"
    dimensions: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()
    format: str = "json"


class Picked(NamedTuple):
    """What came out. `rows` newest first, unless `flip`: (time, a value of each name)."""

    ids: list[str]
    names: list[str]
    rows: list[tuple[int, Values]]
    every_s: int  # of the charts
    step_s: int  # of the rows
    first_s: int
    last_s: int
    latest: Values


def read_question(query: Mapping[str, str]) -> Question:
    """Of the parameters of a URL. Errors: InputError."""
    options = query.get("options", "").replace("|", ",").replace(" ", ",")
    dimensions = query.get("dimensions", query.get("dimension", "")).replace(",", "|")
    return Question(
        after=_number(query, "after", -600),
        before=_number(query, "before", 0),
        points=min(max(_number(query, "points", 0), 0), MAX_POINTS),
        group=query.get("group", query.get("time_group", "average")),
        dimensions=tuple(name for name in dimensions.split("|") if name),
        options=frozenset(option for option in options.split(",") if option),
        format=query.get("format", "json"),
    )


def _number(query: Mapping[str, str], name: str, otherwise: int) -> int:
    text = query.get(name, "")
    if not text:
        return otherwise
    try:
        number = int(float(text)) if len(text) <= 20 else None
    except (ValueError, OverflowError):
        number = None
    if number is None or abs(number) > 1 << 40:
        raise InputError(f"{name} is no number: {text[:40]!r}")
    return number


def pick(charts: Sequence[Chart], question: Question) -> Picked:
    """The window. Several charts are added up, dimension by dimension.

    Errors: NotFound when there is nothing of that name.
    """
    if not charts:
        raise NotFound("No metrics where matched to query.")
    every_s = max(chart.every_s for chart in charts)
    last_s = max(chart.last_s for chart in charts)
    last_s -= last_s % every_s
    first_s = min(chart.first_s for chart in charts)
    ids, names = _chosen(charts, question.dimensions)
    start_s, end_s, group = _window(question, first_s, last_s, every_s)
    step_s = group * every_s
    slots = _slots(charts, ids, start_s, end_s, step_s)
    reduce = _GROUPS.get(question.group, _average)
    rows: list[tuple[int, Values]] = []
    for time_s in range(end_s, start_s, -step_s):
        found = slots.get(time_s, {})
        rows.append((time_s, [reduce(found.get(id, [])) for id in ids]))
    latest = [_last_of(charts, id) for id in ids]
    picked = Picked(ids, names, rows, every_s, step_s, first_s, last_s, latest)
    return _dressed(picked, question.options)


def _window(question: Question, first_s: int, last_s: int, every_s: int) -> tuple[int, int, int]:
    """(start, end, rows in a group): start < time <= end."""
    before = last_s + question.before if question.before <= 0 else question.before
    end_s = min(before, last_s)
    start_s = end_s + question.after if question.after <= 0 else question.after
    start_s = max(start_s, first_s - every_s) if question.after else first_s - every_s
    end_s -= end_s % every_s
    rows = max(1, (end_s - start_s) // every_s)
    group = max(1, round(rows / question.points)) if question.points else 1
    group = max(group, -(-rows // MAX_POINTS))
    step_s = group * every_s
    if group > 1 and "unaligned" not in question.options:
        end_s -= end_s % step_s
    return max(start_s, end_s - rows * every_s), end_s, group


def _slots(
    charts: Sequence[Chart], ids: list[str], start_s: int, end_s: int, step_s: int
) -> dict[int, dict[str, list[float]]]:
    """Values of each dimension by the end of their group; of several charts added up."""
    wanted = frozenset(ids)
    sums: dict[tuple[int, str], float] = {}
    for chart in charts:
        for time_s, row in chart.rows(end_s - _whole(end_s - start_s, step_s), end_s):
            for dim, value in zip(chart.rule.dims, row, strict=True):
                if value == value and dim.id in wanted:
                    key = (time_s, dim.id)
                    sums[key] = sums.get(key, 0.0) + value
    slots: dict[int, dict[str, list[float]]] = {}
    for (time_s, id), value in sorted(sums.items()):
        slot = end_s - (end_s - time_s) // step_s * step_s
        slots.setdefault(slot, {}).setdefault(id, []).append(value)
    return slots


def _whole(span_s: int, step_s: int) -> int:
    return -(-span_s // step_s) * step_s


def _chosen(charts: Sequence[Chart], patterns: tuple[str, ...]) -> tuple[list[str], list[str]]:
    dims = {dim.id: dim.name for chart in charts for dim in chart.rule.dims}
    if patterns:
        dims = {id: name for id, name in dims.items() if _matches(id, name, patterns)}
    if not dims:
        raise NotFound("No metrics where matched to query.")
    return list(dims), list(dims.values())


def _matches(id: str, name: str, patterns: tuple[str, ...]) -> bool:
    """The first pattern that fits decides; `!` in front of one says no."""
    for pattern in patterns:
        wanted = pattern.removeprefix("!")[:_MAX_TEXT].replace("[", "[[]").replace("?", "[?]")
        if fnmatchcase(id, wanted) or fnmatchcase(name, wanted):
            return not pattern.startswith("!")
    return False


def _last_of(charts: Sequence[Chart], id: str) -> float | None:
    found = [
        value
        for chart in charts
        for dim, value in zip(chart.rule.dims, chart.latest(), strict=True)
        if dim.id == id and value == value
    ]
    return sum(found) if found else None


def _dressed(picked: Picked, options: frozenset[str]) -> Picked:
    """Options that change values or order."""
    rows = picked.rows
    if options & {"abs", "absolute", "absolute_sum", "absolute-sum"}:
        rows = [(time, [None if v is None else abs(v) for v in row]) for time, row in rows]
    if "percentage" in options:
        rows = [(time, _shares(row)) for time, row in rows]
    if "null2zero" in options:
        rows = [(time, [v or 0.0 for v in row]) for time, row in rows]
    picked = picked._replace(rows=rows[::-1] if "flip" in options else rows)
    return _without_zeros(picked) if "nonzero" in options else picked


def _shares(row: Values) -> Values:
    total = sum(abs(value) for value in row if value is not None)
    return [
        None if value is None else (100 * abs(value) / total if total else 0.0) for value in row
    ]


def _without_zeros(picked: Picked) -> Picked:
    """Dimensions that are zero all the time go; when all are, all stay."""
    kept = [
        index for index in range(len(picked.ids)) if any(row[index] for _, row in picked.rows)
    ] or list(range(len(picked.ids)))
    return picked._replace(
        ids=[picked.ids[index] for index in kept],
        names=[picked.names[index] for index in kept],
        rows=[(time, [row[index] for index in kept]) for time, row in picked.rows],
        latest=[picked.latest[index] for index in kept],
    )


def _average(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _median(values: list[float]) -> float | None:
    if not values:
        return None
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _deviation(values: list[float]) -> float | None:
    mean = _average(values)
    if mean is None:
        return None
    if len(values) < 2:
        return 0.0
    return sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _variation(values: list[float]) -> float | None:
    mean, deviation = _average(values), _deviation(values)
    if mean is None or deviation is None:
        return None
    return 100 * deviation / abs(mean) if mean else 0.0


_GROUPS: dict[str, Callable[[list[float]], float | None]] = {
    "average": _average,
    "avg": _average,
    "mean": _average,
    "min": lambda values: min(values, key=abs, default=None),
    "max": lambda values: max(values, key=abs, default=None),
    "sum": lambda values: sum(values) if values else None,
    "median": _median,
    "stddev": _deviation,
    "cv": _variation,
    "incremental-sum": lambda values: values[-1] - values[0] if values else None,
    "incremental_sum": lambda values: values[-1] - values[0] if values else None,
}
