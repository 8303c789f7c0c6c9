"""The forms in which /api/v1/data and /api/v1/allmetrics are written.

Source: answers of 1.37, blank by blank where tools read them line by line
"""

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from muster.agent.netdata.api.ring import Chart
from muster.agent.netdata.api.select import Picked, Question
from muster.errors import InputError

JSON, TEXT = "application/json; charset=utf-8", "text/plain; charset=utf-8"
_DIGITS = 7
_NO_WORD = re.compile(r"[^A-Za-z0-9_]")


def format_data(picked: Picked, question: Question) -> tuple[str, str]:
    """(content type, body). Errors: InputError for a form that is not known."""
    write = _FORMS.get(question.format)
    if write is None:
        known = ", ".join(_FORMS)
        raise InputError(f"format {question.format[:40]!r} is not one of {known}")
    kind, body = write(picked, question.options)
    if "jsonwrap" in question.options:
        return JSON, _wrapped(picked, question, kind, body)
    return kind, body


def _table(picked: Picked, options: frozenset[str]) -> tuple[str, str]:
    labels = ["time", *picked.names]
    factor = 1000 if options & {"ms", "milliseconds"} else 1
    rows: list[Any] = [[time * factor, *_rounded(row)] for time, row in picked.rows]
    if "objectrows" in options:
        rows = [dict(zip(labels, row, strict=True)) for row in rows]
    lines = ",\n".join(f" {json.dumps(row)}" for row in rows)
    head = json.dumps(labels)
    return JSON, f'{{\n "labels": {head},\n    "data":\n [\n{lines}\n]\n}}'


def _wrapped(picked: Picked, question: Question, kind: str, body: str) -> str:
    numbers = [value for _, row in picked.rows for value in row if value is not None]
    times = [time for time, _ in picked.rows]
    about = {
        "api": 1,
        "id": ",".join(picked.ids),
        "name": ",".join(picked.names),
        "view_update_every": picked.step_s,
        "update_every": picked.every_s,
        "first_entry": picked.first_s,
        "last_entry": picked.last_s,
        "before": max(times, default=0),
        "after": min(times, default=0),
        "group": question.group,
        "options": ",".join(sorted(question.options)),
        "dimension_names": picked.names,
        "dimension_ids": picked.ids,
        "latest_values": _rounded(picked.latest),
        "view_latest_values": _rounded(picked.rows[0][1] if picked.rows else []),
        "dimensions": len(picked.ids),
        "points": len(picked.rows),
        "format": question.format,
        "db_points_per_tier": [len(numbers)],
        "min": _round(min(numbers)) if numbers else 0,
        "max": _round(max(numbers)) if numbers else 0,
    }
    result = body if kind == JSON else json.dumps(body)
    return f'{json.dumps(about)[:-1]}, "result": {result}\n}}\n'


def _separated(mark: str) -> "Callable[[Picked, frozenset[str]], tuple[str, str]]":
    def write(picked: Picked, options: frozenset[str]) -> tuple[str, str]:
        lines = [mark.join(["time", *picked.names])]
        for time, row in picked.rows:
            cells = ["" if value is None else str(value) for value in _rounded(row)]
            lines.append(mark.join([_moment(time, options), *cells]))
        return TEXT, "".join(f"{line}\r\n" for line in lines)

    return write


def _sums(picked: Picked) -> list[float | None]:
    return [
        _round(sum(value for value in row if value is not None))
        if any(value is not None for value in row)
        else None
        for _, row in picked.rows
    ]


def _array(picked: Picked, _options: frozenset[str]) -> tuple[str, str]:
    return JSON, json.dumps(_sums(picked), separators=(",", ":"))


def _line(mark: str) -> "Callable[[Picked, frozenset[str]], tuple[str, str]]":
    def write(picked: Picked, _options: frozenset[str]) -> tuple[str, str]:
        return TEXT, mark.join("null" if v is None else str(v) for v in _sums(picked))

    return write


