"""Variables and ranges put into queries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.clock import SECOND_NS
from muster.errors import InputError
from muster.influxql.syntax.ast import (
    BinaryExpr,
    RegexLiteral,
    SelectStatement,
    StringLiteral,
    VarRef,
)
from muster.influxql.syntax.parser import parse_query
from muster.influxql.syntax.regex import compile_pattern
from muster.influxql.syntax.templates import fill_in, pieces
from muster.model.filling import ALL, Range

SPAN = Range(1_000 * SECOND_NS, 4_600 * SECOND_NS, 10 * SECOND_NS)
TIME = "time >= 1000000ms and time <= 4600000ms"


def filled(text, **variables):
    return fill_in(text, {name: tuple(given) for name, given in variables.items()}, SPAN)


@pytest.mark.parametrize(
    ("text", "variables", "becomes"),
    [
        ("host =~ /^$host$/", {"host": ["web-1"]}, r"host =~ /^web\-1$/"),
        ("host =~ /^$host$/", {"host": ["a", "b.c"]}, r"host =~ /^(a|b\.c)$/"),
        ("host =~ /^$host$/", {"host": [ALL]}, "host =~ /^.+$/"),
        ("host =~ /^${host:regex}x/", {"host": ["a/b"]}, r"host =~ /^a\/bx/"),
        ("host = '[[host]]'", {"host": ["it's"]}, r"host = 'it\'s'"),
        ('mean("$f")', {"f": ['a"b']}, r'mean("a\"b")'),
        ("mean($f)", {"f": ["usage-idle"]}, 'mean("usage-idle")'),
        ("mean($f)", {"f": ["select"]}, 'mean("select")'),
        ("mean($f)", {"f": ["idle"]}, "mean(idle)"),
        ("GROUP BY $t", {"t": ["a", "b c"]}, 'GROUP BY a, "b c"'),
        ("LIMIT $n", {"n": ["5"]}, "LIMIT 5"),
        ("time($w)", {"w": ["30s"]}, "time(30s)"),
        ("time($w)", {"w": ["auto"]}, "time(10s)"),
        ("a -$n", {"n": ["-5"]}, "a - -5"),
        ("$other", {"host": ["a"]}, "$other"),
        ("$timeFilter", {}, TIME),
        ("time($__interval)", {}, "time(10s)"),
        ("time($interval)", {}, "time(10s)"),
        ("$__interval_ms $__from $__to", {}, "10000 1000000 4600000"),
        ("$__range $__range_s $__range_ms", {}, "3600s 3600 3600000"),
        ("'$timeFilter', /$timeFilter/", {}, "'$timeFilter', /$timeFilter/"),
        ("a -- $host\n$host", {"host": ["b"]}, "a -- $host\nb"),
        ("a /* $host */ $host", {"host": ["b"]}, "a /* $host */ b"),
        ("a / $n / b", {"n": ["2"]}, "a / 2 / b"),
        ("FROM /$m/", {"m": ["a.b"]}, r"FROM /a\.b/"),
        (r"x = '\'$v'", {"v": ["'"]}, r"x = '\'\''"),
    ],
)
def test_a_value_is_written_as_its_place_wants_it(text, variables, becomes):
    assert filled(text, **variables) == becomes


@pytest.mark.parametrize(
    ("text", "values", "reason"),
    [
        ("a = '$v'", ["x", "y"], "has 2 values"),
        ('a = "$v"', ["x", "y"], "has 2 values"),
        ("a = '$v'", [ALL], "stands for all values"),
        ("a = '$v'", [], "has no value"),
        ("a = '$v'", ["x\0"], "control character"),
        ("a = $v", ["x\ry"], "control character"),
    ],
)
def test_what_cannot_stand_there_is_refused(text, values, reason):
    with pytest.raises(InputError, match=reason):
        filled(text, v=values)


def test_a_query_does_not_grow_without_end():
    with pytest.raises(InputError, match="200000 characters"):
        filled("a =~ /$v$v/", v=["x" * 150_000])


texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=30)
SAFE = 'SELECT "$v" FROM m WHERE "$v" = \'$v\' AND host =~ /^$v$/ AND $timeFilter'


@given(texts)
def test_no_value_gets_out_of_its_place(value):
    (statement,) = parse_query(filled(SAFE, v=[value]))

    assert isinstance(statement, SelectStatement)
    condition = statement.condition
    found = [condition]
    leaves = []
    while found:
        each = found.pop()
        if isinstance(each, BinaryExpr):
            found += [each.lhs, each.rhs]
        else:
            leaves.append(each)
    names = {leaf.val for leaf in leaves if isinstance(leaf, VarRef)}
    assert names == {value, "host", "time"}
    assert [leaf.val for leaf in leaves if isinstance(leaf, StringLiteral)] == [value]
    (pattern,) = [leaf for leaf in leaves if isinstance(leaf, RegexLiteral)]
    assert compile_pattern(pattern.val).found_in(value)


@given(st.lists(texts.filter(bool), min_size=2, max_size=4), texts)
def test_a_pattern_of_several_values_finds_these_alone(values, other):
    (statement,) = parse_query(filled("SELECT v FROM m WHERE t =~ /^$v$/", v=values))
    pattern = compile_pattern(statement.condition.rhs.val)

    assert all(pattern.found_in(value) for value in values)
    assert pattern.found_in(other) is (other in values)


@given(texts)
def test_a_bare_value_is_one_word(value):
    (statement,) = parse_query(filled("SELECT a, $v FROM m WHERE x > 1", v=[value or "e"]))

    assert len(statement.fields) == 2
    assert statement.target is None and statement.condition is not None


@given(st.text("ab'\"/\\-*\n$ =~(),", max_size=40))
def test_the_pieces_of_a_query_are_the_query(text):
    assert "".join(piece.text for piece in pieces(text)) == text


@pytest.mark.parametrize(
    "text",
    ["a" * 8_000 + " /" * 4_000, "time(" + " " * 8_000 + "$v" * 4_000, "time" * 4_000 + "($v)"],
)
def test_a_query_made_to_take_long_does_not(text):
    assert filled(text, v=["auto"])


def test_a_pattern_with_many_times_many_values_is_refused():
    with pytest.raises(InputError, match="200000 characters"):
        filled("a =~ /" + "$v" * 8_000 + "/", v=["x" * 300] * 5_000)
