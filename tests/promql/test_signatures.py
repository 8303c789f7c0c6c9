"""The list of functions."""

from muster.promql.ast import Type
from muster.promql.calls import KNOWN
from muster.promql.signatures import SIGNATURES


def test_each_function_has_somebody_who_works_it_out():
    assert set(SIGNATURES) == KNOWN


def test_all_functions_of_prometheus_2_42_are_there():
    assert len(SIGNATURES) == 70
    assert SIGNATURES["label_join"].optional == -1
    assert SIGNATURES["scalar"].gives is Type.SCALAR
