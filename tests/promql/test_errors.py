"""Errors say where they are, in bytes as Prometheus counts."""

from muster.promql.errors import ExecutionError, QueryParseError, QueryTimeout


def test_a_place_is_told_by_line_and_byte():
    assert str(QueryParseError("up\n  é +", 6, "oops")) == "2:5: parse error: oops"
    assert str(QueryParseError("up", 0, "oops")) == "1:1: parse error: oops"


def test_kinds_have_the_statuses_of_the_api():
    assert (ExecutionError.status, ExecutionError.code) == (422, "execution")
    assert (QueryTimeout().status, QueryTimeout().code) == (503, "timeout")
