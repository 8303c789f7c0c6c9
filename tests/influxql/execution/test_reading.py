"""Points of measurements as a stream."""

import pytest
from msgspec.structs import replace

from muster.influxql.errors import InfluxqlError
from muster.influxql.execution.reading import read
from muster.influxql.source import Place
from muster.influxql.syntax.ast import DataType, VarRef
from muster.influxql.syntax.parser import parse_expression
from muster.testing.influxmemory import MemorySource
from tests.influxql.execution.plainoptions import OPTIONS

PLACE = Place("d", "autogen", "m")
V = VarRef("v", DataType.FLOAT)
HOST = VarRef("host", DataType.TAG)


@pytest.fixture(scope="module")
def source():
    memory = MemorySource()
    memory.create("d")
    memory.write("d", "autogen", b"m,host=a v=1 1\nm,host=b v=2,w=9 2\nm,host=a v=3 3\nm x=4 4")
    return memory


def cells(source, **options):
    stream = read(source, [PLACE], V, replace(OPTIONS, **options))
    return list(zip(stream.times.tolist(), stream.value.cells(), strict=True))


def test_points_of_all_series_are_in_the_order_of_time(source):
    assert cells(source) == [(1, 1.0), (2, 2.0), (3, 3.0)]
    assert cells(source, ascending=False) == [(3, 3.0), (2, 2.0), (1, 1.0)]


def test_grouped_points_are_in_the_order_of_their_tags(source):
    grouped = {"dimensions": ("host",), "group_by": ("host",)}

    assert cells(source, **grouped) == [(1, 1.0), (3, 3.0), (2, 2.0)]
    assert cells(source, **grouped, slimit=1, soffset=2) == [(2, 2.0)]


def test_series_are_counted_off_by_the_tags_that_they_have():
    memory = MemorySource()
    memory.create("d")
    memory.write("d", "autogen", b"m,host=a,site=x v=1 1\nm,host=b v=2 2\nm,host=c,site=y v=3 3")
    keys = ("host", "site")
    grouped = {"dimensions": keys, "group_by": keys, "slimit": 1}

    assert cells(memory, **grouped) == [(2, 2.0)]
    assert cells(memory, **grouped, soffset=1) == [(1, 1.0)]


def test_conditions_choose_series_and_points(source):
    assert cells(source, condition=parse_expression("host = 'a'")) == [(1, 1.0), (3, 3.0)]
    assert cells(source, start_ns=2, end_ns=2) == [(2, 2.0)]


def test_values_beside_are_fields_and_tags(source):
    stream = read(source, [PLACE], None, replace(OPTIONS, aux=(HOST, VarRef("x", DataType.FLOAT))))

    assert [column.cells() for column in stream.aux] == [[None], [4.0]]


def test_more_series_than_the_limit_are_refused(source):
    with pytest.raises(InfluxqlError, match=r"max-select-series limit exceeded: \(2/1\)"):
        cells(source, max_series=1)


def test_a_field_that_is_not_stored_as_its_kind_is_of_floats(source):
    def kind_of(name, kind):
        return read(source, [PLACE], VarRef(name, kind), OPTIONS).value.kind

    assert kind_of("v", DataType.STRING) is DataType.FLOAT
    assert kind_of("v", DataType.INTEGER) is DataType.INTEGER
    assert kind_of("host", DataType.TAG) is DataType.FLOAT


def test_a_tag_drives_no_points_whatever_else_is_read(source):
    condition = parse_expression("v::float > 0")

    assert not len(read(source, [PLACE], HOST, replace(OPTIONS, condition=condition)))


def test_nothing_has_no_rows(source):
    stream = read(source, [Place("d", "autogen", "nope")], V, OPTIONS)

    assert not len(stream)
