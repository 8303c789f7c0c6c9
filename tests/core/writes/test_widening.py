"""Many series of equal times become one block, and nothing of them is lost."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

from muster.core.writes import widening
from muster.core.writes.widening import Widener
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


def stream(numbers, time=1):
    """Points of numbered series, each the same object each time."""
    return [
        Block(LAYOUTS[number], array("q", [time]), array("q", [number + time]))
        for number in numbers
    ]


LAYOUTS = [Layout((Series("m", (("n", f"{n:03}"),), "v", Kind.INTEGER),)) for n in range(600)]


def test_series_that_come_together_each_time_stay_one_row():
    widener = Widener()
    first, again = (widener.widened(stream(range(600), time))[0][0] for time in (1, 2))

    assert first.layout is again.layout
    assert again.present is None


def test_series_in_other_company_get_a_group_in_which_others_are_absent():
    widener = Widener()
    widener.widened(stream(range(600)))
    found = [widener.widened(stream(range(at, at + 300), 9)) for at in (0, 100, 300)]

    layouts = {id(block.layout) for wide in found for block, _ in wide}
    assert len(layouts) <= 4
    for at, wide in zip((0, 100, 300), found, strict=True):
        assert cells([block for block, _ in wide]) == cells(stream(range(at, at + 300), 9))
        assert sorted(place for _, places in wide for place in places) == list(range(300))


def test_a_cut_that_wanders_makes_no_new_layouts():
    widener = Widener()
    seen = set()
    for turn in range(40):
        cut = 37 * turn % 600
        series = [*range(cut, 600), *range(cut)]
        new = {
            id(block.layout)
            for part in (series[:251], series[251:])
            for block, _ in widener.widened(stream(part, turn))
            if len(block.layout.series) > 64
        } - seen
        seen |= new
        if turn > 10:
            assert not new


def test_a_few_of_a_group_are_a_block_of_their_own():
    widener = Widener()
    widener.widened(stream(range(256)))
    widener.widened(stream(range(255)))
    ((block, places),) = widener.widened(stream(range(9), 5))

    assert (len(block.layout.series), block.present, len(places)) == (9, None, 9)


@given(st.lists(st.lists(st.integers(0, 40), unique=True, min_size=1), max_size=8))
def test_no_value_is_lost_whatever_company_series_come_in(bodies):
    widener = Widener()
    for turn, numbers in enumerate(bodies):
        blocks = stream(numbers, turn)
        wide = widener.widened(blocks)

        assert cells([block for block, _ in wide]) == cells(blocks)
        assert sorted(place for _, places in wide for place in places) == list(range(len(blocks)))


def test_strings_and_absent_cells_keep_their_places_in_a_group():
    widener = Widener()
    texts = [Layout((Series("s", (("n", str(n)),), "v", Kind.STRING),)) for n in range(3)]
    blocks = [
        Block(layout, array("q", [1, 2]), array("q", [0, 0]), b"\1\0" if n else None, (f"t{n}",))
        for n, layout in enumerate(texts)
    ]
    widener.widened(blocks)
    ((block, places),) = widener.widened(blocks[:2])

    assert cells([block]) == cells(blocks[:2])
    assert places == [0, 1]


def test_what_is_remembered_has_a_bound(monkeypatch):
    monkeypatch.setattr(widening, "_MET", 100)
    widener = Widener()
    for turn in range(20):
        numbers = [*range(turn * 20, turn * 20 + 30)]
        blocks = stream(numbers, turn)
        wide = widener.widened(blocks)

        assert cells([block for block, _ in wide]) == cells(blocks)
