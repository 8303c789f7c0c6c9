import shutil

import numpy as np
import pytest

from muster.clock import DAY_NS
from muster.errors import InputError
from muster.model.metric import Kind, Series
from muster.ports.series import Parts, Rows, SeriesRef
from muster.store.engine import snapshot
from muster.store.engine.clickhouse import ClickHouse, Settings
from muster.store.engine.statements import HOUR_NS

REF = SeriesRef(1, 1, Series("m", (), "f", Kind.INTEGER))


def rows(times, values):
    hashes = np.full(len(times), 1, np.uint64)
    return {Kind.INTEGER: Rows(hashes, hashes, np.array(times), np.array(values))}


@pytest.fixture
def opened(whole_hours):
    """Opens engines one after the other; a process can have only one open."""
    stores = []

    def make(path):
        for store in stores:
            store.close()
        stores.append(ClickHouse(path=path, settings=Settings()))
        stores[-1].open()
        return stores[-1]

    yield make
    for store in stores:
        store.close()


def moved(frozen, folder):
    """The frozen parts as a restore finds them."""
    for table, parts in frozen.items():
        for part in parts:
            shutil.copytree(part, folder / table / part.name)
    return folder


def test_frozen_parts_make_an_engine_with_the_same_rows(tmp_path, opened):
    store = opened(tmp_path / "a")
    store.append("t:1", rows([5, 6, 7], [50, 60, 70]))
    store.append("t:2", rows([8], [80]))
    frozen = snapshot.freeze(store, tmp_path / "a")
    store.append("t:3", rows([9], [90]))  # comes too late for the backup
    counts = snapshot.rows_of(frozen)
    parts = moved(frozen, tmp_path / "parts")
    snapshot.thaw(tmp_path / "a")
    other = opened(tmp_path / "b")
    snapshot.attach(other, parts)
    found = other.select(Kind.INTEGER, [REF], 0, 100)

    assert found.patterns.tolist() == [50, 60, 70, 80]
    assert counts["integers"] == 4
    assert snapshot.count_rows(other) == counts
    assert not (tmp_path / "a" / "shadow" / snapshot.NAME).exists()


def test_what_was_deleted_just_before_does_not_come_back(tmp_path, opened):
    store = opened(tmp_path / "a")
    for day in range(40):
        store.append(f"t:{day}", rows([day * 86_400_000_000_000, day * 86_400_000_000_000 + 1],
                                      [1, 2]))  # fmt: skip
    store.erase([REF], 0, 10 * 86_400_000_000_000 + 1)
    frozen = snapshot.freeze(store, tmp_path / "a")
    parts = moved(frozen, tmp_path / "parts")
    other = opened(tmp_path / "b")
    snapshot.attach(other, parts)

    assert other.select(Kind.INTEGER, [REF], 0, 1 << 62).patterns.tolist() == [2, *[1, 2] * 29]
    assert snapshot.count_rows(other) == snapshot.rows_of(frozen)


def test_of_equal_times_the_last_written_stays_so_after_a_restore(tmp_path, opened):
    store = opened(tmp_path / "a")
    for number in range(12):
        store.append(f"t:{number}", rows([5], [number]), rewrites=True)
    parts = moved(snapshot.freeze(store, tmp_path / "a"), tmp_path / "parts")
    snapshot.attach(opened(tmp_path / "b"), parts)
    restored = opened(tmp_path / "b")

    assert restored.select(Kind.INTEGER, [REF], 0, 100).patterns.tolist() == [11]


def test_what_is_no_part_is_not_attached(tmp_path, opened):
    (tmp_path / "parts" / "floats" / "0_1_1_0' or 1").mkdir(parents=True)

    with pytest.raises(InputError, match="not a part"):
        snapshot.attach(opened(tmp_path / "a"), tmp_path / "parts")


def test_hours_that_are_all_that_is_left_of_a_day_are_taken_along(tmp_path, opened):
    store = opened(tmp_path / "a")
    hour = HOUR_NS
    store.append("t:1", rows([5, 6, DAY_NS, 2 * DAY_NS], [1, 1, 1, 1]))
    while store.roll(10 * DAY_NS):
        pass
    store.drop(DAY_NS, 0)  # of the first day the hours stay
    frozen = snapshot.freeze(store, tmp_path / "a")
    parts = moved(frozen, tmp_path / "parts")
    snapshot.thaw(tmp_path / "a")
    other = opened(tmp_path / "b")
    snapshot.attach(other, parts)
    other = opened(tmp_path / "b")
    found = other.aggregate(Kind.INTEGER, [REF], 0, 3 * DAY_NS, hour, Parts.NONE)

    counts = dict(zip((found.start // hour).tolist(), found.counts.tolist(), strict=True))
    assert counts == {0: 2, 24: 1, 48: 1}
    assert other.select(Kind.INTEGER, [REF], 0, DAY_NS).times.tolist() == []
