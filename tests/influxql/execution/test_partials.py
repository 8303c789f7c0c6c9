"""What is made of parts that a source has added up is what is made of the points."""

import json
import random

import pytest

from muster.influxql.checking.checks import check
from muster.influxql.execution import partials
from muster.influxql.execution.options import Limits, outermost
from muster.influxql.execution.partials import Parts, can_be_in_parts, read_parts
from muster.influxql.planning.expansion import Expansion
from muster.influxql.source import Place
from muster.influxql.syntax.ast import Call, DataType, IntegerLiteral, VarRef
from muster.influxql.syntax.parser import parse_query
from muster.testing.influxasking import NOW_NS, ask, documents, equal
from muster.testing.influxmemory import MemorySource, PointsOnly

PLACE = Place("d", "autogen", "m")
V = VarRef("v", DataType.INTEGER)
START_S = 1_792_800_000  # some days before clocks are set back in Berlin, 2026
DAYS = 6


def options(text, aux=()):
    (statement,) = parse_query(text)
    checked = check(statement, NOW_NS)
    plan = Expansion(MemorySource(), 0, NOW_NS).plan(checked)
    return outermost(plan, NOW_NS, Limits()).reading(aux)


def filled(made):
    made.create("d")
    made.write("d", "autogen", b"m,h=a v=1i 1\nm,h=b v=2i 1\nm,h=a v=3i 70\nm,h=a v=5i 130")
    return made


def rows(text, function, field=V):
    asked = options(f"SELECT {function}(v) FROM m {text}").in_parts(function)
    if function in ("first", "last") and not asked.interval.duration_ns:
        asked = asked.at_edge(function)
    found = read_parts(Parts(filled(MemorySource()), ()), [PLACE], field, asked)
    if found is None:
        return None
    return list(
        zip(
            found.owner.tolist(),
            found.times.tolist(),
            found.counts.tolist(),
            found.value.cells(),
            strict=True,
        )
    )


def test_a_row_is_what_a_function_makes_of_a_series_and_step():
    text = "WHERE time >= 10 AND time < 200 GROUP BY time(60ns), h"
    assert rows(text, "sum") == [(0, 60, 1, 3), (0, 120, 1, 5)]
    assert rows("WHERE time > 0 AND time < 200", "sum") == [(0, 1, 3, 9), (0, 1, 1, 2)]


def test_rows_come_in_the_order_of_the_query():
    text = "WHERE time >= 0 AND time < 200 GROUP BY time(60ns), h ORDER BY time DESC"
    assert [row[:2] for row in rows(text, "max")] == [(1, 0), (0, 120), (0, 60), (0, 0)]


@pytest.mark.parametrize(
    "text",
    [
        "WHERE v > 1",  # a condition on points
        "WHERE time >= 0 AND time < 10000 GROUP BY time(1000ns, 1ns)",  # steps of 1 ns
        "GROUP BY time(1d) tz('Europe/Berlin')",  # the offset of all time
        "WHERE time < 0",  # nothing
    ],
)
def test_points_are_read_where_parts_do_not_do(text):
    assert rows(text, "sum") is None


def test_a_tie_at_the_edge_is_decided_by_points():
    assert rows("", "first") is None
    assert rows("", "last") == [(0, 1, 1, 2), (0, 130, 3, 5)]


def test_a_kind_that_a_function_cannot_take_is_left_to_points():
    assert rows("", "sum", VarRef("v", DataType.STRING)) is None


def test_only_a_field_alone_can_be_in_parts():
    windows, whole = options("SELECT max(v) FROM m GROUP BY time(1m)"), options("SELECT v FROM m")
    most = Call("max", (V,))
    assert can_be_in_parts(most, windows, selector=True)
    assert can_be_in_parts(most, whole, selector=False)
    assert not can_be_in_parts(most, whole, selector=True)
    assert not can_be_in_parts(most, windows.reading((V,)), selector=True)
    assert not can_be_in_parts(Call("max", (IntegerLiteral(1),)), windows, selector=False)
    assert not can_be_in_parts(Call("median", (V,)), windows, selector=False)


def lines(chance, count=400):
    """Points around the hour that is there twice; kinds change from one shard to the next."""
    found = {}
    for _ in range(count):
        time_s = START_S + chance.randrange(DAYS * 86_400) // 900 * 900
        later = (time_s - 4 * 86_400) // 604_800 % 2
        number = chance.randrange(-50, 50)
        tags = chance.choice(("", ",h=a", ",h=b", ",h=a,d=x", ",h=b,d=y"))
        fields = chance.choice(
            (f"v={number}i", f"w={number / 8}", f"v={number}i,w=0.5", f's="{number}"', "b=true")
        )
        changing = f"c={number}i" if later else f"c={number}.25"
        found[tags, time_s] = f"m{tags} {fields},{changing} {time_s}000000000"
    return "\n".join(found.values()).encode()


