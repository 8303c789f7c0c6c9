"""Rows of an answer as JSON: arrays of cells, column by column given, row by row written.

Source: InfluxDB 1.6: numbers as Go writes them, nothing for NaN and infinities.
"""

from collections.abc import Callable, Sequence
from enum import IntEnum
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec
import numpy as np

from muster.influxql.printing.celltexts import float_text
from muster.influxql.values.columns import Bools, Ints, Values

VALUES = b',"values":'  # stands before rows
_LARGE = 1e15  # from here on Go's digits and ours differ
_SMALL = 1e-3


class Form(IntEnum):
    """What the cells of a column are."""

    INTEGERS = 0
    WHOLES = 1  # unsigned
    REALS = 2
    BOOLEANS = 3
    TEXTS = 4  # of JSON


_NUMBERS = {Form.INTEGERS: np.int64, Form.WHOLES: np.uint64, Form.REALS: np.float64}


class Cells(NamedTuple):
    """One column. Shapes: an array of the form's kind; of TEXTS a list of bytes.

    `valid` None: none is missing. Integers are divided by `unit`, towards zero.
    """

    form: Form
    values: Values | list[bytes]
    valid: Bools | None = None
    unit: int = 1


def pure_row_texts(count: int, columns: Sequence[Cells]) -> bytes:
    """The rows of columns, each with so many cells. Errors: ValueError for other lengths."""
    if any(len(each.values) != count for each in columns):
        raise ValueError("columns of other lengths")
    return msgspec.json.encode(list(zip(*map(_listed, columns), strict=True)))


def pure_series_texts(
    owner: Ints,
    columns: Sequence[Cells],
    before: Sequence[bytes],
    start: bytes = b"",
    end: bytes = b"",
) -> bytes:
    """Series of an answer, one for each run of rows of one owner, with commas between.

    Shapes: `before` is what stands before the rows, by owner, `start` and `end` what stands around
            all. Errors: ValueError likewise.
    """
    if any(len(each.values) != len(owner) for each in columns) or not len(owner):
        raise ValueError("columns of other lengths")
    starts = [0, *(np.flatnonzero(owner[1:] != owner[:-1]) + 1).tolist()]
    texts = b",".join(
        b"%b%b}" % (before[int(owner[low])], pure_row_texts(high - low, _part(columns, low, high)))
        for low, high in pairwise((*starts, len(owner)))
    )
    return start + texts + end


def pure_window_texts(
    windows: tuple[int, int, int],
    unit: int,
    columns: Sequence[Cells],
    before: Sequence[bytes],
    start: bytes = b"",
    end: bytes = b"",
) -> bytes:
    """Likewise, a row for each of so many windows of each series, with its start before the cells.

    Shapes: `windows` are the start of the first, their length and how many; columns are series by
            series. Units: starts are divided by `unit`. Errors: ValueError likewise.
    """
    first, length, count = windows
    owner = np.repeat(np.arange(len(before)), max(count, 0))
    times = np.tile(first + length * np.arange(count, dtype=np.int64), len(before))
    every = [Cells(Form.INTEGERS, times, None, unit), *columns]
    return pure_series_texts(owner, every, before, start, end)


def pure_newest_texts(
    time_ns: int,
    unit: int,
    patterns: bytes,
    forms: Sequence[Form],
    before: Sequence[bytes],
    start: bytes = b"",
    end: bytes = b"",
) -> bytes:
    """Likewise, one row of each series, all of one time, of numbers.

    Shapes: `patterns` are numbers of 64 bits, form by form, of each series by series. Errors:
            ValueError for other lengths, and for forms that are no numbers.
    """
    rows = len(before)
    if len(patterns) != 8 * rows * len(forms) or any(form > Form.REALS for form in forms):
        raise ValueError("columns of other lengths, or no numbers")
    columns = [Cells(Form.INTEGERS, np.full(rows, time_ns, np.int64), None, unit)]
    for place, form in enumerate(forms):
        values = np.frombuffer(patterns, _NUMBERS[form], rows, 8 * rows * place)
        columns.append(Cells(form, values))
    return pure_series_texts(np.arange(rows), columns, before, start, end)


def pure_matrix_texts(
    times: Ints,
    unit: int,
    matrix: Values,
    form: Form,
    before: bytes,
    start: bytes = b"",
    end: bytes = b"",
) -> bytes:
    """Likewise, of one series, all of whose cells but the times are numbers of one form.

    Shapes: `matrix` is [column, row], of the form's kind. Errors: ValueError likewise.
    """
    if form > Form.REALS:
        raise ValueError("columns of other lengths, or no numbers")
    columns = [Cells(Form.INTEGERS, times, None, unit), *(Cells(form, each) for each in matrix)]
    return pure_series_texts(np.zeros(len(times), np.int64), columns, [before], start, end)


def _part(columns: Sequence[Cells], start: int, end: int) -> list[Cells]:
    return [
        each._replace(
            values=each.values[start:end],
            valid=None if each.valid is None else each.valid[start:end],
        )
        for each in columns
    ]


def _listed(cells: Cells) -> list[Any]:
    if isinstance(cells.values, list):
        values: list[Any] = [msgspec.Raw(each) for each in cells.values]
    elif cells.form is Form.REALS:
        values = _reals(cells.values)
    elif cells.form is Form.INTEGERS and cells.unit > 1:
        values = (np.sign(cells.values) * (np.abs(cells.values) // cells.unit)).tolist()
    else:
        values = cells.values.tolist()
    if cells.valid is not None:
        for row in np.flatnonzero(~cells.valid).tolist():
            values[row] = None
    return values


def _reals(numbers: Values) -> list[Any]:
    """Integers for floats without a fraction, texts for those that Go writes otherwise."""
    values: list[Any] = numbers.tolist()
    size = np.abs(numbers)
    with np.errstate(invalid="ignore"):
        odd = ((size >= _LARGE) | (size < _SMALL)) & (size > 0) & np.isfinite(numbers)
        whole = (numbers == np.trunc(numbers)) & ~odd & np.isfinite(numbers)
    for row in np.flatnonzero(whole & ~((size == 0) & np.signbit(numbers))).tolist():
        values[row] = int(values[row])
    for row in np.flatnonzero((size == 0) & np.signbit(numbers)).tolist():
        values[row] = msgspec.Raw(b"-0")
    for row in np.flatnonzero(odd).tolist():
        values[row] = msgspec.Raw(float_text(values[row]).encode())
    for row in np.flatnonzero(~np.isfinite(numbers)).tolist():
        values[row] = None
    return values


row_texts: Callable[[int, Sequence[Cells]], bytes]
series_texts: Callable[..., bytes]
window_texts: Callable[..., bytes]
newest_texts: Callable[..., bytes]
matrix_texts: Callable[..., bytes]
try:
    from muster.influxql.answers import _rowtexts  # type: ignore[attr-defined]  # compiled, no stub
except ImportError:
    row_texts, series_texts = pure_row_texts, pure_series_texts
    window_texts, newest_texts = pure_window_texts, pure_newest_texts
    matrix_texts = pure_matrix_texts
    COMPILED = False
else:
    row_texts, series_texts = _rowtexts.row_texts, _rowtexts.series_texts
    window_texts, newest_texts = _rowtexts.window_texts, _rowtexts.newest_texts
    matrix_texts = _rowtexts.matrix_texts
    COMPILED = True
