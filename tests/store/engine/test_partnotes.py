"""A process that is killed between a part's note and the part loses no rows by it."""

import numpy as np
import pytest

from muster.model.metric import Kind, Series
from muster.ports.series import Rows, SeriesRef
from muster.store.engine.clickhouse import ClickHouse, Settings
from muster.store.engine.partnotes import mend

DAY_NS = 86_400_000_000_000
REF = SeriesRef(1, 1, Series("m", (), "f", Kind.INTEGER))


@pytest.fixture
def table(tmp_path):
    folder = tmp_path / "store/abc/abcdef"
    (folder / "deduplication_logs").mkdir(parents=True)
    return folder


def notes_of(table, number=1):
    return table / f"deduplication_logs/deduplication_log_{number}.txt"


def kept(tmp_path, table, parts, notes):
    for part in parts:
        (table / part).mkdir()
    notes_of(table).write_text(notes)
    mend(tmp_path)
    return notes_of(table).read_text()


def test_a_note_of_a_part_that_is_not_there_is_struck_out(tmp_path, table):
    notes = "1\t20_1_1_0\t20_5\n1\t20_2_2_0\t20_6\n"

    assert kept(tmp_path, table, ["20_1_1_0", "21_2_2_0"], notes) == "1\t20_1_1_0\t20_5\n"


@pytest.mark.parametrize("part", ["20_2_2_1", "20_1_7_2", "20_2_2_1_9"])
def test_a_part_is_there_by_itself_merged_or_with_rows_deleted(tmp_path, table, part):
    notes = "1\t20_2_2_1\t20_6\n"

    assert kept(tmp_path, table, [part], notes) == notes


@pytest.mark.parametrize("part", ["tmp_insert_20_2_2_1", "tmp_merge_20_1_7_2", "20_3_9_1", "20"])
def test_what_is_under_way_is_no_part(tmp_path, table, part):
    assert kept(tmp_path, table, [part], "1\t20_2_2_1\t20_6\n") == ""


def test_what_was_forgotten_stays_so_and_a_note_that_broke_off_goes(tmp_path, table):
    notes = "2\t20_1_1_0\t20_5\n1\t20_2_2_0\t20_"

    assert kept(tmp_path, table, ["20_2_2_0"], notes) == "2\t20_1_1_0\t20_5\n"


def test_all_notes_are_looked_at_and_true_ones_are_not_touched(tmp_path, table):
    notes_of(table, 1).write_text("1\t20_1_1_0\t20_5\n")
    notes_of(table, 2).write_text("1\t20_2_2_0\t20_6\n")
    (table / "20_1_1_0").mkdir()
    before = notes_of(table, 1).stat()

    assert mend(tmp_path) == 1
    assert notes_of(table, 1).stat() == before
    assert notes_of(table, 2).read_text() == ""


def test_a_folder_that_is_new_has_no_notes(tmp_path):
    assert mend(tmp_path) == 0


def rows(*times):
    ones = np.ones(len(times), np.uint64)
    return {Kind.INTEGER: Rows(ones, ones, np.array(times), np.arange(len(times)))}


def opened(path):
    store = ClickHouse(path=path, settings=Settings())
    store.open()
    return store


def test_rows_whose_part_was_under_way_are_taken_once_more(tmp_path):
    path = tmp_path / "series"
    store = opened(path)
    store.append("t:1", rows(5, 6))
    store.append("t:2", rows(7, DAY_NS))
    store.close()
    (gone,) = path.glob("store/*/*/0_2_2_*")
    gone.rename(tmp_path / "gone")  # its note was written before it was in its place
    store = opened(path)
    for token, some in (("t:1", rows(5, 6)), ("t:2", rows(7, DAY_NS))):
        store.append(token, some)
        store.append(token, some)
    try:
        assert store.select(Kind.INTEGER, [REF], 0, 2 * DAY_NS).times.tolist() == [5, 6, 7, DAY_NS]
    finally:
        store.close()
