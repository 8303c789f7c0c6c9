"""Cells of one row that are numbers all, for who has few of them made into an answer."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from muster.model.metric import Kind
from muster.ports.series import I64

_NUMBERS = (Kind.FLOAT, Kind.INTEGER, Kind.UNSIGNED)

U8 = NDArray[np.uint8]


def pure_finite_cells(held: I64, row: int, columns: I64, kinds: U8) -> bytes | None:
    """The patterns of some columns; None where one is no number, is NaN or infinite.

    Shapes: `held` is [rows, columns and more]; `kinds` are of its columns. Errors: IndexError.
    """
    patterns, of = held[row][columns], kinds[columns]
    if not np.isin(of, _NUMBERS).all():
        return None
    reals = patterns[of == Kind.FLOAT].view(np.float64)
    return patterns.tobytes() if np.isfinite(reals).all() else None


finite_cells: Callable[[I64, int, I64, U8], bytes | None]
try:
    from muster.store.head import _finitecells  # type: ignore[attr-defined]  # compiled, no stub
except ImportError:
    finite_cells = pure_finite_cells
    COMPILED = False
else:
    finite_cells = _finitecells.finite_cells
    COMPILED = True
