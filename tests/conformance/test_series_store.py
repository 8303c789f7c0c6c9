"""One suite for every SeriesStore: what the port promises, on each implementation."""

import contextlib
import math
import os
import struct
from itertools import pairwise

import numpy as np
import pytest

from muster.errors import Unavailable
from muster.model.aggregate import increase
from muster.model.metric import Kind, Series, value_of
from muster.ports.series import Buckets, Parts, Rows, SeriesRef
from muster.store.engine.clickhouse import ClickHouse, Settings
from muster.store.engine.clickhousehttp import Access, ClusterSessions
from muster.store.engine.clusterdialect import parse_place
from muster.testing.clusternodes import running_nodes, why_not
from muster.testing.clusterrunning import running_cluster
from muster.testing.series import MemoryStore

DAY = 86_400_000_000_000
NOON = 20_000 * DAY + DAY // 2
SECOND = 1_000_000_000


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """One engine for all tests: a process can open only one folder."""
    store = ClickHouse(path=tmp_path_factory.mktemp("engine"), settings=Settings())
    store.open()
    yield store
    store.close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The store of a cluster, on one that stands in for it."""
    with running_cluster(tmp_path_factory.mktemp("cluster")) as store:
        yield store


def on_nodes(folder, shards):
    """The store of a cluster of ClickHouse's own servers."""
    if why := why_not():
        pytest.skip(why)
    with running_nodes(folder / "nodes", shards) as nodes:
        store = nodes.store(folder / "series")
        yield store
        store.close()


@pytest.fixture(scope="module")
def replicas(tmp_path_factory):
    yield from on_nodes(tmp_path_factory.mktemp("replicas"), 1)


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    yield from on_nodes(tmp_path_factory.mktemp("shards"), 2)


URL = os.environ.get("MUSTER_CLICKHOUSE_URL", "")
CREDENTIALS = os.environ.get("MUSTER_CLICKHOUSE_CREDENTIALS", "")
CA = os.environ.get("MUSTER_CLICKHOUSE_CA", "")
STORES = ["memory", "engine", "cluster", "replicas", "shards", *(["real_cluster"] if URL else [])]


@pytest.fixture(scope="module")
def real_cluster(tmp_path_factory):
    """On a cluster of ClickHouse's own servers, whose database must be empty."""
    settings = Settings(sums_bytes=0)
    sessions = ClusterSessions(parse_place(URL), Access(CREDENTIALS, CA), settings.limits)
    path = tmp_path_factory.mktemp("real") / "series"
    store = ClickHouse(path=path, settings=settings, sessions=sessions)
    store.open()
    yield store
    store.close()


@pytest.fixture(params=STORES)
def store(request):
    return MemoryStore() if request.param == "memory" else request.getfixturevalue(request.param)


@pytest.mark.skipif(not URL, reason="MUSTER_CLICKHOUSE_URL names no cluster of ClickHouse's own")
def test_a_real_cluster_takes_part(real_cluster):
    assert real_cluster.select(Kind.FLOAT, [ref()], 0, 1).times.tolist() == []


def counter():
    number = 0
    while True:
        number += 1
        yield number


_fresh = counter()


def ref(kind=Kind.FLOAT, high=False):
    """A series no other test uses; hashes beyond 2^63 when asked."""
    number = next(_fresh) + ((1 << 63) if high else 0)
    return SeriesRef(number, number + 7, Series("m", (("n", str(number)),), "f", kind))


def token():
    return f"hub:{next(_fresh)}"


def bits(value):
    return struct.unpack("<q", struct.pack("<d", value))[0]


def rows(kind, *lines):
    """Each line is (ref, time, pattern or text)."""
    texts = [line[2] for line in lines] if kind is Kind.STRING else None
    patterns = [0 if kind is Kind.STRING else line[2] for line in lines]
    return {
        kind: Rows(
            np.array([line[0].tags for line in lines], np.uint64),
            np.array([line[0].field for line in lines], np.uint64),
            np.array([line[1] for line in lines], np.int64),
            np.array(patterns, np.int64),
            texts,
        )
    }


def in_order(found):
    """Buckets by key and start."""
    order = np.lexsort((found.start, found.key))
    return Buckets._make([*(column[order] for column in found[:-1]), found.texts])


def listed(found):
    values = found.patterns.tolist() if found.texts is None else list(found.texts)
    return list(zip(found.times.tolist(), values, strict=True))


