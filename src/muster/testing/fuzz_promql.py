"""Mutated queries against the parser of PromQL, its printer and its evaluation.

    python -m muster.testing.fuzz_promql --corpus tests/fuzz/corpus/promql --inputs 1000000

Whatever arrives ends in an answer or in an error of ours, and what was read can be written and
read again to the same text. Inputs are made of sound queries by cutting, mixing and putting words
where they do not belong; the same seed gives the same inputs. An input that breaks a rule is
printed as JSON text: it belongs into the corpus.
"""

import argparse
import json
import sys
import time
import warnings
from pathlib import Path
from random import Random
from typing import NamedTuple

from muster.errors import MusterError
from muster.promql.limits import Limits
from muster.promql.parser import parse
from muster.promql.printer import pretty, written
from muster.promql.query import check_range, instant, over_range
from muster.promql.render import data_of
from muster.promql.signatures import SIGNATURES
from muster.promql.tokens import WORDS
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
_BETWEEN_LOOKS = 100  # inputs between looks at the clock


class Broken(NamedTuple):
    """An input that broke a rule, and how."""

    text: str
    error: Exception


def run(
    inputs: int, seed: int, seeds: tuple[str, ...] = SEEDS, seconds: float = float("inf")
) -> tuple[int, Broken | None]:
    """How many inputs were tried, and the first that broke a rule."""
    chance = Random(seed)  # noqa: S311 - nothing is kept secret by it
    end = time.monotonic() + seconds
    for number in range(inputs):
        if number % _BETWEEN_LOOKS == 0 and time.monotonic() > end:
            return number, None
        text = mutated(chance.choice(seeds), chance, seeds)
        if (error := verdict(text)) is not None:
            return number, Broken(text, error)
    return inputs, None


def verdict(text: str) -> Exception | None:
    """What a text ends in that is neither an answer nor an error of ours."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check(text)
    except MusterError:
        return None
    except Exception as error:
        return error
    return None


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


def mutated(text: str, chance: Random, others: tuple[str, ...]) -> str:
    """A sound query that one to four things were done to."""
    for _ in range(chance.randrange(1, 5)):
        place = chance.randrange(len(text) + 1)
        before, after = text[:place], text[place:]
        match chance.randrange(5):
            case 0:
                text = before + chance.choice(_WORDS) + after
            case 1:
                text = before + after[chance.randrange(1, 8) :]
            case 2:
                text = before
            case 3:
                text = before + after[: chance.randrange(24)] * chance.randrange(4) + after
            case _:
                other = chance.choice(others)
                start = chance.randrange(len(other) + 1)
                text = before + other[start : start + chance.randrange(48)] + after
    return text


def main(arguments: list[str] | None = None) -> int:
    """The command: 0 when no rule was broken, else 1."""
    parser = argparse.ArgumentParser(description="Fuzz the parser of PromQL and its evaluation.")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--corpus", type=Path, help="a folder of queries, one a file")
    asked = parser.parse_args(arguments)
    seeds = SEEDS
    if asked.corpus:
        seeds += tuple(path.read_text("utf-8") for path in sorted(asked.corpus.iterdir()))
    tried, broken = run(asked.inputs, asked.seed, seeds, asked.seconds)
    if broken is None:
        sys.stdout.write(f"{tried} inputs, no rule broken\n")
        return 0
    sys.stderr.write(f"input {tried} of seed {asked.seed}: {broken.error!r}\n")
    sys.stderr.write(f"{json.dumps(broken.text)}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
