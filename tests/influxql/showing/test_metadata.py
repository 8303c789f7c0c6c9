"""SHOW of measurements, series, tags and fields."""

import pytest

from muster.testing.influxasking import ask, documents
from muster.testing.influxmemory import MemorySource

LINES = b"""cpu,host=a,region=eu v=1 1
cpu,host=b,region=us v=2i 604800000000000
mem,host=a used=1i 1
we\\ ird,t\\,=x\\  f=1 1"""


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


def values(source, text):
    return [
        row if "name" not in series else [series["name"], *row]
        for series in result(source, text).get("series", [])
        for row in series["values"]
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SHOW MEASUREMENTS WHERE host = 'b'", [["measurements", "cpu"]]),
        ("SHOW MEASUREMENTS WHERE host != 'b'", [["measurements", "mem"]]),
        ("SHOW MEASUREMENTS WITH MEASUREMENT =~ /m/ LIMIT 1", [["measurements", "mem"]]),
        ("SHOW MEASUREMENTS ON nodb", []),
        ("SHOW TAG KEYS FROM cpu", [["cpu", "host"], ["cpu", "region"]]),
        ("SHOW TAG KEYS FROM mem, cpu LIMIT 1 OFFSET 1", [["cpu", "region"]]),
        ("SHOW TAG VALUES WITH KEY = host WHERE region = 'eu'", [["cpu", "host", "a"]]),
        (
            "SHOW TAG VALUES FROM cpu WITH KEY IN (host) WHERE time > 500000s",
            [["cpu", "host", "b"]],
        ),
        ("SHOW TAG VALUES WITH KEY = host LIMIT 1", [["cpu", "host", "a"], ["mem", "host", "a"]]),
        ("SHOW TAG VALUES WITH KEY = region", [["cpu", "region", "eu"], ["cpu", "region", "us"]]),
        ("SHOW FIELD KEYS FROM cpu", [["cpu", "v", "float"], ["cpu", "v", "integer"]]),
        ("SHOW SERIES FROM cpu WHERE host = 'a'", [["cpu,host=a,region=eu"]]),
        ('SHOW SERIES FROM "we ird"', [["we\\ ird,t\\,=x\\ "]]),
        (
            "SHOW MEASUREMENTS WHERE _name = 'cpu' OR host = 'a'",
            [["measurements", "cpu"], ["measurements", "mem"]],
        ),
        ("SHOW SERIES WHERE _name != 'cpu' AND host = 'a'", [["mem,host=a"]]),
        ("SHOW SERIES WHERE _tagKey = 'x' AND host = 'b'", [["cpu,host=b,region=us"]]),
        (
            "SHOW SERIES FROM cpu WHERE host = 'b' OR (_tagKey = 'x')",
            [["cpu,host=a,region=eu"], ["cpu,host=b,region=us"]],
        ),
        ("SHOW TAG KEYS WHERE _name =~ /m/", [["mem", "host"]]),
        ("SHOW TAG KEYS WHERE _name = 'mem' OR host = 'b'", []),
        (
            "SHOW TAG VALUES WITH KEY = host WHERE (_name = 'mem') AND time > 0",
            [["mem", "host", "a"]],
        ),
        ("SHOW SERIES EXACT CARDINALITY WHERE _name = 'cpu'", [["cpu", 2]]),
        ("SHOW TAG VALUES EXACT CARDINALITY WITH KEY = host WHERE _name = 'cpu'", []),
        ("SHOW SERIES OFFSET 3", [["we\\ ird,t\\,=x\\ "]]),
        ("SHOW DATABASES", [["databases", "d"]]),
        ("SHOW RETENTION POLICIES", [["autogen", "0s", "168h0m0s", 1, True]]),
        ("SHOW TAG KEYS FROM nope", []),
    ],
)
def test_names_are_shown_sorted(source, text, found):
    assert values(source, text) == found


def test_values_are_the_same_where_the_source_does_not_tell_them_at_once(source, monkeypatch):
    text = "SHOW TAG VALUES WITH KEY =~ /^[hrt]/"
    told = values(source, text)
    monkeypatch.setattr(source, "tag_values", lambda place, wanted: None)

    assert len(told) == 6
    assert values(source, text) == told


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("SHOW TAG KEYS ON nodb", "database not found: nodb"),
        ("SHOW RETENTION POLICIES ON nodb", "database not found: nodb"),
        ("SHOW SERIES WHERE v > 1", "invalid tag comparison operator"),
        ("SHOW MEASUREMENTS WHERE v > 1", "invalid tag comparison operator"),
        ("SHOW MEASUREMENTS WHERE 'a' = host", "left side of '=' must be a tag key"),
        ("SHOW MEASUREMENTS WHERE host = 1", "right side of '=' must be a tag value string"),
        ("SHOW MEASUREMENTS WHERE time > 1", "SHOW MEASUREMENTS doesn't support time"),
    ],
)
def test_what_cannot_be_shown_is_refused(source, text, error):
    assert result(source, text)["error"].startswith(error)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("SHOW SERIES FROM d.norp.cpu", "retention policy not found: norp"),
        ("SHOW FIELD KEYS FROM norp.cpu", "retention policy not found: norp"),
        ("SHOW SERIES EXACT CARDINALITY ON x OFFSET 1", "database not found: x"),
        (
            "SHOW TAG VALUES EXACT CARDINALITY FROM norp.m WITH KEY = a WHERE time > 0",
            "retention policy not found: norp",
        ),
    ],
)
def test_what_is_not_there_is_told_before_anything_is_looked_at(source, text, error):
    assert result(source, text)["error"] == error


def test_series_are_in_the_order_of_their_measurements():
    memory = MemorySource()
    memory.create("d")
    memory.write("d", "autogen", b'm\\ x v=1 1\nm"q v=1 1')

    assert values(memory, "SHOW SERIES") == [["m\\ x"], ['m"q']]
