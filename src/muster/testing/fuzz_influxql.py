"""Mutated queries against the parser of InfluxQL and its printer.

    python -m muster.testing.fuzz_influxql --corpus tests/fuzz/corpus/influxql --inputs 1000000

Whatever arrives ends in statements or in an error of ours, and what was read can be written and
read again to the same text. Inputs are made of sound queries by cutting, mixing and putting words
where they do not belong; the same seed gives the same inputs. An input that breaks a rule is
printed as JSON text: it belongs into the corpus.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from random import Random
from typing import NamedTuple

from muster.errors import MusterError
from muster.influxql.parser import parse_query
from muster.influxql.printer import format_query
from muster.influxql.statements import CreateUserStatement, SetPasswordUserStatement
from muster.influxql.tokens import Token

SEEDS = (
    "SELECT mean(v) AS a, -max(w) FROM db.rp./cpu.*/ WHERE time > now() - 1h30m AND h =~ /^a|b$/ "
    "GROUP BY time(1m, 5s), *, host fill(-1.5) ORDER BY time DESC LIMIT 1 SLIMIT 2 TZ('UTC')",
    'SELECT * INTO "d".."m" FROM (SELECT top(v, "t g", 3), DISTINCT x FROM a..b, c WHERE $p = 1)',
    "SHOW TAG VALUES ON d FROM m WITH KEY IN (a, \"b c\") WHERE k != 'x\\'y' LIMIT 2 OFFSET 1",
    "SHOW MEASUREMENTS ON *.rp WITH MEASUREMENT =~ /a\\/b/; SHOW SERIES EXACT CARDINALITY",
    "CREATE DATABASE d WITH DURATION 1h REPLICATION 1 SHARD DURATION 30m PAST LIMIT 1h NAME r",
    "CREATE CONTINUOUS QUERY q ON d RESAMPLE EVERY 1m FOR 10m BEGIN SELECT count(v) INTO "
    "r.:MEASUREMENT FROM /.*/ GROUP BY time(5m) END -- as it is\n",
    "ALTER RETENTION POLICY default ON d DURATION INF DEFAULT; DROP SUBSCRIPTION s ON d.r",
    "DELETE FROM m WHERE a::tag = 'b' OR c::float * 2 & 3 <> 18446744073709551615 /* c */",
    "GRANT ALL PRIVILEGES ON d TO u; CREATE USER u WITH PASSWORD 'p' WITH ALL PRIVILEGES",
)
_PARAMS = {"p": {"identifier": "q r"}, "n": 2.5, "d": {"duration": "90s"}}
_SIGNS = "\0\r\n\t '\"/\\.,:;$()=~!<>-+*é\u2028"
_ODD = (*_SIGNS, "$n", "$d", "1e3", "5w", ".5", "0s", "'\\n'")
_WORDS = tuple(f" {token.value} " for token in Token) + _ODD
_HIDES = (CreateUserStatement, SetPasswordUserStatement)
_BETWEEN_LOOKS = 1_000  # inputs between looks at the clock


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
    """What a text ends in that is neither statements nor an error of ours."""
    try:
        check(text)
    except MusterError:
        return None
    except Exception as error:
        return error
    return None


def check(text: str) -> None:
    """Read, write, read and write again."""
    shown = [each for each in parse_query(text, _PARAMS) if not isinstance(each, _HIDES)]
    written = format_query(shown)
    try:
        again = format_query(parse_query(written))
    except MusterError as error:
        raise AssertionError(f"read, but not again from {written!r}: {error}") from error
    if again != written:
        raise AssertionError(f"came back as {again!r}, went as {written!r}")


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
    parser = argparse.ArgumentParser(description="Fuzz the parser of InfluxQL.")
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
