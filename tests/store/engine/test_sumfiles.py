"""Which hours have files of sums, and what they answer; beside test_rollups.py."""

from pathlib import Path

import numpy as np
import pytest

from muster.clock import DAY_NS, SECOND_NS
from muster.model.metric import Kind, Series
from muster.ports.series import Parts, Rows, SeriesRef
from muster.store.engine.clickhouse import ClickHouse, Settings
from muster.store.engine.statements import MINUTE_NS, TEN_NS
from muster.store.engine.sumfile import HOUR_NS

S = SECOND_NS
T0 = 20_000 * DAY_NS
FIRST = T0 // HOUR_NS
HOUR_BYTES = 9_100  # of one series: both widths


@pytest.fixture
def opened(tmp_path, whole_hours):
    """Opens stores one after the other; a process can have only one open."""
    stores = []

    def make(sums_bytes=1 << 20):
        for store in stores:
            store.close()
        settings = Settings(cache_bytes=0, sums_bytes=sums_bytes)
        stores.append(ClickHouse(path=tmp_path / "series", settings=settings))
        stores[-1].open()
        return stores[-1]

    yield make
    for store in stores:
        store.close()


def ref(number=1):
    return SeriesRef(number, 7, Series("m", (("n", str(number)),), "f", Kind.INTEGER))


def fill(store, *hours, number=1, at_s=0):
    """A value every ten seconds: 0, 1, 2 and so on from the first hour's start."""
    for hour in hours:
        times = T0 + hour * HOUR_NS + 10 * S * np.arange(360) + at_s * S
        hashes = np.full(360, number, np.uint64), np.full(360, 7, np.uint64)
        rows = Rows(*hashes, times, (times - T0) // (10 * S))
        store.append(f"{number}:{hour}:{at_s}", {Kind.INTEGER: rows})


def roll(store, now_ns=T0 + 2 * DAY_NS):
    while store.roll(now_ns):
        pass


def filed(store, width_ns=TEN_NS):
    return [hour - FIRST for hour in sorted(store._sums.hours(Kind.INTEGER, width_ns, Parts.TOTAL))]


def without_engine(store):
    """Takes the engine's sums and rows away, so that only files can answer."""
    for table in ("integers", "integers_tens", "integers_minutes"):
        store.manage(f"truncate table muster.{table}")


def asked(store, step_ns, parts, hours=(0, 2), number=1):
    start, end = (T0 + hour * HOUR_NS for hour in hours)
    return store.aggregate(Kind.INTEGER, [ref(number)], start, end, step_ns, parts)


def test_hours_that_are_whole_have_files_and_need_no_engine(opened):
    store = opened()
    fill(store, 0, 1, 2)
    roll(store)
    without_engine(store)

    assert filed(store) == filed(store, MINUTE_NS) == [0, 1]
    means = asked(store, 30 * S, Parts.TOTAL)
    assert means.start.tolist() == list(range(T0, T0 + 2 * HOUR_NS, 30 * S))
    assert set(means.counts.tolist()) == {3}
    assert means.total.tolist() == [9.0 * at + 3 for at in range(240)]
    every = asked(store, 300 * S, Parts.ALL)
    assert every.low.tolist() == every.first.tolist() == list(range(0, 720, 30))
    assert every.high.tolist() == every.last.tolist() == list(range(29, 720, 30))
    assert set(every.rise.tolist()) == {29.0}
    assert set(every.spent.tolist()) == {290 * S}
    assert (every.last_time - every.first_time == 290 * S).all()


def test_files_outlast_a_restart_but_not_their_marks(opened):
    store = opened()
    fill(store, 0, 1, 2)
    roll(store)
    store = opened()
    assert filed(store) == [0, 1]

    fill(store, 3)
    fill(store, 0, at_s=3)

    assert filed(store) == filed(store, MINUTE_NS) == []
    assert asked(store, 60 * S, Parts.NONE).counts.sum() == 3 * 360
    roll(store)  # begins to wait until the day has been at rest
    roll(store, T0 + 2 * DAY_NS + 3 * MINUTE_NS)
    assert filed(store) == [0, 1, 2]
    assert asked(store, 60 * S, Parts.NONE).counts.sum() == 3 * 360


def test_a_file_of_an_hour_without_marks_is_deleted_at_the_start(opened, tmp_path):
    store = opened()
    fill(store, 0, 1)
    roll(store)
    folder = tmp_path / "series-sums"
    (kept,) = folder.glob(f"*-{int(Kind.INTEGER)}-1.sums")
    for name in (f"{FIRST + 9}-1-1.sums", f"{FIRST}-1-7.sums", "x.new", f"{FIRST}-1-6.sums"):
        (folder / name).write_bytes(kept.read_bytes()[:50])

    store = opened()

    assert filed(store) == [0]
    assert [path.name for path in folder.glob("*-1.sums") if path.stat().st_size] != []
    assert not list(folder.glob("*.new"))
    assert asked(store, 60 * S, Parts.NONE, hours=(0, 1)).counts.sum() == 360


def test_the_newest_hours_are_kept_as_far_as_there_is_room(opened, monkeypatch):
    monkeypatch.setattr("muster.store.engine.sumfiles._SHARE", 2)
    store = opened(sums_bytes=2 * HOUR_BYTES)
    fill(store, *range(5))
    roll(store)

    held = filed(store)
    assert held == list(range(held[0], 4))
    assert 1 < len(held) < 4
    assert asked(store, 10 * S, Parts.NONE, hours=(0, 5)).counts.sum() == 5 * 360


def test_an_hour_that_is_too_large_or_no_room_at_all_leaves_it_to_the_engine(opened, tmp_path):
    store = opened(sums_bytes=HOUR_BYTES)  # of which one hour may have an eighth
    fill(store, 0, 1)
    roll(store)

    assert filed(store) == []
    assert not list((tmp_path / "series-sums").iterdir())
    assert asked(store, 10 * S, Parts.NONE).counts.sum() == 2 * 360
    fill(store, 2)
    store = opened(sums_bytes=0)
    roll(store)
    assert filed(store) == []


def test_series_without_sums_in_an_hour_have_none_there(opened):
    store = opened()
    fill(store, 0, 1, 2)
    fill(store, 1, number=2)
    roll(store)
    without_engine(store)

    assert asked(store, 60 * S, Parts.TOTAL, number=2).start.min() == T0 + HOUR_NS
    assert not len(asked(store, 60 * S, Parts.TOTAL, number=3).key)


def test_steps_that_cross_hours_are_cut_where_files_end(opened):
    store = opened()
    fill(store, 0, 1, 2, 3)
    roll(store)

    found = asked(store, 70 * S, Parts.TOTAL, hours=(0, 4))
    assert found.counts.sum() == 4 * 360
    assert len(set(found.start.tolist())) == len(found.start)


@pytest.mark.parametrize("unlinks", [True, False])
def test_a_disk_that_takes_nothing_costs_nothing_but_time(opened, unlinks, monkeypatch):
    store = opened()
    fill(store, 0, 1)

    def full(*_, **__):
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("muster.store.engine.sumfiles.write", full)
        if not unlinks:
            patch.setattr(Path, "unlink", full)
        roll(store)

    assert filed(store) == []
    assert asked(store, 10 * S, Parts.NONE).counts.sum() == 2 * 360
