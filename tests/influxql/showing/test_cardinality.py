"""SHOW … CARDINALITY."""

import pytest

from muster.testing.influxasking import ask, documents
from muster.testing.influxmemory import MemorySource

LINES = b"""cpu,host=a,region=eu v=1,w=1 1
cpu,host=a,region=eu v=2 604800000000000
cpu,host=b v=2 1
mem used=1i 1"""


@pytest.fixture(scope="module")
def source():
    memory = MemorySource()
    memory.create("d")
    memory.write("d", "autogen", LINES)
    return memory


def result(source, text):
    _, body = ask(source, text, {"db": "d"})
    (document,) = documents(body.decode())
    return document["results"][0]


def counts(source, text):
    return {
        series.get("name", ""): series["values"][0][0]
        for series in result(source, text).get("series", [])
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SHOW SERIES CARDINALITY", {"": 3}),
        ("SHOW SERIES EXACT CARDINALITY", {"cpu": 3, "mem": 1}),
        ("SHOW SERIES EXACT CARDINALITY WHERE host = 'b'", {"cpu": 1}),
        ("SHOW SERIES EXACT CARDINALITY OFFSET 1", {}),
        ("SHOW SERIES CARDINALITY WHERE v = 1", {}),
        ("SHOW SERIES CARDINALITY WHERE used = 'a'", {}),
        ("SHOW TAG VALUES CARDINALITY WITH KEY = host WHERE time > 0", {}),
        ("SHOW SERIES CARDINALITY ON nodb", {"": 0}),
        ("SHOW MEASUREMENT CARDINALITY", {"": 2}),
        ("SHOW MEASUREMENT EXACT CARDINALITY FROM cpu", {"": 1}),
        ("SHOW TAG KEY CARDINALITY", {"cpu": 2}),
        ("SHOW TAG VALUES CARDINALITY WITH KEY = host", {"cpu": 2}),
        ("SHOW TAG VALUES CARDINALITY WITH KEY = host WHERE region !~ /us/", {"cpu": 1}),
        ("SHOW FIELD KEY CARDINALITY", {"cpu": 2, "mem": 1}),
    ],
)
def test_what_is_there_is_counted(source, text, found):
    assert counts(source, text) == found


@pytest.mark.parametrize(
    "text",
    ["SERIES EXACT", "MEASUREMENT EXACT", "TAG KEY EXACT", "FIELD KEY"],
)
def test_counts_take_no_times(source, text):
    error = result(source, f"SHOW {text} CARDINALITY WHERE time > 1")["error"]

    assert error == f"SHOW {text} CARDINALITY doesn't support time in WHERE clause"