COLUMNS = {
    "total": Parts.TOTAL,
    "low": Parts.LOW,
    "high": Parts.HIGH,
    "first": Parts.FIRST,
    "first_time": Parts.FIRST,
    "last": Parts.LAST,
    "last_time": Parts.LAST,
    "rise": Parts.RISE,
    "spent": Parts.RISE,
}
EXACT = [
    (Kind.FLOAT, [bits(-0.0), bits(0.1), bits(math.inf), 0x7FF8000000000123, 0x7FF4000000000001]),
    (Kind.INTEGER, [-(1 << 63), (1 << 63) - 1, 0, (1 << 53) + 1, -1]),
    (Kind.UNSIGNED, [-1, -(1 << 63), (1 << 63) - 1, 0, 1]),
    (Kind.BOOLEAN, [0, 1, 1, 0, 1]),
    (Kind.STRING, ["", "a", "\x00é'\\", "x" * 3000, "🙂"]),
]


@pytest.mark.parametrize(("kind", "values"), EXACT, ids=lambda one: getattr(one, "name", ""))
def test_values_of_every_kind_come_back_bit_for_bit(store, kind, values):
    one = ref(kind, high=True)
    lines = [(one, NOON + at, value) for at, value in enumerate(values)]
    store.append(token(), rows(kind, *lines))

    found = store.select(kind, [one], NOON, NOON + 100)

    assert listed(found) == [(NOON + at, value) for at, value in enumerate(values)]
    assert found.tags.tolist() == [one.tags] * len(values)
    assert found.fields.tolist() == [one.field] * len(values)


def test_rows_come_in_the_order_of_the_keys_asked_and_of_time(store):
    first, second, third = ref(), ref(), ref()
    store.append(
        token(),
        rows(
            Kind.FLOAT,
            (first, NOON + 2, 1),
            (first, NOON, 2),
            (second, NOON, 3),
            (third, NOON + 1, 4),
        ),
    )

    found = store.select(Kind.FLOAT, [third, first, second], NOON, NOON + 10)

    assert found.tags.tolist() == [third.tags, first.tags, first.tags, second.tags]
    assert found.patterns.tolist() == [4, 2, 1, 3]


def test_a_range_is_half_open(store):
    one = ref()
    store.append(token(), rows(Kind.FLOAT, *((one, NOON + at, at) for at in range(5))))

    assert store.select(Kind.FLOAT, [one], NOON + 1, NOON + 3).patterns.tolist() == [1, 2]
    assert len(store.select(Kind.FLOAT, [one], NOON + 3, NOON + 3).times) == 0


def test_a_token_that_was_seen_changes_nothing(store):
    one, name = ref(), token()
    for _ in range(3):
        store.append(name, rows(Kind.FLOAT, (one, NOON, 1), (one, NOON + DAY, 2)))

    assert listed(store.select(Kind.FLOAT, [one], 0, NOON + 2 * DAY)) == [
        (NOON, 1),
        (NOON + DAY, 2),
    ]
    assert store.aggregate(Kind.FLOAT, [one], 0, NOON + 2 * DAY, 0).counts.tolist() == [2]


def test_equal_rows_under_another_token_are_other_rows(store):
    one, other = ref(), ref()
    store.append(token(), rows(Kind.INTEGER, (one, NOON, 1)))
    store.append(token(), rows(Kind.INTEGER, (other, NOON, 1)))

    assert len(store.select(Kind.INTEGER, [one, other], NOON, NOON + 1).times) == 2


def test_of_a_time_that_is_written_again_the_last_value_stays(store):
    one, other = ref(Kind.INTEGER), ref(Kind.INTEGER)
    day = NOON + 90 * DAY
    store.append(token(), rows(Kind.INTEGER, (one, day, 5), (one, day + 1, 6), (other, day, 7)))
    store.append(token(), rows(Kind.INTEGER, (one, day, 8)), rewrites=True)
    store.append(token(), rows(Kind.INTEGER, (one, day, 9)), rewrites=True)

    assert listed(store.select(Kind.INTEGER, [one], day, day + 9)) == [(day, 9), (day + 1, 6)]
    found = in_order(store.aggregate(Kind.INTEGER, [one, other], day, day + 9, 0))
    assert found.counts.tolist() == [2, 1]
    assert found.total.tolist() == [15.0, 7.0]
    assert store.last(Kind.INTEGER, [one], day).patterns.tolist() == [6]


