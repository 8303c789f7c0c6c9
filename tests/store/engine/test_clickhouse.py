"""What is special of the embedded engine; the port's promises are in tests/conformance."""

import threading
from datetime import timedelta

import numpy as np
import pytest

from muster.errors import LimitExceeded, Unavailable
from muster.model.metric import Kind, Series
from muster.ports.series import Rows, SeriesRef
from muster.store.engine.clickhouse import ClickHouse, Settings

DAY = 86_400_000_000_000


def ref(number):
    return SeriesRef(number, number, Series("m", (), f"f{number}", Kind.INTEGER))


def rows(number, times):
    count = len(times)
    hashes = np.full(count, number, np.uint64)
    return {Kind.INTEGER: Rows(hashes, hashes, np.array(times), np.arange(count))}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "series"


@pytest.fixture
def opened(path):
    """Opens stores one after the other; a process can have only one open."""
    stores = []

    def make(**settings):
        for store in stores:
            store.close()
        stores.append(ClickHouse(path=path, settings=Settings(**settings)))
        stores[-1].open()
        return stores[-1]

    yield make
    for store in stores:
        store.close()


def test_rows_and_tokens_survive_a_restart(opened):
    opened().append("t:1", rows(1, [5, 6]))
    store = opened()
    store.append("t:1", rows(1, [5, 6]))
    store.append("t:2", rows(1, [7]))

    assert store.aggregate(Kind.INTEGER, [ref(1)], 0, 9, 0).counts.tolist() == [3]


def test_days_with_rewritten_times_are_remembered_over_a_restart(opened):
    store = opened()
    store.append("t:1", rows(1, [5, 6]))
    store.append("t:2", rows(1, [5]), rewrites=True)
    store = opened()

    assert store.select(Kind.INTEGER, [ref(1)], 0, 9).times.tolist() == [5, 6]
    assert store.aggregate(Kind.INTEGER, [ref(1)], 0, 9, 0).counts.tolist() == [2]


@pytest.mark.parametrize("step_ns", [0, DAY])
def test_a_question_that_waits_for_the_start_knows_of_rewritten_times(
    opened, path, monkeypatch, step_ns
):
    store = opened()
    store.append("t:1", rows(1, [5, 6]))
    store.append("t:2", rows(1, [6, 7]), rewrites=True)
    store.close()
    again = ClickHouse(path=path, settings=Settings())
    monkeypatch.setattr(again, "_wait", again.open)  # it is ready once it was waited for

    assert again.aggregate(Kind.INTEGER, [ref(1)], 0, 9, step_ns).counts.tolist() == [3]
    again.close()


def test_an_answer_that_is_too_large_is_refused(opened):
    store = opened(answer_rows=1000)
    store.append("t:1", rows(1, range(70_000)))

    with pytest.raises(LimitExceeded, match="too large"):
        store.select(Kind.INTEGER, [ref(1)], 0, 1 << 40)
    assert len(store.select(Kind.INTEGER, [ref(1)], 0, 900).times) == 900


def test_questions_of_many_threads_share_the_readers(opened):
    store = opened()
    store.append("t:1", rows(1, range(100)))
    counts = []

    def ask():
        counts.extend(len(store.select(Kind.INTEGER, [ref(1)], 0, 100).times) for _ in range(10))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counts == [100] * 60


def test_before_the_start_and_after_the_end_it_is_unavailable(path):
    store = ClickHouse(path=path, settings=Settings(start=timedelta(0)))
    with pytest.raises(Unavailable, match="still starting"):
        store.select(Kind.INTEGER, [ref(1)], 0, 9)
    store.close()
    store.open()

    with pytest.raises(Unavailable, match="still starting"):
        store.append("t:1", rows(1, [1]))
    assert not path.exists()


def test_a_closed_engine_says_so(opened):
    store = opened()
    store.close()
    store.close()

    with pytest.raises(Unavailable, match="closed"):
        store.append("t:1", rows(1, [1]))
    with pytest.raises(Unavailable, match="closed"):
        store.select(Kind.INTEGER, [ref(1)], 0, 9)


def test_a_folder_that_can_not_be_used_is_unavailable(path):
    path.write_text("a file, not a folder")

    with pytest.raises(Unavailable):
        ClickHouse(path=path, settings=Settings()).open()
