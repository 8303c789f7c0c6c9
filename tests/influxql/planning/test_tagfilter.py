"""Conditions on tags."""

from muster.influxql.planning.tagfilter import TagFilter
from muster.influxql.syntax.ast import DataType, VarRef
from muster.influxql.syntax.parser import parse_expression
from muster.influxql.values.rewriting import rewrite

A, NONE = (("host", "a"), ("region", "a")), ()


def rest(text, tags, **options):
    expr = rewrite(
        parse_expression(text),
        lambda node: VarRef("v", DataType.FLOAT) if node == VarRef("v") else node,
    )
    return TagFilter(expr, **options).rest(tags)


def holds(text, tags, **options):
    return rest(text, tags, **options) is None


def test_a_tag_that_is_not_there_is_empty():
    assert holds("host = ''", NONE)
    assert not holds("host != ''", NONE)
    assert holds("host =~ /.*/", NONE)
    assert not holds("host =~ /.+/", NONE)
    assert holds("host !~ /x/", NONE)


def test_strictly_nothing_holds_for_a_tag_that_is_not_there():
    assert not holds("host !~ /x/", NONE, strict=True)
    assert holds("host !~ /x/", A, strict=True)


def test_tags_are_compared_with_each_other():
    assert holds("host = region", A)
    assert not holds("host != region", A)


def test_tags_have_no_order():
    assert not holds("host > 'A'", A)


def test_what_points_decide_is_left():
    assert rest("host = 'a' AND v > 1", A) == rest("v > 1", A)
    assert rest("host = 'b' OR (v > 1)", A) == parse_expression("x > 1").__class__(
        op=rest("v > 1", A).op, lhs=VarRef("v", DataType.FLOAT), rhs=rest("v > 1", A).rhs
    )
    assert holds("host = 'a' OR v > 1", A)
    assert TagFilter(parse_expression("host = 'b'")).excludes(A)


def test_no_condition_always_holds():
    assert TagFilter(None).rest(A) is None
