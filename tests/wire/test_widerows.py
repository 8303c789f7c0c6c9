"""A body as rows of many series: the same points, and when there are none such."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.errors import InputError, LimitExceeded
from muster.model.metric import points_of
from muster.wire import lineprotocol
from muster.wire.lineparsed import LineLimits, Parsed
from muster.wire.lineprotocol import PureLineParser, line_parser, read
from muster.wire.widerows import WideRows, fields_of

pytestmark = pytest.mark.skipif(
    not lineprotocol.COMPILED, reason="only the compiled twin makes rows"
)
NOW = 1_700_000_000_000_000_000


def lines(*series, times=(1, 2)):
    return "".join(f"{one} {time}\n" for time in times for one in series).encode()


def met(*bodies, limits=None):
    """A parser that has read these."""
    parser = line_parser(limits or LineLimits())
    for body in bodies:
        read(parser, body, 1, NOW)
    return parser


def points(blocks):
    return sorted(repr(point) for block in blocks for point in points_of(block))


def check(found, body):
    """Rows hold what columns hold."""
    parsed = line_parser().parse(body, 1, NOW)
    assert points(found.blocks) == points(parsed.blocks())
    assert found.points_total == parsed.points_total
    assert {each for some in found.fields for each in some} == set(map(fields_of, parsed.layouts))


A, B, C = "cpu,h=a x=1,y=2i", "mem,h=a z=t", 'log,h=a s="one",n=5i'


def test_series_that_are_known_come_as_one_block():
    body = lines(A, B, C)
    found = read(met(body), body, 1, NOW)

    assert isinstance(found, WideRows)
    (block,) = found.blocks
    assert list(block.times) == [1, 2]
    assert [series.measurement for series in block.layout.series] == [
        "cpu",
        "cpu",
        "mem",
        "log",
        "log",
    ]
    assert block.present is None
    assert block.strings == ("one",)
    check(found, body)


def test_series_that_are_new_do_not():
    assert isinstance(read(met(), lines(A, B), 1, NOW), Parsed)
    assert isinstance(read(met(lines(A)), lines(A, B), 1, NOW), Parsed)


def test_the_layout_is_the_same_object_with_each_body():
    body = lines(A, B)
    parser = met(body)
    first, second = read(parser, body, 1, NOW), read(parser, lines(B, A, times=(5,)), 1, NOW)

    assert first.blocks[0].layout is second.blocks[0].layout


def test_what_a_body_lacks_is_absent():
    body = lines(B, C)
    parser = met(lines(A, B, C), lines(A, B, C))
    found = read(parser, body, 1, NOW)

    assert found.blocks[0].present == bytes([0, 0, 1, 1, 1]) * 2
    check(found, body)


def test_a_body_with_few_of_a_homes_series_comes_as_columns():
    many = [f"m,i={number} v=1" for number in range(9)]
    parser = met(lines(*many), lines(*many))

    assert isinstance(read(parser, lines(*many[:2]), 1, NOW), Parsed)
    assert isinstance(read(parser, lines(*many[:3]), 1, NOW), WideRows)


def test_series_with_other_times_are_other_blocks():
    body = lines(A, B) + lines(C, times=(1, 3))
    found = read(met(body), body, 1, NOW)

    assert [list(block.times) for block in found.blocks] == [[1, 2], [1, 3]]
    check(found, body)


@pytest.mark.parametrize(
    "body",
    [
        lines(A, B, times=(2, 1)),
        lines(A, B, times=(1, 1)),
        lines(A, "cpu,h=a x=1"),  # two layouts of one tag set
        lines(A, "cpu,h=b time=1,x=1"),
        lines(A, "cpu,h=b") + lines(B),  # a line that is refused
        b"",
    ],
)
def test_a_body_whose_points_have_to_be_looked_at_comes_as_columns(body):
    assert read(met(body, body), body, 1, NOW) == PureLineParser().parse(body, 1, NOW)


def test_a_home_has_so_many_columns():
    many = [f"m,i={number} v=1,w=2" for number in range(3_000)]
    body = lines(*many)
    found = read(met(body), body, 1, NOW)

    assert [len(block.layout.series) for block in found.blocks] == [4_096, 1_904]
    check(found, body)


def test_a_parser_that_forgets_makes_new_homes():
    body = lines(A, B)
    parser = met(body, limits=LineLimits(remembered=4))

    assert isinstance(read(parser, lines(A, B, C), 1, NOW), Parsed)
    assert isinstance(read(parser, body, 1, NOW), Parsed)
    check(read(parser, body, 1, NOW), body)


SERIES = st.sampled_from([A, B, C, "cpu,h=b x=2", 'log,h=b s="two"', "cpu,h=a x=5", "m v=1u"])
TIMES = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)
BODY = st.lists(st.tuples(st.lists(SERIES, max_size=6), TIMES), max_size=3).map(
    lambda parts: b"".join(lines(*series, times=times) for series, times in parts)
)


@settings(max_examples=200, deadline=None)
@given(st.lists(BODY, min_size=1, max_size=6))
def test_rows_and_columns_hold_the_same_points(bodies):
    parser = met()
    for body in bodies * 2:
        found = read(parser, body, 1, NOW)
        if isinstance(found, WideRows):
            check(found, body)
        else:
            assert found == PureLineParser().parse(body, 1, NOW)


def test_a_parser_that_has_read_no_body_has_no_columns():
    for parser in (line_parser(), PureLineParser(), met(lines(A))):
        with pytest.raises(InputError):
            parser.columns()


def test_columns_are_of_the_body_that_was_read():
    parser = line_parser()
    assert parser.read(lines(A), 1, NOW) is None
    with pytest.raises(InputError):
        parser.read(lines(B), 1, NOW)
    assert parser.columns() == line_parser().parse(lines(A), 1, NOW)


def test_a_long_body_of_new_series_is_read_to_its_end_when_it_is_asked_for_again():
    body = lines(*[f"m,i={number} value=1" for number in range(4_000)], times=(1,))
    parser = line_parser()
    assert parser.read(body, 1, NOW) is None
    first = parser.columns()
    again = parser.read(body, 1, NOW)

    check(first, body)
    assert [block.layout for block in first.blocks] == [block.layout for block in again.blocks]
    assert again.blocks[0].layout is first.blocks[0].layout


def test_many_new_series_come_as_rows_at_once():
    body = lines(*[f"m,i={number} value=1" for number in range(256)])
    parser = line_parser()
    check(parser.read(body, 1, NOW), body)

    more = body + lines(*[f"m,i={number} value=1" for number in range(256, 300)])
    assert read(parser, more, 1, NOW) == PureLineParser().parse(more, 1, NOW)
    check(read(parser, more, 1, NOW), more)


@pytest.mark.parametrize("odd", ["m,time=1 v=1", "m time=1", r"m\,time=1,b=2,time=3 v=1"])
def test_many_new_series_of_which_one_is_named_like_the_time_come_as_columns(odd):
    body = lines(*[f"m,i={number} value=1" for number in range(300)], odd)
    assert read(line_parser(), body, 1, NOW) == PureLineParser().parse(body, 1, NOW)


def test_a_comma_of_a_name_begins_no_tag():
    body = lines(*[f"m,i={number} value=1" for number in range(300)], r"m\,time=1 v=1")
    check(read(line_parser(), body, 1, NOW), body)


def test_series_with_many_fields_and_many_sets_of_them_are_told_apart():
    sets = [",".join(f"f{at}={at}" for at in range(first, 20)) for first in range(20)]
    body = lines(*[f"m,i={number} {one}" for number, one in enumerate(sets)], times=(1,))
    turned = lines(*[f"m,i={19 - number} {one}" for number, one in enumerate(sets)], times=(2,))
    parser = met(body, turned)
    for one in (body, turned):
        check(read(parser, one, 1, NOW), one)


def test_a_long_body_over_a_limit_is_refused_with_its_columns():
    body = lines(*[f"m,i={number} value=1" for number in range(4_000)], times=(1,))
    parser = line_parser(LineLimits(points=3_900))
    assert parser.read(body, 1, NOW) is None
    with pytest.raises(LimitExceeded):
        parser.columns()
    assert parser.parse(lines(A), 1, NOW).points_total == 2