def test_one_append_carries_all_kinds(store):
    refs = {kind: ref(kind) for kind in Kind}
    every = {}
    for kind in Kind:
        every |= rows(kind, (refs[kind], NOON, "text" if kind is Kind.STRING else 1))
    store.append(token(), every)

    for kind in Kind:
        assert len(store.select(kind, [refs[kind]], NOON, NOON + 1).times) == 1


def test_the_same_hashes_of_another_kind_are_another_series(store):
    one = ref()
    store.append(token(), rows(Kind.FLOAT, (one, NOON, bits(1.5))))
    store.append(token(), rows(Kind.INTEGER, (one, NOON, 7)))

    assert store.select(Kind.INTEGER, [one], NOON, NOON + 1).patterns.tolist() == [7]


def test_buckets_start_at_multiples_of_the_step(store):
    one, other = ref(), ref()
    store.append(
        token(),
        rows(
            Kind.FLOAT,
            *((one, NOON + at * SECOND, bits(float(at))) for at in range(25)),
            (other, NOON + 5 * SECOND, bits(2.5)),
        ),
    )

    found = in_order(
        store.aggregate(Kind.FLOAT, [other, one], NOON, NOON + 25 * SECOND, 10 * SECOND)
    )

    assert found.key.tolist() == [0, 1, 1, 1]
    assert (found.start - NOON).tolist() == [0, 0, 10 * SECOND, 20 * SECOND]
    assert found.counts.tolist() == [1, 10, 10, 5]
    assert found.total.tolist() == [2.5, 45.0, 145.0, 110.0]
    assert found.low.view(np.float64).tolist() == [2.5, 0.0, 10.0, 20.0]
    assert found.high.view(np.float64).tolist() == [2.5, 9.0, 19.0, 24.0]
    assert found.first.view(np.float64).tolist() == [2.5, 0.0, 10.0, 20.0]
    assert found.last.view(np.float64).tolist() == [2.5, 9.0, 19.0, 24.0]
    assert (found.first_time - NOON).tolist() == [5 * SECOND, 0, 10 * SECOND, 20 * SECOND]
    assert (found.last_time - NOON).tolist() == [
        5 * SECOND,
        *(9 * SECOND + found.start[1:] - NOON).tolist()[:2],
        24 * SECOND,
    ]


def test_without_a_step_there_is_one_bucket_that_starts_with_the_range(store):
    one = ref()
    store.append(token(), rows(Kind.FLOAT, (one, NOON + 3, bits(1.0)), (one, NOON + 4, bits(2.0))))

    found = in_order(store.aggregate(Kind.FLOAT, [one], NOON + 1, NOON + 100, 0))

    assert found.start.tolist() == [NOON + 1]
    assert found.total.tolist() == [3.0]


def test_times_before_1970_fall_into_the_bucket_before_them(store):
    one = ref()
    store.append(token(), rows(Kind.FLOAT, (one, -5, bits(1.0))))

    assert store.aggregate(Kind.FLOAT, [one], -100, 100, 10).start.tolist() == [-10]
    minute = 60 * SECOND
    assert store.aggregate(Kind.FLOAT, [one], -DAY, 100, minute).start.tolist() == [-minute]
    assert listed(store.select(Kind.FLOAT, [one], -100, 100)) == [(-5, bits(1.0))]


def test_bounds_of_unsigned_numbers_are_unsigned(store):
    one = ref(Kind.UNSIGNED)
    store.append(token(), rows(Kind.UNSIGNED, (one, NOON, -1), (one, NOON + 1, 5)))

    found = in_order(store.aggregate(Kind.UNSIGNED, [one], NOON, NOON + 9, 0))

    assert (found.low.tolist(), found.high.tolist()) == ([5], [-1])
    assert found.total.tolist() == [float((1 << 64) - 1) + 5]


def test_nan_is_a_bound_only_where_nothing_else_is(store):
    one, other = ref(), ref()
    nan = bits(math.nan)
    store.append(
        token(), rows(Kind.FLOAT, (one, NOON, nan), (one, NOON + 1, bits(2.0)), (other, NOON, nan))
    )

    found = in_order(store.aggregate(Kind.FLOAT, [one, other], NOON, NOON + 9, 0))

    assert found.low.view(np.float64)[0] == found.high.view(np.float64)[0] == 2.0
    assert np.isnan(found.low.view(np.float64)[1])
    assert np.isnan(found.total).all()


