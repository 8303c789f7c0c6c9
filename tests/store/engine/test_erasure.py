"""Which rows a deletion names, and what makes it durable."""

import pyarrow as pa

from muster.model.metric import Kind, Series
from muster.ports.series import SeriesRef
from muster.store.engine import erasure
from muster.store.engine.erasure import Area, Pairs, areas, tables_of


def ref(tags, field, kind=Kind.FLOAT):
    return SeriesRef(tags, field, Series("m", (("n", str(tags)),), str(field), kind))


def named(every):
    """The keys that areas take in."""
    for area in every:
        match area:
            case Area():
                yield from ((area.kind, f, t) for f in area.fields for t in area.tags)
            case Pairs():
                yield from ((area.kind, f, t) for f, t in area.keys)


def test_series_with_the_same_fields_are_named_by_fields_and_tags():
    refs = [ref(tags, field) for tags in range(3) for field in (7, 8)]

    assert list(areas(refs)) == [Area(Kind.FLOAT, [7, 8], [0, 1, 2])]


def test_series_of_many_shapes_are_named_one_by_one():
    refs = [ref(tags, field) for tags in range(40) for field in range(tags + 1)]
    (one,) = areas(refs)

    assert isinstance(one, Pairs)
    assert len(one.keys) == len(refs)


def test_exactly_the_series_are_named_whatever_their_shapes():
    for shapes in (1, 3, 30):
        refs = [
            ref(tags, field, kind)
            for tags in range(50)
            for field in range(5)
            for kind in (Kind.FLOAT, Kind.STRING)
            if (tags % shapes) >> field & 1
        ]
        wanted = {(one.series.kind, one.field, one.tags) for one in refs}

        found = list(named(areas(refs, 7)))
        assert set(found) == wanted
        assert len(found) == len(wanted)


def test_a_deletion_in_a_cluster_is_no_longer_than_keeper_takes():
    most = erasure.MOST_KEYS_IN_CLUSTER
    part = Pairs(Kind.FLOAT, [((1 << 64) - 1, (1 << 64) - 1)] * most)

    assert len(erasure.delete("floats", part.which, 0, 1 << 62)) < 1_000_000


def test_sums_are_named_with_their_rows_where_there_are_any():
    assert tables_of(Kind.STRING, sums=True) == [("strings", 1)]
    assert tables_of(Kind.FLOAT, sums=False) == [("floats", 1)]
    assert [name for name, _ in tables_of(Kind.FLOAT, sums=True)] == [
        "floats",
        "floats_tens",
        "floats_minutes",
        "floats_hours",
    ]


def test_files_that_vanish_while_they_are_synced_are_none_of_its_business(tmp_path):
    (tmp_path / "mutation_1.txt").write_text("x")
    (tmp_path / "mutation_2.txt").symlink_to(tmp_path / "gone")

    erasure.sync([str(tmp_path), str(tmp_path / "missing")])


def test_parts_are_waited_for_and_not_for_ever():
    left, asked = [2, 1, 0], []

    def ask(statement):
        asked.append(statement)
        return pa.table({"count": [left.pop(0)]})

    erasure.settle(ask)
    assert len(asked) == 3
    left += [1] * 10
    erasure.settle(ask, 0.2)

    assert len(left) == 8
