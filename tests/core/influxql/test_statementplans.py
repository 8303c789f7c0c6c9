"""Plans that are kept, and what is short enough for the loop."""

import pytest

from muster.core.influxql.statementplans import StatementPlans, cells_at_once
from muster.influxql.execution.execute import Request, plan_of
from muster.influxql.syntax.parser import parse_query
from muster.testing.influxmemory import MemorySource

NOW = 1_800_000_000 * 10**9


def planned(text):
    source = MemorySource()
    source.create("d")
    source.write("d", "autogen", b"m,h=x v=1 1000000000")
    (statement,) = parse_query(text)
    return statement, plan_of(source, statement, Request("d", "", NOW))


class Names:
    """Names of which the state is a number."""

    def __init__(self):
        self.number = 0
        self.asked = []

    def state(self, places, start_ns, end_ns):
        self.asked.append((places, start_ns, end_ns))
        return Number(self.number)


class Number(int):
    def is_still(self, other):
        return self == other


def test_a_plan_is_found_again_until_names_change():
    names, plans = Names(), StatementPlans()
    statement, plan = planned("SELECT v FROM m WHERE time > 5")
    plans.keep(("s",), statement, names, plan)

    found = plans.known(("s",), statement, names, NOW)
    names.number += 1

    assert found == plan
    assert found.memo is plan.memo
    assert plans.known(("s",), statement, names, NOW) is None
    assert plans.known(("other",), statement, names, NOW) is None


def test_a_statement_that_was_read_by_itself_has_a_plan_of_its_own():
    names, plans = Names(), StatementPlans()
    statement, plan = planned("SELECT v FROM m WHERE time > 5")
    plans.keep(("s",), statement, names, plan)
    (other,) = parse_query("SELECT v FROM m WHERE time > 5")

    assert plans.known(("s",), other, names, NOW) is None


def test_the_plans_used_last_are_kept():
    names, plans = Names(), StatementPlans()
    made = [planned(f"SELECT v FROM m LIMIT {limit}") for limit in range(1, 300)]
    for statement, plan in made:
        plans.keep((), statement, names, plan)

    assert plans.known((), made[0][0], names, NOW) is None
    assert plans.known((), made[-1][0], names, NOW) is not None
    assert len(plans._known) == 256


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT mean(v) FROM m WHERE time >= 0 AND time < 1h GROUP BY time(1m)", (500_000, 61)),
        ("SELECT mean(v) FROM m GROUP BY time(1m)", (0, 0)),
        ("SELECT mean(v) FROM m WHERE time >= 0 AND time < 9h GROUP BY time(1s)", (0, 0)),
        ("SELECT mean(v) FROM m tz('Europe/Berlin')", (3_000, 1)),
        ("SELECT v FROM m", (3_000, 1)),
        ("SELECT mode(v) FROM m", (3_000, 1)),
        ("SELECT holt_winters(sum(v), 2, 2) FROM m WHERE time >= 0 AND time < 1h GROUP BY time(1m)",
         (3_000, 61)),
        ("SELECT mean(v) INTO n FROM m", (0, 0)),
        ("SELECT mean(v) FROM m, m, m, m, m", (0, 0)),
        ("SELECT max(a) FROM (SELECT mean(v) AS a FROM m WHERE time >= 0 AND time < 2m "
         "GROUP BY time(1m))", (60_000, 3)),
        ("SELECT top(a, 3) FROM (SELECT mean(v) AS a FROM m GROUP BY h)", (500_000, 1)),
        ("SELECT top(a, 3) FROM (SELECT median(v) AS a FROM m GROUP BY h)", (60_000, 1)),
        ("SELECT top(v, 3) FROM (SELECT v FROM m)", (60_000, 1)),
        ("SELECT derivative(max(v), 1s) FROM m WHERE time >= 0 AND time < 2m GROUP BY time(1m)",
         (120_000, 3)),
        ("SELECT derivative(v, 1s) FROM m WHERE time >= 0 AND time < 2m", (60_000, 1)),
        ("SELECT median(a) FROM (SELECT mean(v) AS a FROM m), (SELECT max(v) AS a FROM m)",
         (500_000, 1)),
        ("SELECT median(a) FROM (SELECT mean(v) AS a FROM m), (SELECT spread(v) AS a FROM m)",
         (60_000, 1)),
    ],
)  # fmt: skip
def test_what_memory_may_answer_at_once_has_bounds(text, expected):
    _, plan = planned(text)

    assert cells_at_once(plan) == expected
