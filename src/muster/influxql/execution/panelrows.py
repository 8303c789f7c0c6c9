"""Cells of groups and windows as rows: a stream, with what windows without points show."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from muster.influxql.answers.fill import Fill
from muster.influxql.functions.panelsums import Cells
from muster.influxql.syntax.ast import DataType, FillOption
from muster.influxql.values.columns import Column, Ints, dtype, full
from muster.influxql.values.streams import Head, Stream

_KINDS = {"count": DataType.INTEGER, "mean": DataType.FLOAT, "median": DataType.FLOAT}
_MOST_SHAPES = 64
_FEW_ROWS = 10_000  # of a shape that is remembered


def kind_of_cells(name: str, kind: DataType) -> DataType:
    """What a function makes of values of a kind."""
    return _KINDS.get(name, kind)


def rows_of_cells(
    name: str,
    kind: DataType,
    heads: Sequence[Head],
    fill: Fill,
    cells: Cells,
    windows: tuple[int, int],
) -> Stream | None:
    """Of a function of values of a kind; `windows` are the start of the first and their length.

    None where no window has a point.
    """
    values, kind = cells.values, _KINDS.get(name, kind)
    if cells.there is None:
        owner, times = _rows(*windows, *values.shape)
        return Stream(heads, owner, times, full(kind, values.ravel()))
    there = cells.there
    seen = there.any(axis=1)
    if not seen.any():
        return None
    if not seen.all():
        heads = [heads[place] for place in np.flatnonzero(seen).tolist()]
        values, there = values[seen], there[seen]
    owner, times = _rows(*windows, *values.shape)
    flat, valid = values.ravel(), there.ravel()
    if fill.option is FillOption.NONE:
        if not valid.all():
            rows = np.flatnonzero(valid)
            return Stream(heads, owner[rows], times[rows], full(kind, flat[rows]))
    elif (number := _number(fill, name)) is not None:
        cell = np.array([number]).astype(dtype(kind))[0]
        flat, valid = np.where(valid, flat, cell), np.ones(len(flat), np.bool_)
    return Stream(heads, owner, times, Column(kind, flat, valid))


def _rows(first: int, length: int, heads: int, count: int) -> tuple[Ints, Ints]:
    """Owners and times."""
    owner, window = (_known if heads * count <= _FEW_ROWS else _shape)(heads, count)
    times = window * length
    times += first
    return owner, times


def owner_of_one(count: int) -> Ints:
    """Of so many rows of the first head."""
    return (_known if count <= _FEW_ROWS else _shape)(1, count)[0]


def _shape(heads: int, count: int) -> tuple[Ints, Ints]:
    """The head and the window of each row."""
    numbers = np.arange(heads, dtype=np.int64)
    owner = np.broadcast_to(numbers, count) if heads == 1 else np.repeat(numbers, count)
    window = np.arange(count, dtype=np.int64)
    shape = owner, window if heads == 1 else np.tile(window, heads)
    for each in shape:
        each.setflags(write=False)  # all who have this shape share them
    return shape


_known = lru_cache(_MOST_SHAPES)(_shape)


def _number(fill: Fill, name: str) -> float | int | None:
    """What an empty window shows; None: nothing."""
    if fill.option is FillOption.NUMBER:
        return fill.value
    return 0 if name == "count" else None