def test_booleans_count_and_add_up(store):
    one = ref(Kind.BOOLEAN)
    store.append(
        token(), rows(Kind.BOOLEAN, (one, NOON, 1), (one, NOON + 1, 0), (one, NOON + 2, 1))
    )

    found = in_order(store.aggregate(Kind.BOOLEAN, [one], NOON, NOON + 9, 0))

    assert (found.total.tolist(), found.low.tolist(), found.high.tolist()) == ([2.0], [0], [1])


def test_first_and_last_of_strings_are_texts(store):
    one, other = ref(Kind.STRING), ref(Kind.STRING)
    store.append(
        token(),
        rows(Kind.STRING, (one, NOON, "b"), (one, NOON + 1, "a"), (other, NOON, "only")),
    )

    found = in_order(store.aggregate(Kind.STRING, [other, one], NOON, NOON + 9, 0))

    assert [found.texts[at] for at in found.first] == ["only", "b"]
    assert [found.texts[at] for at in found.last] == ["only", "a"]
    assert found.counts.tolist() == [1, 2]


def test_last_is_the_newest_row_since_a_time(store):
    one, old, third = ref(), ref(), ref()
    store.append(
        token(),
        rows(Kind.FLOAT, (one, NOON, 1), (one, NOON + 5, 2), (old, NOON - 5, 3), (third, NOON, 4)),
    )

    found = store.last(Kind.FLOAT, [third, old, one], NOON)

    assert found.tags.tolist() == [third.tags, one.tags]
    assert listed(found) == [(NOON, 4), (NOON + 5, 2)]


def test_no_keys_are_no_rows(store):
    assert len(store.select(Kind.FLOAT, [], 0, NOON).times) == 0
    assert len(store.last(Kind.FLOAT, [], 0).times) == 0
    assert len(store.aggregate(Kind.FLOAT, [], 0, NOON, 10).start) == 0
    assert len(store.aggregate(Kind.STRING, [ref(Kind.STRING)], 0, NOON, 10).start) == 0


def test_many_keys_are_asked_at_once(store):
    many = [ref() for _ in range(3000)]
    store.append(token(), rows(Kind.FLOAT, *((one, NOON, at) for at, one in enumerate(many))))

    found = store.select(Kind.FLOAT, many[::-1], NOON, NOON + 1)

    assert found.patterns.tolist() == list(range(3000))[::-1]


def test_keys_that_were_not_asked_are_not_answered(store):
    tags, fields = [next(_fresh) for _ in range(80)], [next(_fresh) for _ in range(80)]
    all_refs = [
        SeriesRef(t, f, Series("m", (("n", str(t)),), str(f), Kind.FLOAT))
        for t in tags
        for f in fields
    ]
    store.append(token(), rows(Kind.FLOAT, *((one, NOON, at) for at, one in enumerate(all_refs))))
    asked = [one for at, one in enumerate(all_refs) if at % 7]
    wanted = [at for at in range(len(all_refs)) if at % 7]

    assert len(asked) > 5000
    assert store.select(Kind.FLOAT, asked, NOON, NOON + 1).patterns.tolist() == wanted
    assert store.last(Kind.FLOAT, asked, NOON).patterns.tolist() == wanted
    found = in_order(store.aggregate(Kind.FLOAT, asked, NOON, NOON + 1, 0))
    assert (found.key.tolist(), found.last.tolist()) == (list(range(len(asked))), wanted)


def test_rows_of_more_days_than_the_engine_likes_in_one_block_are_stored(store):
    one = ref(Kind.BOOLEAN)
    far = 200_000 * DAY // 10
    store.append(token(), rows(Kind.BOOLEAN, *((one, far + at * DAY, 1) for at in range(120))))

    assert store.aggregate(Kind.BOOLEAN, [one], far, far + 120 * DAY, 0).counts.tolist() == [120]


