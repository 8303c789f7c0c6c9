"""Answers as JSON."""

import numpy as np
import pytest

from muster.promql.ast import Type
from muster.promql.columns import Vector
from muster.promql.query import Answer
from muster.promql.render import data_of, failure, format_time, success, to_json
from muster.promql.source import Samples

STEPS = np.array([1_500])


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(0, "0"), (1_500, "1.500"), (-5, "-0.005"), (60_000, "60")]
)
def test_times_are_seconds(milliseconds, text):
    assert format_time(milliseconds) == text


def test_each_type_has_its_form():
    vector = Vector([(("a", "<b>"),)], np.array([[np.inf]]), np.array([[True]]))
    samples = [Samples((), np.array([1_000]), np.array([1e-9]))]

    assert data_of(Answer(Type.VECTOR, STEPS, vector)) == (
        '{"resultType":"vector","result":[{"metric":{"a":"\\u003cb\\u003e"},'
        '"value":[1.500,"+Inf"]}]}'
    )
    assert data_of(Answer(Type.MATRIX, STEPS, series=samples)) == (
        '{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1e-09"]]}]}'
    )
    assert data_of(Answer(Type.SCALAR, STEPS, np.array([2.0]))) == (
        '{"resultType":"scalar","result":[1.5,"2"]}'
    )
    assert data_of(Answer(Type.STRING, STEPS, "x")) == '{"resultType":"string","result":[1.5,"x"]}'


def test_envelopes():
    assert success("[]") == b'{"status":"success","data":[]}'
    assert success("[]", ["w"]) == b'{"status":"success","data":[],"warnings":["w"]}'
    assert failure("bad_data", "a&b").endswith(b'"errorType":"bad_data","error":"a\\u0026b"}')
    assert to_json("\u2028") == '"\\u2028"'