def _csv_in_json(picked: Picked, options: frozenset[str]) -> tuple[str, str]:
    """Times are numbers here: the original writes dates without quotes, which is no JSON."""
    factor = 1000 if options & {"ms", "milliseconds"} else 1
    rows = [["time", *picked.names]]
    rows += [[time * factor, *_rounded(row)] for time, row in picked.rows]  # type: ignore[list-item]
    return JSON, "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]"


_FORMS = {
    "json": _table,
    "csv": _separated(","),
    "tsv": _separated("\t"),
    "tsv-excel": _separated("\t"),
    "ssv": _line(" "),
    "ssvcomma": _line(","),
    "array": _array,
    "csvjsonarray": _csv_in_json,
}


def _moment(time_s: int, options: frozenset[str]) -> str:
    if "seconds" in options:
        return str(time_s)
    if options & {"ms", "milliseconds"}:
        return str(time_s * 1000)
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _rounded(row: Iterable[float | None]) -> list[float | int | None]:
    return [None if value is None else _round(value) for value in row]


def _round(value: float) -> float | int:
    """A whole number is written as one."""
    short = round(value, _DIGITS)
    return int(short) if short == int(short) else short


def metrics_as_json(charts: Iterable[Chart]) -> str:
    told = {
        chart.id: {
            "name": chart.id,
            "family": chart.family,
            "context": chart.rule.context,
            "units": chart.rule.units,
            "last_updated": chart.last_s,
            "dimensions": {
                dim.id: {"name": dim.name, "value": _round(value) if value == value else None}
                for dim, value in zip(chart.rule.dims, chart.latest(), strict=True)
            },
        }
        for chart in charts
    }
    return json.dumps(told)


def metrics_as_shell(charts: Iterable[Chart]) -> str:
    """Lines that a shell can source: names are letters, digits and `_`, values whole numbers."""
    lines: list[str] = []
    for chart in charts:
        lines += ["", f"# chart: {chart.id} (name: {chart.id})"]
        total = 0.0
        for dim, value in zip(chart.rule.dims, chart.latest(), strict=True):
            if value == value:
                total += abs(value)
            shown = "" if value != value else str(round(value))
            name = f"NETDATA_{_shouted(chart.id)}_{_shouted(dim.name)}"
            lines.append(f'{name}="{shown}"      # {chart.rule.units}')
        name = f"NETDATA_{_shouted(chart.id)}_VISIBLETOTAL"
        lines.append(f'{name}="{round(total)}"      # {chart.rule.units}')
    lines += ["", "# NETDATA ALARMS RUNNING"]
    return "".join(f"{line}\n" for line in lines)


def metrics_as_prometheus(
    charts: Iterable[Chart], instance: str, version: str, *, with_help: bool, types: bool
) -> str:
    """The text format, one gauge for each dimension, at the time of its row."""
    labels = f'instance="{_label(instance)}",application="netdata",version="{_label(version)}"'
    lines = [f"netdata_info{{{labels}}} 1"]
    told: set[str] = set()
    for chart in charts:
        metric = f"netdata_{_word(chart.rule.context)}_{_units(chart.rule.units)}_average"
        if metric not in told:
            told.add(metric)
            if with_help:
                lines.append(f"# HELP {metric} {chart.rule.title}, in {chart.rule.units}")
            if types:
                lines.append(f"# TYPE {metric} gauge")
        of = f'chart="{_label(chart.id)}",family="{_label(chart.family)}"'
        for dim, value in zip(chart.rule.dims, chart.latest(), strict=True):
            if value == value:
                at = f'{metric}{{{of},dimension="{_label(dim.name)}"}}'
                lines.append(f"{at} {value:.7f} {chart.last_s * 1000}")
    return "".join(f"{line}\n" for line in lines)


def _units(units: str) -> str:
    """As they stand in a metric's name: only a lone sign is spelt out, and a rate by its end."""
    if units == "%":
        return "percent"
    return _word(f"{units[:-2]}_persec" if units.endswith("/s") else units)


def _word(text: str) -> str:
    return _NO_WORD.sub("_", text)


def _shouted(text: str) -> str:
    return _word(text).upper()


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
