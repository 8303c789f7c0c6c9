"""The functions of PromQL: what each takes and gives.

Source: Prometheus 2.42, promql/parser/functions.go
"""

from typing import NamedTuple

from muster.promql.ast import Type


class Signature(NamedTuple):
    """`optional`: how many of the last kind may be left out or added; -1: any number."""

    takes: tuple[Type, ...]
    gives: Type = Type.VECTOR
    optional: int = 0


_S, _T, _V, _M = Type.SCALAR, Type.STRING, Type.VECTOR, Type.MATRIX
_ON_VECTORS = (
    "abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_count"
    " histogram_sum ln log10 log2 rad sgn sin sinh sort sort_desc sqrt tan tanh timestamp"
)
_ON_RANGES = (
    "absent_over_time avg_over_time changes count_over_time delta deriv idelta increase irate"
    " last_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time"
    " stdvar_over_time sum_over_time"
)
_DATES = "days_in_month day_of_month day_of_week day_of_year hour minute month year"

SIGNATURES: dict[str, Signature] = {
    **{name: Signature((_V,)) for name in _ON_VECTORS.split()},
    **{name: Signature((_M,)) for name in _ON_RANGES.split()},
    **{name: Signature((_V,), optional=1) for name in _DATES.split()},
    "clamp": Signature((_V, _S, _S)),
    "clamp_max": Signature((_V, _S)),
    "clamp_min": Signature((_V, _S)),
    "histogram_fraction": Signature((_S, _S, _V)),
    "histogram_quantile": Signature((_S, _V)),
    "holt_winters": Signature((_M, _S, _S)),
    "label_join": Signature((_V, _T, _T, _T), optional=-1),
    "label_replace": Signature((_V, _T, _T, _T, _T)),
    "pi": Signature((), _S),
    "predict_linear": Signature((_M, _S)),
    "quantile_over_time": Signature((_S, _M)),
    "round": Signature((_V, _S), optional=1),
    "scalar": Signature((_V,), _S),
    "time": Signature((), _S),
    "vector": Signature((_S,)),
}
