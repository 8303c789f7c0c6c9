"""Answers of SELECT, subqueries within."""

import random

import pytest

from muster.testing.influxasking import ask, documents
from muster.testing.influxmemory import MemorySource

LINES = b"""m,h=a v=1i,s="x" 1
m,h=b v=2i,s="y" 1
m,h=a v=3i 2
n,h=a v=0.5 3"""


@pytest.fixture(scope="module")
def source():
    memory = MemorySource()
    memory.create("d")
    memory.write("d", "autogen", LINES)
    return memory


def result(source, text):
    _, body = ask(source, text, {"db": "d", "epoch": "ns"})
    (document,) = documents(body.decode())
    return document["results"][0] if "results" in document else document


def values(source, text):
    found = result(source, f"SELECT {text}")
    assert "error" not in found, found["error"]
    return [row for series in found.get("series", []) for row in series["values"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("v, s FROM m", [[1, 1, "x"], [1, 2, "y"], [2, 3, None]]),
        ("h FROM m", []),
        ("v, h FROM m WHERE h = 'b'", [[1, 2, "b"]]),
        ("v FROM m LIMIT 1 OFFSET 1", [[1, 2]]),
        ("v FROM m GROUP BY h LIMIT 1", [[1, 1], [1, 2]]),
        ("v FROM m GROUP BY h SLIMIT 1 SOFFSET 1", [[1, 2]]),
        ("v, s FROM m fill(previous)", [[1, 1, "x"], [1, 2, "y"], [2, 3, "y"]]),
        ("v / 2 FROM m", [[1, 0.5], [1, 1], [2, 1.5]]),
        ("v FROM m, n", [[1, 1], [1, 2], [2, 3], [3, 0.5]]),
        ("x FROM (SELECT v AS x FROM m) WHERE x > 1", [[1, 2], [2, 3]]),
        ("x FROM (SELECT max(v) AS x FROM m GROUP BY h) WHERE h = 'a'", [[2, 3]]),
        ("sum(x) FROM (SELECT max(v) AS x FROM m GROUP BY h)", [[0, 5]]),
        ("*  FROM (SELECT max(v) AS x FROM m GROUP BY h)", [[2, "a", 3], [1, "b", 2]]),
        ("count(h) FROM (SELECT max(v) AS x FROM m GROUP BY h)", [[0, 2]]),
        ("nope FROM (SELECT v FROM m)", []),
        (
            "sum(x) FROM (SELECT v AS x FROM m), (SELECT v AS x FROM n) GROUP BY h",
            [[0, 4], [0, 2], [0, 0.5]],
        ),
        ("max(x) FROM (SELECT mean(v) AS x FROM m GROUP BY time(2ns)) WHERE time > 2", []),
        ("x FROM (SELECT sqrt(v) AS x FROM m)", [[1, 1], [1, 1], [2, 1]]),
        ("x, y FROM (SELECT v & 1.5 AS x, v AS y FROM m) LIMIT 1", [[1, None, 1]]),
        ("x FROM (SELECT v AS x FROM m) WHERE abs(x) > 2 OR x = 1", [[1, 1]]),
        ("difference(max(v)) FROM m GROUP BY time(1000d) fill(none)", []),
        ("cumulative_sum(max(v)) FROM m GROUP BY time(1000d)", []),
        ("cumulative_sum(max(v)) FROM m WHERE time > 0 AND time < 3 GROUP BY time(1d)", [[0, 3]]),
        ("v FROM m OFFSET 1", [[1, 2]]),
        (
            "sum(x) FROM (SELECT difference(max(v)) AS x FROM m GROUP BY time(1ns)) WHERE time > 1",
            [],
        ),
        ("top(x, 1) FROM (SELECT v AS x FROM m) LIMIT 1", [[2, 3]]),
        ("integral(v, 1ns) FROM m WHERE h = 'a' ORDER BY time DESC", [[9223372036854775807, -2]]),
        ("x FROM (SELECT x FROM (SELECT v AS x FROM m) WHERE x < 3) WHERE x > 1", [[1, 2]]),
    ],
)
def test_rows_are_those_of_influxdb(source, text, found):
    assert values(source, text) == found


def test_what_a_function_cannot_take_is_told_by_how_it_is_read(source):
    ranged = "FROM m WHERE time > 0 AND time < 9 GROUP BY time(1ns)"

    for inner, told in (("first(s)", "Interrupt"), ("distinct(s)", "Interval")):
        found = result(source, f"SELECT difference({inner}) {ranged}")
        assert (
            found["error"] == f"unsupported difference iterator type: *query.string{told}Iterator"
        )


def piece(chance, *texts):
    return chance.choice(texts)


def query(chance, depth=0):
    """Some query, right or wrong."""
    field = piece(chance, "v", "s", "h", "nope", "*", "/v/")
    windows = chance.random() < 0.5
    call = piece(chance, "max", "mean", "count", "mode", "first", "distinct", "stddev", "median")
    along = piece(chance, "difference", "elapsed", "cumulative_sum", "derivative", "integral")
    inner = f"{call}({field})" if windows else field
    chosen = piece(
        chance,
        field,
        f"{call}({field})",
        f"{along}({inner})",
        f"moving_average({inner}, 2)",
        f"top({field}, 2)",
        f"{call}(v) {piece(chance, '+', '/', '%', '&')} {piece(chance, 'v', '2', '0', 'max(v)')}",
        f"abs({field})",
    )
    source = "m" if depth > 1 or chance.random() < 0.6 else f"({query(chance, depth + 1)})"
    parts = [f"SELECT {chosen} FROM {piece(chance, source, source, '/./', 'nope')}"]
    parts.append(
        piece(
            chance,
            "",
            "WHERE time >= 0 AND time < 9",
            "WHERE v > 1",
            "WHERE h = 'a' OR v = 2",
            "WHERE s =~ /x/ AND time > 1",
        )
    )
    dimensions = (["time(2ns)"] if windows else []) + piece(chance, [], ["h"], ["*"], ["nope"])
    if dimensions:
        parts.append(f"GROUP BY {', '.join(dimensions)}")
    parts.append(piece(chance, "", "", "fill(none)", "fill(previous)", "fill(linear)", "fill(3)"))
    if not depth:
        parts.append(piece(chance, "", "", "ORDER BY time DESC"))
    parts.append(piece(chance, "", "", "LIMIT 1", "LIMIT 2 OFFSET 1", "SLIMIT 1"))
    return " ".join(part for part in parts if part)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_asked_ends_in_an_answer(source, seed):
    chance = random.Random(seed)

    for _ in range(150):
        text = query(chance)
        assert result(source, text) is not None, text
