"""Recent rows in memory, as core sees them.

Units: as in ports/series.py.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from muster.model.ids import NodeId
from muster.model.metric import Block, Value
from muster.ports.series import I64, Buckets, Cohort, Grid, SeriesRef

Numbers = tuple[I64, NDArray[Any], bool]
"""Times, the numbers [series, time], and whether NaN or infinite ones are among them."""


class NewestRow(NamedTuple):
    """The newest values of series that came together; keys are places in what was asked for."""

    keys: I64
    time_ns: int
    patterns: I64


class HeadView(Protocol):
    """What the head had of some series of one Kind when it was asked.

    It holds references and copies, so it may be read in any thread and at any later time.
    """

    @property
    def texts(self) -> Sequence[str]:
        """Strings of all grids made so far."""
        ...

    @property
    def cells(self) -> int:
        """How many values there are to read, at most."""
        ...

    def grids(self) -> list[Grid]:
        """Rows from the cut on; each series is in at most one Grid."""
        ...

    def pending(self) -> list[Grid]:
        """Rows before the cut that the engine may not have yet; they replace its rows."""
        ...

    def sums(self, step_ns: int) -> tuple[list[Buckets], list[Grid]]:
        """Rows from the cut on: what blocks know of whole buckets unread, and the rest.

        Of the Buckets only counts, total, low and high are filled; not for strings.
        """
        ...


class Head(Protocol):
    """Recent rows in memory: last value of every series and some minutes.

    All calls are quick and run on the event loop's thread. The engine is asked for times
    before `since` alone, the head for times from it on: nothing is counted twice. Any later
    cut is right as well, because rows before it that the engine may lack are `pending`.
    """

    def append(self, cohort: Cohort, block: Block, segment: int) -> None: ...

    def stored(self, segment: int) -> None:
        """Rows of segments up to this one are in the engine and may leave the head."""
        ...

    def forget(self, node: NodeId) -> None:
        """Drop what is held of a removed node, or of a stock."""
        ...

    def erase(self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int, through: int) -> None:
        """Drop what segments up to `through` brought of some series for a range of time."""
        ...

    def since(self, ref: SeriesRef) -> int:
        """From this time on the head alone answers for a series; far future if unknown."""
        ...

    def since_all(self, refs: Sequence[SeriesRef]) -> I64: ...

    def view(self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int, cut_ns: int) -> HeadView:
        """Rows of series of one Kind; `cut_ns` is at or after the `since` of each."""
        ...

    def matrix(
        self, refs: Sequence[SeriesRef], span: tuple[int, int], most: int, kind: np.dtype[Any]
    ) -> Numbers | None:
        """All rows of series of one Kind in a span, half open, as numbers of a kind of 64 bits.

        None where that is not all plain, is not the head's alone, or is more than `most` cells:
        `view` knows.
        """
        ...

    def grids(
        self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int, most: int
    ) -> list[Grid] | None:
        """As `matrix`, where series came in several, each of them in one; keys are places."""
        ...

    def newest_rows(
        self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int
    ) -> list[NewestRow] | None:
        """The newest value of each series of one Kind, no strings, in [start, end).

        None where the newest rows that came are not all there and plain: `grids` knows.
        """
        ...

    def last(self, refs: Sequence[SeriesRef]) -> list[tuple[int, Value] | None]:
        """Newest time and value of each; None when the head never had one."""
        ...

    def latest(
        self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int
    ) -> list[tuple[int, Value] | None]:
        """As `last`, in [start, end) and from `since` on: None where the newest lies elsewhere."""
        ...

    def newest_cells(self, refs: Sequence[SeriesRef]) -> tuple[int, bytes] | None:
        """Time and patterns of the newest row, where all are in one: finite numbers of any Kind.

        None where that is not so, or a row before `since`: `latest` knows.
        """
        ...
