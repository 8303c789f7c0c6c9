"""EXPLAIN."""

import pytest

from muster.testing.influxasking import ask, documents
from muster.testing.influxmemory import MemorySource


@pytest.fixture(scope="module")
def source():
    memory = MemorySource()
    memory.create("d")
    memory.write("d", "autogen", b"m,h=a v=1 1\nm,h=a v=2 2\nm,h=b v=3 1")
    return memory


def lines(source, text):
    _, body = ask(source, f"EXPLAIN {text}", {"db": "d"})
    (document,) = documents(body.decode())
    (series,) = document["results"][0]["series"]
    return [row[0] for row in series["values"]]


def test_what_is_read_is_told(source):
    assert lines(source, "SELECT mean(v) FROM m WHERE h = 'a'")[:4] == [
        "EXPRESSION: mean(v::float)",
        "NUMBER OF SHARDS: 1",
        "NUMBER OF SERIES: 1",
        "CACHED VALUES: 2",
    ]


def test_fields_beside_and_inner_calls_are_told(source):
    assert lines(source, "SELECT v, h FROM m")[:2] == [
        "EXPRESSION: <nil>",
        "AUXILIARY FIELDS: h::tag, v::float",
    ]
    nested = lines(source, "SELECT x FROM (SELECT median(v) AS x FROM m)")
    assert nested[0] == "EXPRESSION: v::float"


def test_of_nothing_nothing_is_read(source):
    assert lines(source, "SELECT v FROM nope") == [""]


def test_analyze_counts_what_was_found(source):
    assert "  rows: 3" in lines(source, "ANALYZE SELECT v FROM m")
