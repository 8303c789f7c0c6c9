"""Values of a host as its data queries answer them: windows, points, formats.

Source: specification 8 (`/api/v1/data`, `/api/v2/data`)
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from muster.testing.netdata.machine import Chart, Host

_POINTS_MAX = 20_000


class Table(msgspec.Struct, frozen=True):
    """Rows newest first, as the agent has them: (second, values)."""

    labels: tuple[str, ...]
    rows: list[tuple[int, list[float | None]]]
    step_s: int
    after_s: int
    before_s: int


def query(host: Host, charts: Sequence[Chart], parameters: Mapping[str, str], now_s: int) -> Table:
    """Errors: ValueError for numbers that are none."""
    before = _moment(parameters.get("before", "0"), now_s)
    after = _moment(parameters.get("after", "-600"), before if "before" in parameters else now_s)
    before, after = min(before, now_s), min(after, before)
    span = max(1, before - after)
    points = int(parameters.get("points", "0") or 0) or span
    step = max(1, -(-span // min(points, _POINTS_MAX)))
    before -= before % step  # windows are aligned to multiples of the group size
    after -= after % step
    picked = [(chart, name) for chart in charts for name in _chosen(chart, parameters)]
    names = [name for _, name in picked]  # whatever chart it is of, as 1.45 and 2.10 have it
    rows: list[tuple[int, list[float | None]]] = [
        (at, [_mean(host, chart, name, at, step) for chart, name in picked])
        for at in range(before, after, -step)
    ]
    return Table(tuple(names), rows, step, after, before)


def grouped(table: Table, charts: Sequence[Chart], parameters: Mapping[str, str]) -> Table:
    """What `group_by` and `aggregation` make of a table: a column per group, in order."""
    by = parameters.get("group_by", "dimension").replace("|", ",").split(",")
    groups: dict[str, list[int]] = {}
    picked = [(chart, name) for chart in charts for name in _chosen(chart, parameters)]
    for place, (chart, name) in enumerate(picked):
        parts = {"dimension": name, "instance": chart.id}
        label = ",".join(parts[each] for each in ("dimension", "instance") if each in by)
        groups.setdefault(label or "selected", []).append(place)
    is_sum = parameters.get("aggregation") == "sum"
    rows = [
        (at, [_folded([values[place] for place in places], is_sum) for places in groups.values()])
        for at, values in table.rows
    ]
    return msgspec.structs.replace(table, labels=tuple(groups), rows=rows)


def _folded(values: list[float | None], is_sum: bool) -> float | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    return round(sum(known) / (1 if is_sum else len(known)), 7)


def _moment(text: str, from_s: int) -> int:
    number = int(text)
    return from_s + number if number <= 0 else number


def _chosen(chart: Chart, parameters: Mapping[str, str]) -> list[str]:
    wanted = parameters.get("dimensions", "").replace("|", ",").split(",")
    wanted = [name for name in wanted if name and name != "*"]
    return [name for name in chart.dimensions if not wanted or name in wanted]


def _mean(host: Host, chart: Chart, dimension: str, at_s: int, step_s: int) -> float | None:
    seconds = [each for each in range(at_s - step_s + 1, at_s + 1) if each >= host.first_s]
    if not seconds:
        return None  # before it was kept: a gap
    if len(seconds) > 60:
        seconds = seconds[:: len(seconds) // 60]
    return round(sum(chart.value(dimension, each) for each in seconds) / len(seconds), 7)


def as_json(table: Table, options: frozenset[str]) -> dict[str, Any]:
    """The table of format=json."""
    rows = reversed(table.rows) if "flip" in options else table.rows
    unit = 1000 if "ms" in options else 1
    gap = 0.0 if "null2zero" in options else None
    data = [[at * unit, *(gap if v is None else v for v in values)] for at, values in rows]
    return {"labels": ["time", *table.labels], "data": data}


def as_wrapped(table: Table, chart: Chart, options: frozenset[str], host: Host) -> dict[str, Any]:
    """The same within jsonwrap."""
    latest = table.rows[0][1] if table.rows else []
    return {
        "api": 1,
        "id": chart.id,
        "name": chart.id,
        "view_update_every": table.step_s,
        "update_every": 1,
        "first_entry": host.first_s,
        "last_entry": table.before_s,
        "after": table.after_s + 1,
        "before": table.before_s,
        "dimension_names": table.labels,
        "dimension_ids": table.labels,
        "latest_values": latest,
        "dimensions": len(table.labels),
        "points": len(table.rows),
        "format": "json",
        "result": as_json(table, options),
        "min": 0,
        "max": 100,
    }


def as_lists(table: Table, options: frozenset[str]) -> list[list[Any]]:
    """The table of format=csvjsonarray: its labels are the first row."""
    told = as_json(table, options)
    return [told["labels"], *told["data"]] if table.labels else []


def as_csv(table: Table) -> str:
    lines = [",".join(("time", *table.labels))]
    for at, values in table.rows:
        lines.append(",".join((str(at), *("" if v is None else f"{v:g}" for v in values))))
    return "\r\n".join(lines)


def as_json2(
    table: Table, host: Host, charts: Sequence[Chart], contexts: Sequence[str]
) -> dict[str, Any]:
    """The reply of `/api/v2/data` (format json2): oldest first, each value with its rates."""
    ids = list(table.labels)
    return {
        "api": 2,
        "versions": {"contexts_hard_hash": 1, "contexts_soft_hash": 1},
        "summary": {
            "nodes": [{"mg": host.machine_guid, "nd": host.node_id, "nm": host.hostname, "ni": 0}],
            "contexts": [{"id": each} for each in contexts],
            "instances": [{"id": f"{each.id}@{host.machine_guid}"} for each in charts],
            "dimensions": [{"id": each} for each in ids],
        },
        "db": {"tiers": 1, "update_every": 1, "first_entry": host.first_s,
               "last_entry": table.before_s},
        "view": {
            "title": charts[0].title,
            "units": charts[0].units,
            "update_every": table.step_s,
            "after": table.after_s + 1,
            "before": table.before_s,
            "dimensions": {"ids": ids, "names": ids},
        },
        "result": {
            "labels": ["time", *ids],
            "point": {"value": 0, "arp": 1, "pa": 2},
            "data": [
                [at, *([value, 0, 1 if value is None else 0] for value in values)]
                for at, values in reversed(table.rows)
            ],
        },
    }  # fmt: skip
