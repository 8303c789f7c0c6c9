"""Mutated queries against the planner of InfluxQL and its execution.

    python -m muster.testing.fuzz_influxplans --corpus tests/fuzz/corpus/influxplans --inputs 100000

Whatever can be read ends in an answer or in an error of ours. It is the same answer whether points
are added up before they are handed over or not, and whether its plan is made anew or of one that
was made an hour ago. Inputs are made of sound queries by cutting, mixing and putting words where
they do not belong; the same seed gives the same inputs. An input that breaks a rule is printed as
JSON text: it belongs into the corpus.
"""

import sys
from functools import cache

from muster.influxql.answers.render import to_json
from muster.influxql.answers.results import StatementResult
from muster.influxql.execution.execute import Request, answer_planned, execute, plan_of
from muster.influxql.execution.options import Limits
from muster.influxql.planning.plans import Plan
from muster.influxql.planning.replanning import can_be_used_again, renewed
from muster.influxql.syntax.ast import SelectStatement, Statement
from muster.influxql.syntax.parser import parse_query
from muster.influxql.syntax.tokens import Token
from muster.testing.fuzzedtext import TextFuzz, fault_of
from muster.testing.influxasking import NOW_NS, documents, equal, others, tolerance_of
from muster.testing.influxmemory import MemorySource, PointsOnly

SEEDS = (
    "SELECT mean(v), max(w) AS a FROM m WHERE time > now() - 1h AND h =~ /^a|b$/ "
    "GROUP BY time(5m, 1m), h fill(linear) ORDER BY time DESC LIMIT 3 SLIMIT 2 TZ('Europe/Berlin')",
    "SELECT top(v, h, 3), w FROM m WHERE time >= now() - 2h; SELECT bottom(v, 2) FROM m, n",
    "SELECT non_negative_derivative(mean(v), 10s) * 2 + 1 FROM m WHERE time > now() - 1h "
    "GROUP BY time(1m), * fill(previous)",
    "SELECT max(a) - min(a) FROM (SELECT sum(v) AS a FROM m GROUP BY time(10m), h) GROUP BY h",
    "SELECT percentile(v, 90), median(w), mode(s), spread(v), stddev(w), count(DISTINCT s) FROM m "
    "GROUP BY h",
    "SELECT * FROM /m|n/ WHERE s = 'x' OR v > 3 AND b = true LIMIT 5 OFFSET 1",
    "SELECT first(v), last(v) FROM n WHERE time > now() - 30m AND time <= now() fill(none)",
    "SELECT moving_average(v, 3), cumulative_sum(w), elapsed(v, 1s), difference(u) FROM m",
    "SELECT holt_winters(mean(v), 1, 0) FROM m WHERE time > now() - 1h GROUP BY time(20m)",
    "SELECT integral(v, 1m) FROM m; SELECT abs(-v) FROM m WHERE time < 0",
    "SELECT u % 3, u & 1, s, b FROM m WHERE u::unsigned >= 1 AND h !~ /a/ GROUP BY g",
    "EXPLAIN SELECT mean(v) FROM m GROUP BY time(1m); SHOW FIELD KEYS; SHOW TAG KEYS FROM m",
    "SHOW TAG VALUES FROM m WITH KEY IN (h, g) WHERE h != 'a' LIMIT 2; SHOW SERIES WHERE h = 'b'",
)
DATABASE = "d"
_STEP_NS = 30_000_000_000
_POINTS = 240  # two hours
_HOUR_NS = 3_600_000_000_000
_LIMITS = Limits(windows=5_000)
_CALLS = ("mean(v)", "sum(u)", "count(s)", "last(b)", "distinct(s)", "mean(*)", "top(v,1)")
_ODD = (
    *("v", "w", "u", "s", "b", "h", "g", "m", "n", "time", "*", "::field", "::tag", "/./", "'x'"),
    *("now()", "1h", "0s", "-1", "9223372036854775807", "1e300", "0", "time(7s)", "time(1h,now())"),
    *("fill(0)", "fill(null)", "GROUP BY *", "tz('Asia/Tokyo')", "(", ")", ",", ";", "=", "<>"),
)
_WORDS = tuple(f" {word} " for word in (*(token.value for token in Token), *_CALLS, *_ODD))


@cache
def sources() -> tuple[MemorySource, PointsOnly]:
    """The same points: once with sums and matrices of them, once alone."""
    found = MemorySource(), PointsOnly()
    for source in found:
        source.create(DATABASE)
        source.write(DATABASE, "autogen", _lines())
    return found


def _lines() -> bytes:
    """Of every kind; some fields have gaps, two series equal times, one stands still."""
    lines: list[str] = []
    for at in range(_POINTS):
        time_ns = NOW_NS - at * _STEP_NS
        for place, host in enumerate(("a", "b", "c")):
            cells = [f"v={at * (place + 1) % 17 - 5}.25"]
            if at % 3 != place:
                cells.append(f"w={at % 5 * place}i")
            if at % 7:
                cells += [f"u={at}i", f's="{"xyz"[at % 3]}"', f"b={'tf'[at % 2]}"]
            lines.append(f"m,g={at % 2},h={host} {','.join(cells)} {time_ns}")
        if at % 10 == 0:
            lines.append(f"n v=4 {time_ns + 7}")
    return "\n".join(lines).encode()


def verdict(text: str) -> Exception | None:
    """What a text ends in that is neither an answer nor an error of ours."""
    return fault_of(check, text)


def check(text: str) -> None:
    """Answer it in all the ways that must agree."""
    statements = parse_query(text)
    if any(_writes(each) or _varies(text) for each in statements):
        return
    request = Request(DATABASE, "", NOW_NS, _LIMITS, others=others)
    summed, plain = (execute(source, statements, request) for source in sources())
    _same(text, "of sums", summed, plain)
    for statement in statements:
        if isinstance(statement, SelectStatement) and can_be_used_again(statement):
            _check_renewed(text, statement)


def _check_renewed(text: str, statement: SelectStatement) -> None:
    source, later_ns = sources()[0], NOW_NS + _HOUR_NS

    def plan_at(now_ns: int) -> Plan:
        return plan_of(source, statement, Request(DATABASE, "", now_ns, _LIMITS))

    again = renewed(plan_at(NOW_NS), statement, statement, later_ns)
    if again is not None:
        plans = again, plan_at(later_ns)
        found, wanted = (answer_planned(source, plan, later_ns, _LIMITS) for plan in plans)
        _same(text, "of a plan used again", [found], [wanted])


def _same(
    text: str, which: str, found: list[StatementResult], wanted: list[StatementResult]
) -> None:
    one, other = (documents(to_json(results).decode()) for results in (found, wanted))
    if not equal(one, other, tolerance_of(text)):
        raise AssertionError(f"the answer {which} is {one!r}, and should be {other!r}")


def _writes(statement: Statement) -> bool:
    return isinstance(statement, SelectStatement) and statement.target is not None


def _varies(text: str) -> bool:
    """Whether each answer is another: by chance, or by the time it took."""
    lower = text.lower()
    return "sample" in lower or "analyze" in lower


FUZZ = TextFuzz(
    "Fuzz the planner of InfluxQL and its execution.", SEEDS, _WORDS, verdict, between_looks=20
)


if __name__ == "__main__":
    sys.exit(FUZZ.main())
