"""Line protocol written from columns: a line for each tag set of each row of a Block.

Column by column, not point by point; `WRITER` is the twin in use, compiled or pure. Numbers have
their shortest form, so `2.50` that came goes out as `2.5`. What line protocol cannot say is left
out: cells that are no number or infinite, and backslashes at the end of names. Unsigned numbers
are written as integers, since InfluxDB 1.x takes no others, and left out where those end.

Source: InfluxDB 1.x, line protocol; docs/formats/line-protocol.md
"""

import re
from array import array
from collections.abc import Callable, Iterable, Sequence
from math import isfinite
from typing import Any, NamedTuple, Protocol

from muster.model.metric import Block, Kind, Layout, Tags

ShownTags = Callable[[Tags], Tags]
_BREAKS = {"\n": "\\n", "\r": "\\r"}
_IN_MEASUREMENT = re.compile(r"[, \n\r]")
_IN_NAME = re.compile(r"[,= \n\r]")
_IN_STRING = re.compile(r'["\\]')


class _Column(NamedTuple):
    number: int
    prefix: str  # the field's name and `=`
    kind: Kind


class _Line(NamedTuple):
    """The columns of one tag set."""

    prefix: str  # measurement, tags and a space
    columns: tuple[_Column, ...]


Template = tuple[_Line, ...]


def template_of(
    layout: Layout,
    shown: ShownTags = lambda tags: tags,
    wanted: Callable[[str], bool] = lambda measurement: True,
) -> Template:
    """What a layout's lines have in common.

    `shown` says which tags are written of its own, `wanted` which measurements at all.
    """
    found: dict[tuple[str, Tags], list[_Column]] = {}
    for number, series in enumerate(layout.series):
        if not wanted(series.measurement):
            continue
        column = _Column(number, f"{name_text(series.field)}=", Kind(series.kind))
        found.setdefault((series.measurement, series.tags), []).append(column)
    return tuple(
        _Line(key_text(measurement, shown(tags)), tuple(columns))
        for (measurement, tags), columns in found.items()
    )


def lines(template: Template, block: Block) -> Iterable[str]:
    """The lines of a Block, without line ends; a row that has nothing to say gives none."""
    times = [f" {time_ns}" for time_ns in block.times]
    for line in template:
        yield from _lines(line, block, times)


def _lines(line: _Line, block: Block, times: Sequence[str]) -> Iterable[str]:
    cells = [_cells(column, block) for column in line.columns]
    for time, row in zip(times, zip(*cells, strict=True), strict=True):
        text = ",".join(filter(None, row))
        if text:
            yield f"{line.prefix}{text}{time}"


def _cells(column: _Column, block: Block) -> list[str]:
    """A column's texts, row by row; empty for what is left out."""
    width = len(block.layout.series)
    patterns = block.values[column.number :: width]
    texts = _WRITERS[column.kind](column.prefix, patterns, block.strings)
    if block.present is None:
        return texts
    marks = block.present[column.number :: width]
    return [text if mark else "" for text, mark in zip(texts, marks, strict=True)]


def _floats(prefix: str, patterns: "array[int]", strings: Sequence[str]) -> list[str]:
    numbers = array("d", patterns.tobytes())
    return [
        prefix + repr(number).removesuffix(".0") if isfinite(number) else "" for number in numbers
    ]


def _integers(prefix: str, patterns: "array[int]", strings: Sequence[str]) -> list[str]:
    return [f"{prefix}{number}i" for number in patterns]


def _naturals(prefix: str, patterns: "array[int]", strings: Sequence[str]) -> list[str]:
    return [f"{prefix}{number}i" if number >= 0 else "" for number in patterns]


def _booleans(prefix: str, patterns: "array[int]", strings: Sequence[str]) -> list[str]:
    return [f"{prefix}true" if number else f"{prefix}false" for number in patterns]


def _texts(prefix: str, patterns: "array[int]", strings: Sequence[str]) -> list[str]:
    # An absent cell's pattern is 0, also where there is no string at all.
    quoted = [prefix + string_text(text) for text in strings] or [""]
    return [quoted[number] for number in patterns]


_WRITERS: dict[Kind, Callable[[str, "array[int]", Sequence[str]], list[str]]] = {
    Kind.FLOAT: _floats,
    Kind.INTEGER: _integers,
    Kind.UNSIGNED: _naturals,
    Kind.BOOLEAN: _booleans,
    Kind.STRING: _texts,
}


def key_text(measurement: str, tags: Tags) -> str:
    """Measurement and tags, and the space behind them."""
    parts = [_escaped(_IN_MEASUREMENT, measurement)]
    parts += [f"{name_text(key)}={name_text(value)}" for key, value in tags]
    return f"{','.join(parts)} "


def name_text(name: str) -> str:
    """A tag's key or value, or a field's key."""
    return _escaped(_IN_NAME, name)


def string_text(text: str) -> str:
    """A string in its quotes."""
    return f'"{_IN_STRING.sub(_backslashed, text)}"'


def _escaped(special: re.Pattern[str], text: str) -> str:
    """A name; a backslash at its end would take what comes next into it."""
    return special.sub(_backslashed, text.rstrip("\\") or "_")


def _backslashed(found: re.Match[str]) -> str:
    return _BREAKS.get(found[0]) or f"\\{found[0]}"


class Writer(Protocol):
    """What both twins can do."""

    def prepare(self, template: Template) -> Any:  # noqa: ANN401 - what the twin makes of it
        """A template as `bodies` wants it."""
        ...

    def bodies(
        self,
        prepared: Any,  # noqa: ANN401
        block: Block,
        most: int,
    ) -> list[tuple[bytes, int]]:
        """A Block's lines with their ends, and how many: in pieces that end at `most` bytes."""
        ...


class PureWriter:
    """The twin that needs no compiler."""

    def prepare(self, template: Template) -> Template:
        return template

    def bodies(self, prepared: Template, block: Block, most: int) -> list[tuple[bytes, int]]:
        found: list[tuple[bytes, int]] = []
        held: list[bytes] = []
        size = 0
        for line in lines(prepared, block):
            held.append(line.encode("utf-8", "replace") + b"\n")
            size += len(held[-1])
            if size >= most:
                found.append((b"".join(held), len(held)))
                held, size = [], 0
        return [*found, (b"".join(held), len(held))] if held else found


WRITER: Writer
try:
    from muster.wire import _linewriter
except ImportError:
    COMPILED, WRITER = False, PureWriter()
else:
    COMPILED, WRITER = True, _linewriter.CompiledWriter()
