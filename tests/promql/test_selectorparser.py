"""Selectors and what stands behind them."""

import pytest

from muster.promql.ast import MatrixSelector, Subquery
from muster.promql.errors import QueryParseError
from muster.promql.matchers import Matcher
from muster.promql.parser import parse


def test_matchers_are_read_in_their_order():
    node = parse('up{a="1",b!~`x`,}')

    assert node.matchers == [Matcher("a", "=", "1"), Matcher("b", "!~", "x")]


def test_ranges_offsets_and_times_belong_to_their_selector():
    node = parse("up[5m] offset -1m @ 1.5")

    assert isinstance(node, MatrixSelector)
    assert (node.range_ms, node.vector.offset_ms, node.vector.at_ms) == (300_000, -60_000, 1_500)


def test_a_subquery_may_leave_its_step_out():
    node = parse("rate(up[1m])[1h:] @ end()")

    assert isinstance(node, Subquery)
    assert (node.range_ms, node.step_ms, node.at_edge) == (3_600_000, 0, "end")


def test_times_beyond_all_samples_stay_whole_numbers():
    assert parse("up @ 9e18").at_ms == -parse("up @ -9e18").at_ms == 1 << 53


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("sum(up)[5m]", "ranges only allowed for vector selectors"),
        ("(up) offset 5m", "offset modifier must be preceded by"),
        ("up @ 1 @ 2", "@ <timestamp> may not be set multiple times"),
        ("up @ NaN", "timestamp out of bounds for @ modifier: NaN"),
        ("sum by (1) (up)", 'unexpected number "1" in grouping opts, expected label'),
        ("sum by (by, without) (up)", "unexpected <without> in grouping opts, expected label"),
    ],
)
def test_what_stands_where_it_cannot_is_refused(text, refusal):
    with pytest.raises(QueryParseError) as refused:
        parse(text)
    assert refusal in str(refused.value)
