"""Of points of one series at one time the later one counts, field by field."""

from hypothesis import given
from hypothesis import strategies as st

from muster.core.writes.lastpoints import KeptLayouts, last_points
from muster.model.metric import points_of
from muster.wire.lineprotocol import parse

LINES = st.lists(
    st.tuples(
        st.sampled_from(["m", "m,t=a"]),
        st.lists(
            st.tuples(st.sampled_from("vwx"), st.integers(0, 9)),
            min_size=1,
            max_size=3,
            unique_by=lambda one: one[0],
        ),
        st.integers(1, 3),
    ),
    max_size=12,
)


def cells(text):
    blocks = last_points(parse(text.encode(), 1, 0))
    return [
        ((p.measurement, tuple(p.tags.items()), name, p.time_ns), value)
        for block in blocks
        for p in points_of(block)
        for name, value in p.fields.items()
    ]


def test_the_later_value_wins_and_other_fields_stay():
    found = cells("m v=1,w=1 5\nm v=2 5\nm w=3,v=3 4\n")

    assert sorted(found) == [
        (("m", (), "v", 4), 3.0),
        (("m", (), "v", 5), 2.0),
        (("m", (), "w", 4), 3.0),
        (("m", (), "w", 5), 1.0),
    ]


@given(LINES)
def test_all_is_as_if_points_had_come_one_by_one(lines):
    wanted = {}
    for key, fields, at in lines:
        name, _, tag = key.partition(",t=")
        for field, value in fields:
            wanted[name, (("t", tag),) if tag else (), field, at] = float(value)
    text = "".join(
        f"{key} {','.join(f'{field}={value}' for field, value in fields)} {at}\n"
        for key, fields, at in lines
    )
    found = cells(text)

    assert dict(found) == wanted
    assert len(found) == len(wanted)


def test_times_come_out_sorted():
    (block,) = last_points(parse(b"m v=1 5\nm v=2 3\nm v=3 4\n", 1, 0))

    assert block.times.tolist() == [3, 4, 5]


def test_tags_named_like_the_hubs_are_kept_under_another_name():
    (layout,) = parse(b"m,db=x,host=h v=1 5\n", 1, 0).layouts
    names = KeptLayouts()

    assert names.of(layout).series[0].tags == (("_db", "x"), ("host", "h"))
    assert names.of(layout) is names.of(layout)
