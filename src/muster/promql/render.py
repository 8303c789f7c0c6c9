"""Answers as the API writes them: JSON with values as strings.

Source: Prometheus 2.42, web/api/v1/api.go and util/jsonutil
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np

from muster.promql.ast import API_TYPES, Type
from muster.promql.columns import Vector
from muster.promql.labels import Labels
from muster.promql.labelsets import made_of
from muster.promql.numbers import format_float
from muster.promql.pointtexts import point_texts, sample_texts
from muster.promql.query import Answer
from muster.promql.source import I64, Samples

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


def data_of(answer: Answer) -> str:
    """The `data` of an answer."""
    kind = API_TYPES.get(answer.type, str(answer.type))
    return f'{{"resultType":"{kind}","result":{_result(answer)}}}'


def _result(answer: Answer) -> str:
    value = answer.value
    if answer.type is Type.MATRIX:
        times = _Times()
        return _listed(_series(each, times) for each in answer.series)
    if isinstance(value, Vector):
        return _listed(_samples(value, format_time(int(answer.steps[0]))))
    time = _number(int(answer.steps[0]))
    if isinstance(value, str):
        return f"[{time},{to_json(value)}]"
    return f'[{time},"{format_float(float(value[0]))}"]'


def _number(time_ms: int) -> str:
    """As a plain number: no zeros at the end."""
    return format_float(time_ms / 1_000)


def _samples(vector: Vector, time: str) -> Iterable[str]:
    texts = sample_texts(np.ascontiguousarray(vector.values[:, 0]))
    metrics = made_of(vector.labels, "json", lambda: [_metric(each) for each in vector.labels])
    for metric, text in zip(metrics, texts, strict=True):
        yield f'{{"metric":{metric},"value":[{time},"{text}"]}}'


class _Times:
    """Times as they are written: all series of an answer have nearly the same."""

    def __init__(self) -> None:
        self._known: dict[int, bytes] = {}
        self._last: tuple[I64, list[bytes]] | None = None

    def of(self, times: I64) -> list[bytes]:
        if self._last is None or self._last[0] is not times:
            self._last = times, list(map(self._text, times.tolist()))
        return self._last[1]

    def _text(self, time_ms: int) -> bytes:
        text = self._known.get(time_ms)
        if text is None:
            text = self._known[time_ms] = format_time(time_ms).encode()
        return text


def _series(samples: Samples, times: _Times) -> str:
    points = point_texts(times.of(samples.times), samples.values)
    return f'{{"metric":{_metric(samples.labels)},"values":[{points}]}}'


def _metric(labels: Labels) -> str:
    return to_json(dict(labels))


def _listed(texts: Iterable[str]) -> str:
    return f"[{','.join(texts)}]"


def success(data: str, warnings: Sequence[str] = ()) -> bytes:
    """The envelope of an answer."""
    more = f',"warnings":{to_json(list(warnings))}' if warnings else ""
    return f'{{"status":"success","data":{data}{more}}}'.encode()


def failure(kind: str, text: str) -> bytes:
    """The envelope of an error."""
    return f'{{"status":"error","errorType":{to_json(kind)},"error":{to_json(text)}}}'.encode()
