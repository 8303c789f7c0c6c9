"""How far queries go."""

import numpy as np
import pytest

from muster.promql.errors import ExecutionError, QueryTimeout
from muster.promql.limits import Limits
from muster.promql.parser import parse
from muster.promql.query import over_range
from muster.testing.prommemory import MemorySource, series_of

SOURCE = MemorySource([series_of({"__name__": "up"}, [0], ["1"])])


@pytest.mark.parametrize("text", ["up", "rate(up[5m])", "sum_over_time(up[1y:1ms])"])
def test_more_cells_than_there_may_be_are_refused(text):
    with pytest.raises(ExecutionError, match="too many samples"):
        over_range(SOURCE, parse(text), 0, 10_000, 1_000, Limits(cells=0))


def test_who_does_not_wait_any_more_ends_a_query():
    def look():
        raise QueryTimeout

    with pytest.raises(QueryTimeout):
        over_range(SOURCE, parse("up"), 0, 10_000, 1_000, Limits(look=look))
    assert np.isfinite(Limits().lookback_ms)
