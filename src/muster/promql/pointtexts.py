"""Points of a series as JSON: `[time,"value"],…`, and values alone as texts."""

from collections.abc import Callable

from muster.promql.numbers import format_sample
from muster.promql.source import F64

TimeTexts = list[bytes]


def pure_point_texts(times: TimeTexts, values: F64) -> str:
    """As many points as there are times, which are written already. Errors: ValueError."""
    return ",".join(
        f'[{time.decode()},"{format_sample(value)}"]'
        for time, value in zip(times, values.tolist(), strict=True)
    )


def pure_sample_texts(values: F64) -> list[str]:
    """Values as the API writes them."""
    return list(map(format_sample, values.tolist()))


point_texts: Callable[[TimeTexts, F64], str]
sample_texts: Callable[[F64], list[str]]
try:
    from muster.promql import _pointtexts  # type: ignore[attr-defined]  # compiled, no stub
except ImportError:
    point_texts, sample_texts = pure_point_texts, pure_sample_texts
    COMPILED = False
else:
    point_texts, sample_texts = _pointtexts.point_texts, _pointtexts.sample_texts
    COMPILED = True
