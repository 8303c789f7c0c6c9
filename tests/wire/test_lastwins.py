from hypothesis import given
from hypothesis import strategies as st

from muster.model.metric import points_of
from muster.wire.lastwins import settled_blocks
from muster.wire.lineprotocol import PureLineParser, line_parser, parse


def cells(blocks) -> list:
    return [
        (point.measurement, tuple(sorted(point.tags.items())), field, point.time_ns, value)
        for block in blocks
        for point in points_of(block)
        for field, value in point.fields.items()
    ]


LINES = st.lists(
    st.tuples(
        st.sampled_from(["m", "m,t=a", "n"]),
        st.dictionaries(st.sampled_from("abc"), st.integers(0, 9), min_size=1),
        st.integers(0, 3),
    ),
    max_size=12,
)


@given(LINES)
def test_each_series_has_the_last_value_of_each_time(lines):
    expected = {}
    for key, fields, time_ns in lines:
        name, _, tag = key.partition(",t=")
        for field, value in fields.items():
            tags = (("t", tag),) if tag else ()
            expected[name, tags, field, time_ns] = value
    body = "\n".join(
        f"{key} {','.join(f'{field}={value}i' for field, value in fields.items())} {time_ns}"
        for key, fields, time_ns in lines
    ).encode()

    for parser in (PureLineParser(), line_parser()):
        blocks = settled_blocks(parser.parse(body, 1, 0))
        found = cells(blocks)
        assert {cell[:4]: cell[4] for cell in found} == expected
        assert len(found) == len(expected)
        assert all(block.rows for block in blocks)


def test_blocks_without_two_values_for_one_time_are_left_as_they_are():
    parsed = parse(b'm a=1,s="x" 1\nm a=2 2\nm a=3,s="y" 3\nn a=1 1', 1, 0)

    assert settled_blocks(parsed) == parsed.blocks()


def test_a_row_that_was_overwritten_in_part_keeps_the_rest():
    (block, other) = settled_blocks(parse(b'm a=1i,s="x" 1\nm a=2i 1\nm a=5i,s="y" 2', 1, 0))

    assert list(block.times) == [1, 2]
    assert list(block.values) == [0, 0, 5, 1]
    assert block.present == b"\0\1\1\1"
    assert list(other.values) == [2]


def test_a_row_that_was_overwritten_whole_is_gone():
    (block,) = settled_blocks(parse(b"m a=1i 1\nm a=2i 1", 1, 0))

    assert (list(block.times), list(block.values), block.present) == ([1], [2], None)
