"""The tree."""

from muster.promql.ast import Number, Paren, VectorSelector, bare, children
from muster.promql.parser import parse


def test_parentheses_are_seen_through():
    assert bare(Paren(Paren(Number(1.0)))) == Number(1.0)


def test_parts_are_listed_and_a_parameter_comes_last():
    assert [type(each).__name__ for each in children(parse("topk(2, up)"))] == [
        "VectorSelector",
        "Number",
    ]
    assert children(parse("up[5m]"))[0].name == "up"
    assert len(children(parse("a + b"))) == 2
    assert children(Number(1.0)) == []


def test_a_selector_is_pinned_by_a_time_or_an_edge():
    assert VectorSelector("up", [], at_ms=0).is_pinned
    assert VectorSelector("up", [], at_edge="end").is_pinned
    assert not VectorSelector("up", [], offset_ms=5).is_pinned
