"""Answers as the API writes them: JSON with values as strings.

Source: Prometheus 2.42, web/api/v1/api.go and util/jsonutil
"""

from collections.abc import Sequence

from muster.promql.ast import API_TYPES, Type
from muster.promql.columns import Vector
from muster.promql.numbers import format_float
from muster.promql.pointtexts import matrix_text, to_json, vector_text
from muster.promql.query import Answer


def data_of(answer: Answer) -> bytes:
    """The `data` of an answer."""
    kind = API_TYPES.get(answer.type, str(answer.type))
    return b'{"resultType":"%b","result":%b}' % (kind.encode(), _result(answer))


def _result(answer: Answer) -> bytes:
    value = answer.value
    if answer.type is Type.MATRIX:
        return matrix_text(answer.series)
    if isinstance(value, Vector):
        return vector_text(value.labels, int(answer.steps[0]), value.values[:, 0])
    time = _number(int(answer.steps[0]))
    if isinstance(value, str):
        return f"[{time},{to_json(value)}]".encode()
    return f'[{time},"{format_float(float(value[0]))}"]'.encode()


def _number(time_ms: int) -> str:
    """As a plain number: no zeros at the end."""
    return format_float(time_ms / 1_000)


def success(data: bytes, warnings: Sequence[str] = ()) -> bytes:
    """The envelope of an answer."""
    more = f',"warnings":{to_json(list(warnings))}'.encode() if warnings else b""
    return b'{"status":"success","data":%b%b}' % (data, more)


def failure(kind: str, text: str) -> bytes:
    """The envelope of an error."""
    return f'{{"status":"error","errorType":{to_json(kind)},"error":{to_json(text)}}}'.encode()
