"""The segment that is being written."""

import pytest

from muster.errors import LimitExceeded
from muster.model.metric import Layout
from muster.store.catalogue.allowance import Settings
from muster.store.catalogue.catalogue import Catalogue
from muster.store.journal import segment
from muster.store.journal.segmentdisk import Disk
from muster.store.journal.tail import Tail, names_of
from muster.testing.cohorts import block_of, series_of
from muster.testing.storedisks import FailingDisk

HUB = "6a8d1c3e-0000-4000-8000-000000000001"
SIZE = 32 << 10
LAYOUT = Layout((series_of("m", "a"), series_of("m", "b", cpu="1")))


@pytest.fixture
def cohort(tmp_path):
    return Catalogue(path=tmp_path / "c.sqlite", settings=Settings()).cohort("n1", LAYOUT)


def tail_in(folder, disk=None, size=SIZE):
    return Tail(folder=folder, hub=HUB, segment_bytes=size, disk=disk or Disk())


def batch(cohort, sequence):
    return (("n1", "e", sequence), [(cohort, block_of(LAYOUT, {sequence: (1.0, 2.0)}))])


def records(file):
    data = file.path.read_bytes()
    return segment.read(data, segment.parse_header(data).sync, None).records


def test_names_stand_before_the_first_rows_and_once_more(tmp_path, cohort):
    tail = tail_in(tmp_path)
    for sequence in range(1, 5):
        tail.write([batch(cohort, sequence)])
    kinds = [record.kind for record in records(tail.end())]

    assert kinds == [1, 2, 1, 2, 2, 2]


def test_every_segment_restates_the_names(tmp_path, cohort):
    tail = tail_in(tmp_path)
    for sequence in (1, 2):
        tail.write([batch(cohort, sequence)])
        assert [record.kind for record in records(tail.end())] == [1, 2]


def test_a_segment_knows_where_the_one_before_ended(tmp_path, cohort):
    tail = tail_in(tmp_path)
    tail.write([batch(cohort, 1)])
    first = tail.end()
    tail.write([batch(cohort, 2)])
    second = segment.parse_header(tail.file.path.read_bytes())

    assert (second.number, second.previous_end, second.hub) == (2, first.end, HUB)
    assert second.sync != first.sync


def test_a_full_segment_takes_no_more(tmp_path, cohort):
    tail = tail_in(tmp_path, size=segment.DATA_START + 800)
    many = [batch(cohort, sequence) for sequence in range(1, 20)]
    count = tail.write(many)

    assert 0 < count < 19
    assert tail.write(many[count:]) == 0
    assert tail.end().end <= segment.DATA_START + 800


def test_a_batch_that_no_segment_can_hold_is_refused(tmp_path, cohort):
    tail = tail_in(tmp_path, size=segment.DATA_START + 100)

    with pytest.raises(LimitExceeded, match="larger than a journal segment"):
        tail.write([batch(cohort, 1), batch(cohort, 2)])


def test_a_free_file_is_used_again(tmp_path, cohort):
    Disk().create(tmp_path / "free-9", SIZE)
    tail = tail_in(tmp_path)
    tail.write([batch(cohort, 1)])

    assert [path.name for path in tmp_path.glob("*-*")] == []
    assert tail.file.path.name == "00000000000000000001.segment"


def test_the_next_segments_file_can_be_made_ahead(tmp_path, cohort):
    tail = tail_in(tmp_path)
    tail.prepare(0)
    tail.prepare(0)
    (ahead,) = tmp_path.glob("free-*")
    assert ahead.stat().st_size == SIZE

    tail.write([batch(cohort, 1)])
    assert not list(tmp_path.glob("free-*"))


def test_no_file_is_made_ahead_where_there_is_no_room(tmp_path):
    tail_in(tmp_path).prepare(1 << 62)
    assert not list(tmp_path.glob("free-*"))


def test_a_file_that_can_not_be_made_ahead_is_nobodys_trouble(tmp_path):
    disk = FailingDisk()
    disk.fail_at = {1}
    tail_in(tmp_path, disk).prepare(0)

    assert disk.calls == 1
    assert not list(tmp_path.glob("free-*"))


def test_a_file_that_can_not_be_made_leaves_nothing_behind(tmp_path, cohort):
    disk = FailingDisk()
    disk.broken = 28
    with pytest.raises(OSError, match="No space"):
        tail_in(tmp_path, disk).write([batch(cohort, 1)])

    assert list(tmp_path.glob("*e*")) == []


def test_salts_stand_in_the_names(cohort):
    salted = type(cohort)(
        1, "n1", LAYOUT, cohort.tags, cohort.fields, cohort.kinds, {int(cohort.fields[0]): 7}
    )

    assert [field[0] for field in names_of(salted).fields] == [7, 0]
