"""Values of one kind as an array, with a mask of those that are there.

Kinds are those of DataType; UNKNOWN marks a column of mixed cells (objects), or one without any.
Strings are arrays of objects that share their texts.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from muster.influxql.syntax.ast import DataType

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Values = npt.NDArray[Any]

MIN_TIME_NS = -(1 << 63) + 2  # one less than the earliest time a point may have
MAX_TIME_NS = (1 << 63) - 2

_MOST_SIZES = 64
_FEW_ROWS = 10_000  # of a size that is remembered

_DTYPES: dict[DataType, Any] = {
    DataType.FLOAT: np.float64,
    DataType.INTEGER: np.int64,
    DataType.UNSIGNED: np.uint64,
    DataType.BOOLEAN: np.bool_,
}
NUMERIC = frozenset({DataType.FLOAT, DataType.INTEGER, DataType.UNSIGNED})
TEXTS = frozenset({DataType.STRING, DataType.TAG})
# Of several kinds of one field the first of these is the field's.
RANKS = (
    DataType.FLOAT,
    DataType.INTEGER,
    DataType.UNSIGNED,
    DataType.STRING,
    DataType.BOOLEAN,
    DataType.TAG,
    DataType.ANY_FIELD,
    DataType.UNKNOWN,
)


class Column(msgspec.Struct, frozen=True):
    """Cells of one kind. Shapes: `values` and `valid` have one entry for each row."""

    kind: DataType
    values: Values
    valid: Bools

    def __len__(self) -> int:
        return len(self.values)

    @property
    def is_full(self) -> bool:
        """Whether no cell is missing."""
        return self.valid is all_there(len(self.valid)) or bool(self.valid.all())

    def take(self, rows: npt.NDArray[Any]) -> "Column":
        """The cells of these rows, by number or mask."""
        return Column(self.kind, self.values[rows], self.valid[rows])

    def cells(self) -> list[Any]:
        """Python values, None where there is none."""
        values: list[Any] = self.values.tolist()
        if self.is_full:
            return values
        return [value if valid else None for value, valid in zip(values, self.valid, strict=True)]


def dtype(kind: DataType) -> Any:  # noqa: ANN401 - numpy's own type for this
    """What an array of this kind is made of."""
    return _DTYPES.get(kind, np.object_)


def full(kind: DataType, values: Values) -> Column:
    """A column without gaps."""
    return Column(kind, values, all_there(len(values)))


def all_there(rows: int) -> Bools:
    """The mask of so many cells of which none is missing; not to be written to."""
    return (_known_there if rows <= _FEW_ROWS else _there)(rows)


def every_row(rows: int) -> Ints:
    """The numbers of so many rows; not to be written to."""
    return (_known_rows if rows <= _FEW_ROWS else _rows)(rows)


def _there(rows: int) -> Bools:
    made = np.ones(rows, np.bool_)
    made.setflags(write=False)  # all who have so many share it
    return made


def _rows(rows: int) -> Ints:
    made = np.arange(rows, dtype=np.int64)
    made.setflags(write=False)
    return made


_known_there, _known_rows = lru_cache(_MOST_SIZES)(_there), lru_cache(_MOST_SIZES)(_rows)


def empty(kind: DataType, rows: int) -> Column:
    """A column of gaps."""
    return Column(kind, np.zeros(rows, dtype(kind)), np.zeros(rows, np.bool_))


def texts(values: Sequence[str]) -> Column:
    """A column of strings."""
    array = np.empty(len(values), np.object_)
    array[:] = values
    return full(DataType.STRING, array)


def strongest(kinds: Sequence[DataType]) -> DataType:
    """The kind that a field of several kinds has."""
    return min(kinds, key=RANKS.index, default=DataType.UNKNOWN)


def cast(column: Column, kind: DataType) -> Column:
    """The column as another kind: numbers are converted, what cannot be is a gap."""
    if column.kind == kind or kind in (DataType.UNKNOWN, DataType.ANY_FIELD):
        return column
    if column.kind in TEXTS and kind in TEXTS:
        return Column(DataType.STRING, column.values, column.valid)
    if column.kind not in NUMERIC or kind not in NUMERIC:
        return empty(kind, len(column.values))
    with np.errstate(invalid="ignore", over="ignore"):
        return Column(kind, column.values.astype(dtype(kind)), column.valid)


def concatenate(columns: Sequence[Column]) -> Column:
    """One below the other, all as the strongest of their kinds."""
    if len(columns) == 1:
        return columns[0]
    kind = strongest([column.kind for column in columns])
    parts = [cast(column, kind) for column in columns]
    return Column(
        kind,
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.valid for part in parts]),
    )
