"""What rows take, by tag set; and the room of deleted ones."""

import numpy as np
import pytest

from muster.clock import DAY_NS
from muster.model.metric import Kind, Series
from muster.ports.series import Rows, SeriesRef
from muster.store.engine.clickhouse import ClickHouse, Settings

DAY = 20_000
T0 = DAY * DAY_NS


@pytest.fixture
def store(tmp_path, whole_hours):
    opened = ClickHouse(path=tmp_path / "series", settings=Settings())
    opened.open()
    yield opened
    opened.close()


def rows(kind, tags, count, start=T0):
    times = start + np.arange(count) * 1_000_000_000
    hashes = np.full(count, tags, np.uint64)
    texts = ["x"] * count if kind is Kind.STRING else None
    return {kind: Rows(hashes, np.full(count, 7, np.uint64), times, np.arange(count), texts)}


@pytest.fixture
def still(store):
    """A store whose parts stay as they are: two readings of their sizes can be compared."""
    store.manage("system stop merges")
    yield store
    store.manage("system start merges")


def on_disk(store):
    (line,) = store.manage("select sum(bytes_on_disk) from system.parts where active "
                           "and database = 'muster' and partition = '20000'")  # fmt: skip
    return int(line)


def test_a_days_bytes_are_shared_out_by_rows(still):
    still.append("t:1", rows(Kind.FLOAT, 1, 3_000) | rows(Kind.STRING, 2, 500))
    still.append("t:2", rows(Kind.FLOAT, 2, 1_000, T0 + DAY_NS // 2))
    still.append("t:3", rows(Kind.FLOAT, 1, 9_000, T0 + DAY_NS))
    found, covered_ns = still.usage(DAY)

    assert covered_ns == DAY_NS // 2 + 999 * 1_000_000_000
    assert set(found) == {1, 2}
    assert sum(found.values()) == pytest.approx(on_disk(still))
    assert found[1] > found[2]
    assert still.usage(DAY + 5) == ({}, 0)


def test_with_sums_it_comes_to_nearly_the_same(still):
    for tags in (1, 2):
        still.append(f"t:{tags}", rows(Kind.FLOAT, tags, 7_200 * tags))
    before = still.usage(DAY).bytes
    while still.roll(T0 + 2 * DAY_NS):
        pass
    after = still.usage(DAY).bytes

    assert sum(after.values()) == pytest.approx(on_disk(still))
    assert after[2] / after[1] == pytest.approx(before[2] / before[1], rel=0.5)


def test_deleted_rows_of_a_day_that_is_over_give_their_room_back(store):
    store.append("t:1", rows(Kind.INTEGER, 1, 50_000))
    store.append("t:2", rows(Kind.INTEGER, 2, 10, T0 + 3 * DAY_NS))
    ref = SeriesRef(1, 7, Series("m", (("n", "1"),), "f", Kind.INTEGER))
    store.erase([ref], T0 + 1_000_000_000, T0 + DAY_NS)
    store.manage("alter table muster.integers delete where 0 settings mutations_sync = 1")
    full = on_disk(store)
    store.drop(T0)
    store.manage("alter table muster.integers delete where 0 settings mutations_sync = 1")

    assert on_disk(store) < full / 10
    assert len(store.select(Kind.INTEGER, [ref], T0, T0 + DAY_NS).times) == 1
