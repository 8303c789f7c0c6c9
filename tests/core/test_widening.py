"""Many series of equal times become one block, and nothing of them is lost."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

from muster.core.widening import Widener
from muster.model.metric import Block, Kind, Layout, Series, points_of
from muster.wire.lineprotocol import parse

LINES = st.lists(
    st.tuples(
        st.sampled_from(["m", "n"]),
        st.sampled_from(["", ",t=a", ",t=b"]),
        st.sampled_from(["v=1", "v=2i,w=3", 's="x"', 's="y",v=1']),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=12,
)


def blocks_of(text):
    return parse(text.encode(), 1, 0).blocks()


def cells(blocks):
    return sorted(
        (p.time_ns, p.measurement, tuple(sorted(p.tags.items())), str(p.fields))
        for block in blocks
        for p in points_of(block)
    )


def test_series_at_the_same_times_are_put_side_by_side():
    blocks = blocks_of('m,t=a v=1 5\nm,t=b s="x" 5\nn s="y" 5\nm,t=a v=2 6\n')
    wide = Widener().widened(blocks)

    assert [places for _, places in wide] == [[0], [1, 2]]
    assert [len(block.layout.series) for block, _ in wide] == [1, 2]
    assert cells([block for block, _ in wide]) == cells(blocks)


@given(LINES)
def test_no_value_is_lost_or_made_up(lines):
    blocks = blocks_of("".join(f"{m}{t} {f} {at}\n" for m, t, f, at in lines))
    wide = Widener().widened(blocks)

    assert cells([block for block, _ in wide]) == cells(blocks)
    assert sorted(place for _, places in wide for place in places) == list(range(len(blocks)))
    for block, _ in wide:
        assert len(set(block.layout.series)) == len(block.layout.series)


def test_absent_cells_stay_absent():
    one = Layout((Series("m", (), "v", Kind.FLOAT),))
    other = Layout((Series("n", (), "v", Kind.FLOAT),))
    blocks = [
        Block(one, array("q", [1, 2]), array("q", [0, 7]), b"\0\1"),
        Block(other, array("q", [1, 2]), array("q", [8, 9])),
    ]
    ((wide, _),) = Widener().widened(blocks)

    assert wide.present == b"\0\1\1\1"
    assert wide.values.tolist() == [0, 8, 7, 9]


def test_layouts_that_come_again_give_the_same_object():
    blocks, widener = blocks_of("m v=1 5\nn v=1 5\n"), Widener()
    ((first, _),) = widener.widened(blocks)
    ((second, _),) = widener.widened(blocks)

    assert first.layout is second.layout
