"""Mutated queries against the parser of PromQL, its printer and its evaluation.

    python -m muster.testing.fuzz_promql --corpus tests/fuzz/corpus/promql --inputs 1000000

Whatever arrives ends in an answer or in an error of ours, and what was read can be written and
read again to the same text. Inputs are made of sound queries by cutting, mixing and putting words
where they do not belong; the same seed gives the same inputs. An input that breaks a rule is
printed as JSON text: it belongs into the corpus.
"""

import sys

from muster.errors import MusterError
from muster.promql.limits import Limits
from muster.promql.parser import parse
from muster.promql.printer import pretty, written
from muster.promql.query import check_range, instant, over_range
from muster.promql.render import data_of
from muster.promql.signatures import SIGNATURES
from muster.promql.tokens import WORDS
from muster.testing.fuzzedtext import TextFuzz, fault_of
from muster.testing.prommemory import MemorySource, series_of

SEEDS = (
    'sum by (job) (rate(up{a="b",c!~"d.*"}[5m] offset 1m)) / on(job) group_left(a) up @ 300',
    "histogram_quantile(0.9, sum without (a) (b)) > bool 1 and topk(2, up) or -up unless on() b",
    "max_over_time(deriv(up[2m])[5m:30s] @ end() offset -1m) # comment",
    'label_replace(up, "x", "$1-$2", "a", "(.*)(b)") == label_join(up, "y", ",", "a", "job")',
    "predict_linear(up[1h], 3600) * scalar(count_values('v', up)) ^ 2 % 3 atan2 absent(nothing)",
    "quantile_over_time(0.5, up[1m]) + ignoring(a) group_right clamp(up, 0x1F, 1e3) != NaN",
    "holt_winters(up[5m], 0.5, 0.1) - stddev by (a) (up) + vector(time()) * minute() <= Inf",
)
SOURCE = MemorySource(
    series_of(
        {"__name__": name, "a": a, "job": "j", "le": le},
        range(0, 600_000, 60_000),
        ["1", "2", "NaN", "0", "5", "stale", "+Inf", "7", "8", "-1"],
    )
    for name in ("up", "b")
    for a, le in (("b", "1"), ("x", "+Inf"))
)
_LIMITS = Limits(cells=20_000)
_SIGNS = "\0\r\n\t '\"`/\\.,:;{}[]()=~!<>-+*^%@#é\u2028"
_ODD = (
    *_SIGNS,
    "1e3",
    "5w",
    ".5",
    "0s",
    "[5m]",
    "[1h:]",
    "1e300",
    "@ 9e18",
    "offset 290y",
    "'\\n'",
    "up",
    "{a='b'}",
)
_WORDS = tuple(f" {word} " for word in sorted(WORDS)) + tuple(sorted(SIGNATURES)) + _ODD


def verdict(text: str) -> Exception | None:
    """What a text ends in that is neither an answer nor an error of ours."""
    return fault_of(check, text)


def check(text: str) -> None:
    """Read, write, read again, and answer at a moment and over a range."""
    node = parse(text)
    line = written(node)
    for shown in (line, pretty(node)):
        try:
            again = written(parse(shown))
        except MusterError as error:
            raise AssertionError(f"read, but not again from {shown!r}: {error}") from error
        if again != line:
            raise AssertionError(f"came back as {again!r}, went as {line!r}")
    data_of(instant(SOURCE, node, 300_000, _LIMITS))
    check_range(node)
    data_of(over_range(SOURCE, node, 0, 600_000, 150_000, _LIMITS))


FUZZ = TextFuzz(
    "Fuzz the parser of PromQL and its evaluation.", SEEDS, _WORDS, verdict, between_looks=100
)


if __name__ == "__main__":
    sys.exit(FUZZ.main())