def query(chance):
    """Some query that may be answered out of parts, or not."""
    call = "{}({})".format(
        chance.choice(("count", "sum", "mean", "min", "max", "spread", "first", "last")),
        chance.choice(("v", "w", "c", "c", "s", "b", "*", "none")),
    )
    call = chance.choice((call, call, f"{call}, last(v)", f"derivative({call}, 1h)", f"{call} * 2"))
    start = START_S + chance.randrange(-86_400, DAYS * 86_400)
    text = f"SELECT {call} FROM m WHERE time >= {start}s"
    if chance.random() < 0.8:
        longest = chance.choice((7_200, DAYS * 86_400))
        text += f" AND time < {start + chance.randrange(1, longest)}s"
    text += chance.choice(
        ("", "", " AND h = 'a'", " AND h =~ /a|b/", " AND d != 'x'", " AND v > 0")
    )
    windows = chance.choice(("1h", "90m", "1d", "1d, 6h", "7h", "12h, -1h", "1w", "30m", "1h, 1s"))
    every = [f"time({windows})"] if chance.random() < 0.8 or "derivative" in call else []
    every += chance.sample(["h", "d"], chance.randrange(3))
    text += f" GROUP BY {', '.join(every)}" if every else ""
    text += chance.choice(("", "", " fill(none)", " fill(previous)", " fill(3)", " fill(linear)"))
    text += chance.choice(("", "", " ORDER BY time DESC"))
    text += chance.choice(("", "", " LIMIT 3", " LIMIT 2 OFFSET 1", " SLIMIT 1"))
    text += chance.choice(("", "", " tz('Europe/Berlin')", " tz('Australia/Lord_Howe')"))
    if chance.random() < 0.15:
        inner = f"SELECT {chance.choice(('mean', 'last'))}(v) AS x FROM m WHERE time >= {start}s"
        inner += chance.choice(("", f" AND time < {start + 7_000}s"))
        outer = chance.choice(("sum(x)", "max(x)", "top(x, h, 2)", "first(x)"))
        groups = chance.choice(("time(1h), h", "h", "d, h"))
        text = f"SELECT {outer} FROM ({inner} GROUP BY {groups})"
        text += chance.choice(("", "", " GROUP BY d"))
    return text


@pytest.mark.parametrize("seed", range(6))
def test_answers_are_the_same_with_parts_and_with_points(seed):
    chance = random.Random(seed)
    some = lines(chance)
    sources = MemorySource(), PointsOnly()
    for each in sources:
        each.create("d")
        each.write("d", "autogen", some)
    for _ in range(120):
        text = query(chance)
        found, wanted = (
            documents(ask(each, text, {"db": "d", "epoch": "ns"})[1].decode()) for each in sources
        )
        assert equal(found, wanted), text


class Counted(MemorySource):
    """With the fields that are read together."""

    def __init__(self):
        super().__init__()
        self.read = []

    def partials(self, place, series, fields, function, *span):
        self.read.append((function, [field.name for field in fields]))
        return super().partials(place, series, fields, function, *span)


def answered(statement):
    source = Counted()
    source.create("d")
    source.write("d", "autogen", b"m f=1,g=2,i=3i,t=true 10\nm f=3,g=4,i=5i,t=false 70")
    _, body = ask(source, statement, {"db": "d", "epoch": "ns"})
    (result,) = json.loads(body)["results"]
    return result["series"][0]["values"], source.read


def test_fields_of_one_kind_of_which_the_same_is_asked_are_read_once():
    values, read = answered("SELECT count(*) FROM m")

    assert values == [[0, 2, 2, 2, 2]]
    assert read == [("count", ["f", "g"]), ("count", ["i"]), ("count", ["t"])]


def test_what_other_calls_ask_of_a_field_is_read_for_itself():
    values, read = answered("SELECT sum(f), mean(f), sum(g) FROM m")

    assert values == [[0, 4, 2, 6]]
    assert read == [("sum", ["f", "g"]), ("mean", ["f"])]


def test_a_spread_reads_its_lowest_and_highest_with_those_of_others():
    values, read = answered("SELECT spread(f), max(g) FROM m")

    assert values == [[0, 2, 4]]
    assert read == [("min", ["f"]), ("max", ["f", "g"])]


def test_of_many_rows_fewer_fields_are_read_at_once(monkeypatch):
    monkeypatch.setattr(partials, "_MOST_ROWS", 1)

    values, read = answered("SELECT sum(f), sum(g) FROM m")

    assert values == [[0, 4, 6]]
    assert read == [("sum", ["f"]), ("sum", ["g"])]


def test_of_a_range_without_a_moment_nothing_is_read():
    asked = options("SELECT sum(v) FROM m WHERE time >= 10 AND time < 10 GROUP BY time(60ns)")

    parts = Parts(filled(MemorySource()), ())
    assert read_parts(parts, [PLACE], V, asked.in_parts("sum")) is None
