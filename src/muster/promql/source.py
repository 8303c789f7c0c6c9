"""What queries are answered from: the port between PromQL and whatever keeps the samples."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from muster.promql.labels import Labels
from muster.promql.matchers import Matcher

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
Bools = NDArray[np.bool_]

STALE = 0x7FF0000000000002
"""The NaN that says: from here on the series is gone."""


class Samples(NamedTuple):
    """One series in a range. Units: `times` are milliseconds, ascending, each once."""

    labels: Labels
    times: I64
    values: F64


class Source(Protocol):
    """Series with samples. Calls come from one thread and may take long."""

    def select(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> Sequence[Samples]:
        """The series that fit all matchers, sorted by labels; both ends are within.

        Errors: ExecutionError for too many samples; Unavailable.
        """
        ...

    def series(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> Sequence[Labels]:
        """The series that may have samples in a range, sorted; no matchers: all there are.

        Errors: as `select`.
        """
        ...
