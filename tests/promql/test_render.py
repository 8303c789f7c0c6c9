"""Answers as JSON."""

import numpy as np

from muster.promql.ast import Type
from muster.promql.columns import Vector
from muster.promql.query import Answer
from muster.promql.render import data_of, failure, success
from muster.promql.source import Samples

STEPS = np.array([1_500])


def test_each_type_has_its_form():
    vector = Vector([(("a", "<b>"),)], np.array([[np.inf]]), np.array([[True]]))
    samples = [Samples((), np.array([1_000]), np.array([1e-9]))]

    assert data_of(Answer(Type.VECTOR, STEPS, vector)) == (
        b'{"resultType":"vector","result":[{"metric":{"a":"\\u003cb\\u003e"},'
        b'"value":[1.500,"+Inf"]}]}'
    )
    assert data_of(Answer(Type.MATRIX, STEPS, series=samples)) == (
        b'{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1e-09"]]}]}'
    )
    assert data_of(Answer(Type.SCALAR, STEPS, np.array([2.0]))) == (
        b'{"resultType":"scalar","result":[1.5,"2"]}'
    )
    assert data_of(Answer(Type.STRING, STEPS, "x")) == b'{"resultType":"string","result":[1.5,"x"]}'


def test_envelopes():
    assert success(b"[]") == b'{"status":"success","data":[]}'
    assert success(b"[]", ["w"]) == b'{"status":"success","data":[],"warnings":["w"]}'
    assert failure("bad_data", "a&b").endswith(b'"errorType":"bad_data","error":"a\\u0026b"}')
