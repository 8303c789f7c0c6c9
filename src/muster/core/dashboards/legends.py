"""What a legend calls a column of an answer.

A pattern names parts of it, as Grafana's alias does; without one a label is what tells the
columns of an answer apart, and nothing that all of them share.
"""

import re
from collections.abc import Sequence

from muster.influxql.answers.results import ResultSeries

_PART = re.compile(r"\$(\w+)|\$\{([^{}]+)\}|\[\[([^\[\]]+)\]\]")
_MEASUREMENT = ("m", "measurement")
_TAG = "tag_"


def labels_of(series: Sequence[ResultSeries], pattern: str) -> list[list[str]]:
    """For each series the labels of its columns but the time."""
    differ = _differing(series)
    many_names = len({each.name for each in series}) > 1
    found = []
    for each in series:
        names = columns_of(each)
        if pattern:
            found.append([_from_pattern(pattern, each, name) for name in names])
            continue
        tags = _tags_text(each, differ)
        labels = []
        for name in names:
            parts = [each.name] if many_names else []
            if tags:
                parts.append(tags)
            if len(names) > 1 or not parts:
                parts.append(name)
            labels.append(" ".join(parts))
        found.append(labels)
    return found


def columns_of(series: ResultSeries) -> Sequence[str]:
    """The names of columns but the time."""
    return series.columns if series.times is None else series.columns[1:]


def _differing(series: Sequence[ResultSeries]) -> list[str]:
    """The keys of tags that have not one value in all series, in order."""
    tags = [dict(each.tags) for each in series]
    keys = dict.fromkeys(key for each in tags for key in each)
    return [key for key in keys if len({each.get(key) for each in tags}) > 1]


def _tags_text(series: ResultSeries, differ: Sequence[str]) -> str:
    tags = [(key, value) for key, value in series.tags if key in differ]
    if len(tags) == 1:
        return tags[0][1] or f"no {tags[0][0]}"
    return ", ".join(f"{key}: {value}" for key, value in tags)


def _from_pattern(pattern: str, series: ResultSeries, column: str) -> str:
    tags = dict(series.tags)
    words = series.name.split(".")

    def put(found: re.Match[str]) -> str:
        name = found[1] or found[2] or found[3]
        if name in _MEASUREMENT:
            return series.name
        if name == "col":
            return column
        if name.startswith(_TAG):
            return tags.get(name.removeprefix(_TAG), "")
        if name.isdecimal() and int(name) < len(words):
            return words[int(name)]
        return found[0]

    return _PART.sub(put, pattern)
