from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.model.metric import Block, Kind, Layout, Series, pattern_of, points_of
from muster.wire.lineparsed import LineLimits
from muster.wire.lineprotocol import line_parser
from muster.wire.linewriter import WRITER, PureWriter, lines, template_of

TAGS = (("host", "a b"), ("k=", "x,y"))


def series(measurement, field, kind, tags=TAGS):
    return Series(measurement, tags, field, kind)


def written(block, **more):
    return list(lines(template_of(block.layout, **more), block))


def floats(*numbers):
    return [pattern_of(number, Kind.FLOAT) for number in numbers]


def test_a_row_is_a_line_for_each_tag_set():
    layout = Layout(
        (
            series("m,1", "f 1", Kind.FLOAT),
            series("m,1", "i", Kind.INTEGER),
            series("m,1", "f 1", Kind.FLOAT, ()),
        )
    )
    block = Block(layout, array("q", [1, 2]), array("q", [*floats(2.5), -7, *floats(1e21)] * 2))

    assert written(block) == [
        r"m\,1,host=a\ b,k\==x\,y f\ 1=2.5,i=-7i 1",
        r"m\,1,host=a\ b,k\==x\,y f\ 1=2.5,i=-7i 2",
        r"m\,1 f\ 1=1e+21 1",
        r"m\,1 f\ 1=1e+21 2",
    ]


def test_absent_cells_and_numbers_that_are_none_are_left_out():
    layout = Layout((series("m", "a", Kind.FLOAT, ()), series("m", "s", Kind.STRING, ())))
    cells = [*floats(float("nan")), 0, *floats(float("inf")), 0, *floats(1.0), 0]
    block = Block(
        layout, array("q", [1, 2, 3]), array("q", cells), bytes([1, 0, 1, 1, 1, 0]), ("x",)
    )

    assert written(block) == ['m s="x" 2', "m a=1 3"]


def test_strings_and_booleans_and_large_naturals():
    layout = Layout(
        (
            series("m", "b", Kind.BOOLEAN, ()),
            series("m", "s", Kind.STRING, ()),
            series("m", "u", Kind.UNSIGNED, ()),
        )
    )
    block = Block(layout, array("q", [1, 2]), array("q", [1, 0, 5, 0, 0, -1]), None, ('a"\\\nb',))

    assert written(block) == ['m b=true,s="a\\"\\\\\nb",u=5i 1', 'm b=false,s="a\\"\\\\\nb" 2']


def test_a_backslash_at_the_end_of_a_name_is_left_out():
    layout = Layout((series("m\\", "f", Kind.BOOLEAN, (("k", "v\\"), ("l", "\\"))),))

    assert written(Block(layout, array("q", [1]), array("q", [1]))) == ["m,k=v,l=_ f=true 1"]


def test_tags_may_be_shown_otherwise():
    layout = Layout((series("m", "f", Kind.BOOLEAN, (("a", "1"), ("space", "x"))),))
    block = Block(layout, array("q", [1]), array("q", [0]))

    assert written(block, shown=lambda tags: tags[:1]) == ["m,a=1 f=false 1"]


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters='\n\r\0\\"#'), min_size=1, max_size=8
)
VALUES = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.booleans(),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9),
)


@given(
    measurement=NAMES.filter(lambda name: name.strip()),
    tags=st.dictionaries(NAMES.filter(lambda key: key != "time"), NAMES, max_size=3),
    fields=st.dictionaries(NAMES.filter(lambda key: key != "time"), VALUES, min_size=1, max_size=3),
)
def test_what_is_written_is_read_as_it_was(measurement, tags, fields):
    if measurement[0] in " \t":
        return  # a reader takes it for a blank
    pairs = tuple(sorted(tags.items()))
    strings, columns, cells = [], [], []
    for field in sorted(fields):
        value = fields[field]
        kind = {float: Kind.FLOAT, int: Kind.INTEGER, bool: Kind.BOOLEAN, str: Kind.STRING}[
            type(value)
        ]
        columns.append(Series(measurement, pairs, field, kind))
        cells.append(len(strings) if kind is Kind.STRING else pattern_of(value, kind))
        strings += [value] if kind is Kind.STRING else []
    block = Block(Layout(tuple(columns)), array("q", [5]), array("q", cells), None, tuple(strings))

    body = "\n".join(written(block)).encode()
    parsed = line_parser(LineLimits()).parse(body, 1, 0)

    assert not parsed.errors
    (again,) = parsed.blocks()
    assert list(points_of(again)) == list(points_of(block))


PATTERNS = st.one_of(
    st.floats().map(lambda number: pattern_of(number, Kind.FLOAT)),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.sampled_from([0, 1, 2]),
)


@given(data=st.data(), kinds=st.lists(st.sampled_from(Kind), min_size=1, max_size=5))
def test_both_twins_write_the_same(data, kinds):
    rows = data.draw(st.integers(0, 4))
    tags = data.draw(st.lists(st.sampled_from(["a", "b", "ü"]), min_size=len(kinds)))
    strings = ("x", '"\\\n', "\ud800ü")
    columns = tuple(
        series("m", f"f{at}", kind, (("t", tags[at]),)) for at, kind in enumerate(kinds)
    )
    cells = [
        data.draw(st.integers(0, 2) if kind is Kind.STRING else PATTERNS)
        for _ in range(rows)
        for kind in kinds
    ]
    marks = data.draw(st.none() | st.binary(min_size=len(cells), max_size=len(cells)))
    present = None if marks is None else bytes(mark & 1 for mark in marks)
    block = Block(Layout(columns), array("q", range(rows)), array("q", cells), present, strings)
    template, most = template_of(block.layout), data.draw(st.sampled_from([1, 40, 10**6]))

    pure, used = PureWriter(), WRITER

    expected = pure.bodies(pure.prepare(template), block, most)
    assert used.bodies(used.prepare(template), block, most) == expected
    assert b"".join(body for body, _ in expected).count(b"\n") >= sum(
        count for _, count in expected
    )


@pytest.mark.parametrize(
    "number",
    [0.0, -0.0, 1.0, 0.1, 1e15, 1e16, 1e17, 123456789012345680.0, 1e-4, 1e-5, 1.5e-7, 5e-324,
     1.7976931348623157e308, 2.0**53, 1 / 3, 100.0, 1234.5, -9999999999999998.0],
)  # fmt: skip
def test_floats_are_written_as_python_has_them(number):
    layout = Layout((series("m", "f", Kind.FLOAT, ()),))
    block = Block(layout, array("q", [1]), array("q", floats(number)))

    ((body, points),) = WRITER.bodies(WRITER.prepare(template_of(layout)), block, 100)

    assert (body.decode(), points) == (f"m f={repr(number).removesuffix('.0')} 1\n", 1)


def test_pieces_end_where_they_are_long_enough():
    layout = Layout((series("m", "f", Kind.BOOLEAN, ()),))
    block = Block(layout, array("q", range(5)), array("q", [1] * 5))

    for writer in (PureWriter(), WRITER):
        found = writer.bodies(writer.prepare(template_of(layout)), block, 20)
        assert [points for _, points in found] == [2, 2, 1]
    assert WRITER.bodies(WRITER.prepare(()), block, 20) == []
