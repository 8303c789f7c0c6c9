"""Names that are shared by decoders: the same objects for all, in a bounded memory."""

from array import array

import pytest

from muster.errors import ProtocolError
from muster.model.metric import Block, Kind, Layout, Series
from muster.wire.columns import ColumnDecoder, ColumnEncoder
from muster.wire.limits import Limits
from muster.wire.sharednames import SharedNames


def layout_of(*names, field="f"):
    return Layout(tuple(Series(name, (("t", name),), field, Kind.INTEGER) for name in names))


def frames(layout, *more):
    """A key frame of a layout and one frame for each of the others."""
    encoder = ColumnEncoder()
    blocks = [Block(one, array("q", [at]), array("q", range(len(one.series))))
              for at, one in enumerate((layout, *more))]  # fmt: skip
    return [encoder.encode([block], key=at == 0) for at, block in enumerate(blocks)]


def test_two_links_have_the_same_layouts():
    names = SharedNames()
    first, second = ColumnDecoder(names=names), ColumnDecoder(names=names)
    one, other = layout_of("a", "b"), layout_of("b", "c")
    seen = [
        decoder.decode(frame, key=at == 0)[0].layout
        for decoder in (first, second)
        for at, frame in enumerate(frames(one, other))
    ]

    assert seen[:2] == [one, other]
    assert seen[0] is seen[2]
    assert seen[1] is seen[3]


def test_definitions_that_begin_alike_are_told_apart():
    names = SharedNames()
    alike = [f"{at:0200}" for at in range(5)]
    one, other = layout_of(*alike, "x"), layout_of(*alike, "y")
    for layout in (one, other, one, other):
        (block,) = ColumnDecoder(names=names).decode(frames(layout)[0], key=True)
        assert block.layout == layout


def test_what_a_chain_adds_is_not_in_the_definitions_it_began_with():
    names = SharedNames()
    for _ in range(3):
        decoder = ColumnDecoder(names=names)
        begun, added = frames(layout_of("a"), layout_of("a", "b"))

        assert decoder.decode(begun, key=True)[0].layout == layout_of("a")
        assert decoder.decode(added, key=False)[0].layout == layout_of("a", "b")


def test_what_is_used_least_is_forgotten_and_read_again():
    names = SharedNames(most_series=24)
    decoder = ColumnDecoder(names=names)
    kept = decoder.decode(frames(layout_of("kept"))[0], key=True)[0].layout
    layouts = []
    for at in range(20):
        layouts += decoder.decode(frames(layout_of(f"m{at}", "kept"))[0], key=True)
    again = ColumnDecoder(names=names).decode(frames(layout_of("kept"))[0], key=True)[0].layout

    assert again == kept
    assert again is not kept
    assert [block.layout for block in layouts] == [layout_of(f"m{at}", "kept") for at in range(20)]


def test_long_names_count_for_more_than_short_ones():
    names = SharedNames(most_series=12)
    layout = Layout((Series("m", (("t", "x" * 1000),), "f", Kind.INTEGER),))
    one, other = (
        ColumnDecoder(names=names).decode(frames(layout)[0], key=True)[0].layout for _ in range(2)
    )

    assert one == other == layout
    assert one is not other
    assert one.series[0] is not other.series[0]


def test_names_too_many_to_be_kept_are_decoded_all_the_same():
    names = SharedNames(most_series=2)
    layout = layout_of("a", "b", "c")
    for _ in range(2):
        assert ColumnDecoder(names=names).decode(frames(layout)[0], key=True)[0].layout == layout


def test_what_was_refused_once_is_refused_again():
    names, limits = SharedNames(), Limits(series=1)
    body = frames(layout_of("a", "b"))[0]
    for _ in range(2):
        with pytest.raises(ProtocolError, match="at most 1"):
            ColumnDecoder(limits, names=names).decode(body, key=True)


def test_many_tags_count_for_more_than_few():
    few, many = (
        Layout((Series("m", tuple((f"t{at:02}", "x") for at in range(count)), "f", Kind.INTEGER),))
        for count in (2, 20)
    )
    names = SharedNames(most_series=60)
    first, second = (
        [ColumnDecoder(names=names).decode(frames(one)[0], key=True)[0].layout for _ in range(2)]
        for one in (few, many)
    )

    assert first[0] is first[1]
    assert second[0] is not second[1]