def test_whole_days_that_ended_before_a_time_are_dropped(store):
    one, text = ref(), ref(Kind.STRING)
    start = 5_000 * DAY
    store.append(token(), rows(Kind.FLOAT, *((one, start + at * DAY // 2, at) for at in range(6))))
    store.append(token(), rows(Kind.STRING, (text, start, "old")))
    with contextlib.suppress(Unavailable):
        store.drop(start)

    assert store.drop(start + DAY - 1) == 0
    assert store.drop(start + 2 * DAY + 5) == 2
    assert store.select(Kind.FLOAT, [one], start, start + 9 * DAY).patterns.tolist() == [4, 5]
    assert len(store.select(Kind.STRING, [text], start, start + DAY).times) == 0


@pytest.mark.parametrize("kind", list(Kind))
def test_what_was_not_asked_of_buckets_is_zero(store, kind):
    one, other = ref(kind), ref(kind)
    values = dict(EXACT)[kind]
    store.append(
        token(),
        rows(
            kind,
            *((each, NOON + at * SECOND, value) for each in (one, other)
              for at, value in enumerate(values)),
        ),
    )  # fmt: skip
    for start in (NOON - 10 * SECOND, 0, -NOON):
        question = (kind, [other, one], start, NOON + 9 * SECOND, 2 * SECOND)
        every = in_order(store.aggregate(*question, Parts.ALL))

        assert every.key.tolist() == [0, 0, 0, 1, 1, 1]
        assert every.counts.tolist() == [2, 2, 1] * 2
        for part in (Parts.NONE, *Parts):
            assert_only(part, kind, in_order(store.aggregate(*question, part)), every)


def assert_only(part, kind, found, every):
    """What was found has this part of everything, and zeros beside it."""
    assert found.key.tolist() == every.key.tolist()
    assert found.start.tolist() == every.start.tolist()
    assert found.counts.tolist() == every.counts.tolist()
    for name, needed in COLUMNS.items():
        column = getattr(found, name)
        if needed not in part:
            assert not column.any(), (part, name)
        elif kind is Kind.STRING and name in ("first", "last"):
            asked = [every.texts[at] for at in getattr(every, name)]
            assert [found.texts[at] for at in column] == asked, (part, name)
        else:
            assert column.tobytes() == getattr(every, name).tobytes(), (part, name)


RISES = [
    (Kind.FLOAT, [bits(v) for v in (5.0, 7.5, 2.0, math.nan, 1.0, math.inf, math.inf, 3.0, -4.0)]),
    (Kind.INTEGER, [5, 9, 2, -7, -(1 << 63), (1 << 63) - 1, 0, 3]),
    (Kind.UNSIGNED, [1, (1 << 63) - 1, -1, 7, 0, 3]),
    (Kind.BOOLEAN, [0, 1, 0]),
]


@pytest.mark.parametrize("step", [0, 2 * SECOND, 60 * SECOND])
@pytest.mark.parametrize(("kind", "values"), RISES, ids=lambda one: getattr(one, "name", ""))
def test_rises_are_those_of_the_definitions_in_whatever_order_rows_came(store, kind, values, step):
    one = ref(kind)
    lines = [(one, NOON + at * SECOND, value) for at, value in enumerate(values)]
    for some in (lines[1::3], lines[::3][::-1], lines[2::3]):
        store.append(token(), rows(kind, *some), rewrites=True)

    found = in_order(store.aggregate(kind, [one], NOON, NOON + 60 * SECOND, step, Parts.RISE))

    wanted = {NOON: (0.0, 0)}
    for (_, before_ns, before), (_, after_ns, after) in pairwise(lines):
        start = after_ns - after_ns % step if step else NOON
        rise = increase(value_of(before, kind), value_of(after, kind))
        if kind is Kind.BOOLEAN or before_ns < start or math.isnan(rise):
            rise, after_ns = 0.0, before_ns
        total, spent = wanted.get(start, (0.0, 0))
        wanted[start] = total + rise, spent + after_ns - before_ns
    got = zip(found.start.tolist(), found.rise.tolist(), found.spent.tolist(), strict=True)
    assert {start: (rise, spent) for start, rise, spent in got} == wanted


@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_deleted_is_seen_by_no_question(store, kind):
    one, other = ref(kind), ref(kind)
    values = dict(EXACT)[kind]
    for each in (one, other):
        store.append(
            token(), rows(kind, *((each, NOON + at, value) for at, value in enumerate(values)))
        )
    asked = (kind, [one, other], NOON, NOON + 9)
    store.aggregate(*asked, 1)  # so that buckets are kept

    store.erase([one], NOON + 1, NOON + 4)

    assert listed(store.select(kind, [one], NOON, NOON + 9)) == [
        (NOON, values[0]),
        (NOON + 4, values[4]),
    ]
    assert len(store.select(kind, [other], NOON, NOON + 9).times) == 5
    found = in_order(store.aggregate(*asked, 1, Parts.NONE))
    assert found.start[found.key == 0].tolist() == [NOON, NOON + 4]
    assert store.last(kind, [one], NOON).times.tolist() == [NOON + 4]
    store.erase([one], NOON, NOON + 9)
    assert not len(store.last(kind, [one], NOON).times)
    assert len(store.last(kind, [one, other], NOON).times) == 1


def test_what_is_written_after_a_deletion_stays_also_at_times_that_were_there(store):
    one, day = ref(), NOON + 50 * DAY
    store.append(token(), rows(Kind.FLOAT, (one, day, 1), (one, day + 1, 2), (one, day + 2, 3)))

    store.erase([one], day, day + 2)
    store.append(token(), rows(Kind.FLOAT, (one, day, 4)), rewrites=True)

    assert listed(store.select(Kind.FLOAT, [one], day, day + 9)) == [(day, 4), (day + 2, 3)]
    store.erase([one], day + 2, day + 3)
    assert listed(store.select(Kind.FLOAT, [one], day, day + 9)) == [(day, 4)]


def test_rewritten_times_are_deleted_with_all_that_was_written_of_them(store):
    one, day = ref(), NOON + 51 * DAY
    for value in (1, 2, 3):
        store.append(token(), rows(Kind.FLOAT, (one, day, value)), rewrites=True)

    store.erase([one], day, day + 1)

    assert not len(store.select(Kind.FLOAT, [one], day, day + 9).times)
    store.append(token(), rows(Kind.FLOAT, (one, day, 4)), rewrites=True)
    assert listed(store.select(Kind.FLOAT, [one], day, day + 9)) == [(day, 4)]


def test_a_token_that_was_seen_brings_nothing_back(store):
    one, name = ref(), token()
    store.append(name, rows(Kind.FLOAT, (one, NOON, 1)))
    store.erase([one], NOON, NOON + 1)

    store.append(name, rows(Kind.FLOAT, (one, NOON, 1)))

    assert not len(store.select(Kind.FLOAT, [one], NOON, NOON + 1).times)


def test_only_the_series_that_are_named_lose_anything(store):
    tags, fields = [next(_fresh) for _ in range(30)], [next(_fresh) for _ in range(30)]
    every = [
        SeriesRef(t, f, Series("m", (("n", str(t)),), str(f), kind))
        for t in tags
        for f in fields
        for kind in (Kind.FLOAT, Kind.INTEGER)
    ]
    for kind in (Kind.FLOAT, Kind.INTEGER):
        some = [one for one in every if one.series.kind is kind]
        store.append(token(), rows(kind, *((one, NOON, 1) for one in some)))
    for step in (2, 7):
        gone = every[:: 2 * step] if step == 2 else [one for at, one in enumerate(every) if at % 7]
        store.erase(gone, NOON - DAY, NOON + DAY)
        every = [one for one in every if one not in gone]

        for kind in (Kind.FLOAT, Kind.INTEGER):
            kept = [one for one in every if one.series.kind is kind]
            lost = [one for one in gone if one.series.kind is kind]
            assert len(store.select(kind, kept, NOON, NOON + 1).times) == len(kept)
            assert not len(store.select(kind, lost, NOON, NOON + 1).times)


def test_times_of_many_days_and_before_1970_are_deleted(store):
    one = ref(Kind.INTEGER)
    times = [-(1 << 62), -5 * DAY, -1, 0, DAY, NOON, 1 << 62]
    store.append(token(), rows(Kind.INTEGER, *((one, time, 1) for time in times)))

    store.erase([one], -(1 << 63), NOON)

    assert store.select(Kind.INTEGER, [one], -(1 << 63), (1 << 63) - 1).times.tolist() == times[5:]


def test_nothing_is_deleted_by_nothing(store):
    one = ref()
    store.append(token(), rows(Kind.FLOAT, (one, NOON, 1)))

    store.erase([], 0, NOON + 1)
    store.erase([one], NOON + 1, NOON)
    store.erase([ref()], 0, NOON + 1)

    assert listed(store.select(Kind.FLOAT, [one], NOON, NOON + 1)) == [(NOON, 1)]
