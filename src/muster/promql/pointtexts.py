"""Series as the API writes them, with their labels and values: JSON in UTF-8.

Source: Prometheus 2.42, web/api/v1/api.go and util/jsonutil
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from muster.promql.labels import Labels
from muster.promql.numbers import format_sample
from muster.promql.source import F64, Samples

# Go's encoder writes these so that no page takes them for its own
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028"}
_TABLE = str.maketrans({**_ESCAPES, "\u2029": "\\u2029"})


def to_json(value: Any) -> str:  # noqa: ANN401 - whatever is a document
    return msgspec.json.encode(value).decode().translate(_TABLE)


def format_time(time_ms: int) -> str:
    """Seconds, with three places behind the point where there are any."""
    sign, size = ("-", -time_ms) if time_ms < 0 else ("", time_ms)
    seconds, rest = divmod(size, 1_000)
    return f"{sign}{seconds}.{rest:03d}" if rest else f"{sign}{seconds}"


def pure_vector_text(labels: Sequence[Labels], time_ms: int, values: F64) -> bytes:
    """Series with one value each, as many as there are labels. Errors: ValueError."""
    return _listed(
        f'{{"metric":{to_json(dict(each))},"value":{_point(time_ms, value)}}}'
        for each, value in zip(labels, values.tolist(), strict=True)
    )


def pure_matrix_text(series: Iterable[Samples]) -> bytes:
    """Series with their points. Errors: ValueError."""
    return _listed(
        f'{{"metric":{to_json(dict(each.labels))},"values":[{_points(each)}]}}' for each in series
    )


def _points(of: Samples) -> str:
    return ",".join(
        _point(time, value)
        for time, value in zip(of.times.tolist(), of.values.tolist(), strict=True)
    )


def _point(time_ms: int, value: float) -> str:
    return f'[{format_time(time_ms)},"{format_sample(value)}"]'


def _listed(texts: Iterable[str]) -> bytes:
    return f"[{','.join(texts)}]".encode()


vector_text: Callable[[Sequence[Labels], int, F64], bytes]
matrix_text: Callable[[Iterable[Samples]], bytes]
try:
    from muster.promql import _pointtexts  # type: ignore[attr-defined]  # compiled, no stub
except ImportError:
    vector_text, matrix_text = pure_vector_text, pure_matrix_text
    COMPILED = False
else:
    vector_text, matrix_text = _pointtexts.vector_text, _pointtexts.matrix_text
    COMPILED = True
