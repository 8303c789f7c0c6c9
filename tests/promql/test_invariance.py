"""What is the same at all steps."""

import pytest

from muster.promql.invariance import is_invariant
from muster.promql.parser import parse


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("up @ 5", True),
        ("up", False),
        ("sum(rate(up[5m] @ end()))", True),
        ("topk(scalar(up), up @ 5)", False),
        ("up @ 5 + up", False),
        ("timestamp(up @ 5)", False),
        ("max_over_time(up[5m:1m] @ 5)", True),
        ("vector(1)", True),
        ("vector(time())", False),
    ],
)
def test_only_pinned_selectors_and_numbers_stay(text, same):
    assert is_invariant(parse(text)) is same
