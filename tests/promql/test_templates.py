"""Variables and ranges put into PromQL."""

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from muster.clock import SECOND_NS
from muster.errors import InputError
from muster.model.filling import ALL, Range
from muster.promql.ast import VectorSelector
from muster.promql.parser import parse
from muster.promql.templates import fill_in, pieces

SPAN = Range(1_000 * SECOND_NS, 4_600 * SECOND_NS, 10 * SECOND_NS)


def filled(text, **variables):
    return fill_in(text, {name: tuple(given) for name, given in variables.items()}, SPAN)


@pytest.mark.parametrize(
    ("text", "variables", "becomes"),
    [
        ('up{host=~"$host"}', {"host": ["a.b"]}, r'up{host=~"a\\.b"}'),
        ('up{host !~ "^$host$"}', {"host": ["a", "b+"]}, r'up{host !~ "^(a|b\\+)$"}'),
        ('up{host=~"$host"}', {"host": [ALL]}, 'up{host=~".+"}'),
        ("up{host=~`[[host]]`}", {"host": ["a.b"]}, r"up{host=~`a\.b`}"),
        ('up{host="${host:regex}"}', {"host": ['a"b\\']}, r'up{host="a\"b\\"}'),
        ("up{host='$host'}", {"host": ["it's"]}, r"up{host='it\'s'}"),
        ("sum by ($by) (up)", {"by": ["host", "job"]}, "sum by (host, job) (up)"),
        ("topk($n, up)", {"n": ["5"]}, "topk(5, up)"),
        ("up - $n", {"n": ["-5"]}, "up -  -5"),
        ("rate(x[$w])", {"w": ["1h30m"]}, "rate(x[1h30m])"),
        ("rate(x[$w])", {"w": ["auto"]}, "rate(x[10s])"),
        ("rate(x[$__rate_interval])", {}, "rate(x[1m])"),
        ("avg_over_time(x[$__range:$__interval])", {}, "avg_over_time(x[3600s:10s])"),
        (
            'label_replace(x, "a", "$1", "b", "(.*)")',
            {},
            'label_replace(x, "a", "$1", "b", "(.*)")',
        ),
        ("up # $host", {"host": ["a"]}, "up # $host"),
        ("$unknown", {}, "$unknown"),
    ],
)
def test_a_value_is_written_as_its_place_wants_it(text, variables, becomes):
    assert filled(text, **variables) == becomes


@pytest.mark.parametrize(
    ("text", "values", "reason"),
    [
        ('up{a="$v"}', ["a", "b"], "several values"),
        ('up{a="$v"}', [ALL], "several values"),
        ('up{a="$v"}', [], "has no value"),
        ("up{a=`$v`}", ["a`b"], "backtick"),
        ('up{a="$v"}', ["a\0"], "control character"),
        ("sum($v)", ["a or b"], "neither a number"),
        ("sum($v)", [ALL], "neither a number"),
    ],
)
def test_what_cannot_stand_there_is_refused(text, values, reason):
    with pytest.raises(InputError, match=reason):
        filled(text, v=values)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\ufffd"), max_size=30)


@given(texts)
def test_no_value_gets_out_of_its_place(value):
    node = parse(filled('up{a="$v",b=\'$v\',c=~"$v"}', v=[value]))

    assert isinstance(node, VectorSelector)
    a, b, c = node.matchers
    assert (a.value, b.value) == (value, value)
    assert re2.fullmatch(c.value, value)


@given(st.lists(texts.filter(bool), min_size=2, max_size=4), texts)
def test_a_pattern_of_several_values_finds_these_alone(values, other):
    node = parse(filled('up{a=~"$v"}', v=values))
    test = node.matchers[0].test()

    assert all(test(value) for value in values)
    assert test(other) is (other in values)


@given(st.text("ab'\"`\\#\n$ =~{},", max_size=40))
def test_the_pieces_of_a_query_are_the_query(text):
    assert "".join(piece.text for piece in pieces(text)) == text
