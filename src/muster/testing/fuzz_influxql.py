"""Mutated queries against the parser of InfluxQL and its printer.

    python -m muster.testing.fuzz_influxql --corpus tests/fuzz/corpus/influxql --inputs 1000000

Whatever arrives ends in statements or in an error of ours, and what was read can be written and
read again to the same text. Inputs are made of sound queries by cutting, mixing and putting words
where they do not belong; the same seed gives the same inputs. An input that breaks a rule is
printed as JSON text: it belongs into the corpus.
"""

import sys

from muster.errors import MusterError
from muster.influxql.printing.printer import format_query
from muster.influxql.syntax.parser import parse_query
from muster.influxql.syntax.statements import CreateUserStatement, SetPasswordUserStatement
from muster.influxql.syntax.tokens import Token
from muster.testing.fuzzedtext import TextFuzz, fault_of

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


def verdict(text: str) -> Exception | None:
    """What a text ends in that is neither statements nor an error of ours."""
    return fault_of(check, text)


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


FUZZ = TextFuzz("Fuzz the parser of InfluxQL.", SEEDS, _WORDS, verdict, between_looks=1_000)


if __name__ == "__main__":
    sys.exit(FUZZ.main())
