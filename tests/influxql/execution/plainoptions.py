"""The options of a statement that asks for nothing but points: all times, no groups, no limit."""

from muster.influxql.answers.fill import Fill
from muster.influxql.execution.options import Options
from muster.influxql.syntax.ast import FillOption
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS
from muster.influxql.values.windows import Interval

OPTIONS = Options(
    start_ns=MIN_TIME_NS,
    end_ns=MAX_TIME_NS,
    interval=Interval(),
    zone=None,
    ascending=True,
    dimensions=(),
    group_by=(),
    condition=None,
    fill=Fill(FillOption.NULL),
    limit=0,
    offset=0,
    slimit=0,
    soffset=0,
    max_windows=100,
    max_series=0,
)
