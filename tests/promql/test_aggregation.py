"""Aggregations."""

import numpy as np
import pytest

from muster.promql.aggregation import aggregated, is_label
from muster.promql.columns import Vector, nothing
from muster.promql.errors import ExecutionError
from muster.promql.labels import labels_of
from muster.promql.parser import parse

LABELS = [labels_of({"__name__": "m", "a": a, "b": b}) for a, b in ("xp", "xq", "yp")]
VECTOR = Vector(
    LABELS,
    np.array([[1.0, 1.0], [3.0, 3.0], [5.0, 5.0]]),
    np.array([[True, True], [True, False], [True, True]]),
)


def of(text, parameter=0.0, vector=VECTOR):
    node = parse(text)
    given = parameter if isinstance(parameter, str) else np.full(2, parameter)
    with np.errstate(all="ignore"):
        found = aggregated(node, vector, given)
    return {
        labels: [v if t else None for v, t in zip(values, there, strict=True)]
        for labels, values, there in zip(
            found.labels, found.values.tolist(), found.there.tolist(), strict=True
        )
    }


def test_groups_are_made_by_and_without_labels():
    assert of("sum by (a) (m)") == {(("a", "x"),): [4, 1], (("a", "y"),): [5, 5]}
    assert of("max without (a) (m)") == {(("b", "p"),): [5, 5], (("b", "q"),): [3, None]}
    assert of("count(m)") == {(): [3, 2]}


def test_each_operator_works_over_what_is_there():
    assert of("avg(m)") == {(): [3, 3]}
    assert of("min(m)") == {(): [1, 1]}
    assert of("group(m)") == {(): [1, 1]}
    assert of("stdvar(m)")[()][1] == 4
    assert of("stddev(m)")[()][1] == 2
    assert of("quantile(0.5, m)", 0.5) == {(): [3, 3]}


def test_values_are_counted_under_a_label():
    assert of("count_values('v', m)", "v") == {
        (("v", "1"),): [1, 1], (("v", "3"),): [1, None], (("v", "5"),): [1, 1],
    }  # fmt: skip
    with pytest.raises(ExecutionError, match='invalid label name "1x"'):
        of("count_values('1x', m)", "1x")
    with pytest.raises(ExecutionError, match='invalid label name "1x"'):
        of("count_values('1x', m)", "1x", nothing(2))


def test_zeros_of_either_sign_are_told_apart():
    zeros = VECTOR.with_values(np.array([[-0.0, 0.0], [-0.0, 0.0], [-0.0, -0.0]]))

    assert str(of("sum by (a) (m)", vector=zeros)[(("a", "x"),)]) == "[-0.0, 0.0]"
    assert of("count_values('v', m)", "v", zeros) == {
        (("v", "-0"),): [3, 1], (("v", "0"),): [None, 1],
    }  # fmt: skip


def test_a_count_of_no_number_is_refused():
    with pytest.raises(ExecutionError, match="Scalar value NaN overflows int64"):
        of("topk(1, m)", float("nan"))
    with pytest.raises(ExecutionError, match=r"Scalar value 9.223372036854776e\+18 overflows"):
        of("topk(1, m)", 2.0**63)
    assert list(of("topk(1, m)", 1.0)) == [LABELS[2]]


def test_names_of_labels():
    assert is_label("_a1")
    assert not any(map(is_label, ("", "1a", "a-b", "é")))
