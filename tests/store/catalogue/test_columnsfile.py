"""The index as columns: they count for one state of the catalogue's file, and for no other."""

import pytest

from muster.model.access import Scope
from muster.model.metric import Kind, Layout, Series
from muster.model.query import Selector
from muster.store.catalogue import catalogue as module
from muster.store.catalogue import columnsfile
from muster.store.catalogue.allowance import Settings
from muster.store.catalogue.catalogue import Catalogue
from muster.store.catalogue.cataloguefill import filled
from muster.store.catalogue.seriesindex import SeriesIndex
from muster.testing.cohorts import series_of

ODD = Series("odd", (("a,b", "c=d"), ("node", "n1"), ("ä", "f\\g")), "f", Kind.INTEGER)
SOME = (
    series_of("m", "a", node="n1", cpu="0"),
    series_of("m", "b", Kind.STRING, node="n1", cpu="0"),
    series_of("k", "a", node="n2", host="x"),
    ODD,
    Series("bare", (), "f", Kind.FLOAT),
)
STAMP, COUNTS = (1, 2, 3, 4), (4, 5, 5)


@pytest.fixture(autouse=True)
def few_are_enough(monkeypatch):
    monkeypatch.setattr(columnsfile, "FEWEST", 1)


@pytest.fixture
def never_rows(monkeypatch):
    """Rows are not read."""

    def refuse(file):
        raise AssertionError("rows are read")

    monkeypatch.setattr(module, "filled", refuse)


def index_of(*series):
    index = SeriesIndex()
    index.take_in(index.look(series))
    return index


def state(index):
    """All that can be asked of it."""
    refs = sorted(module.seriesfind.find(index, Selector(), None), key=repr)
    return (
        refs,
        {node: (index.series_of(node), index.name_bytes_of(node)) for node in index.nodes()},
        index.values_of("cpu"),
        {space: index.measurements(space) for space in ("s1", "")},
        sorted(index.tagsets.salts.values()),
        index.look(SOME).rows.tolist(),
    )


def opened(folder):
    catalogue = Catalogue(path=folder / "catalogue.sqlite", settings=Settings())
    catalogue.open()
    return catalogue


def left_behind(folder):
    """A catalogue that ended in order."""
    catalogue = opened(folder)
    catalogue.cohort("n1", Layout(SOME))
    catalogue.flush()
    catalogue.close()
    return folder / "catalogue.columns"


def test_an_index_comes_back_from_its_columns(tmp_path):
    index = index_of(*SOME)
    index.learn(series_of("m", "a", node="n3"), 5, 2)
    columnsfile.write(tmp_path / "c", index, STAMP, COUNTS)
    again = columnsfile.take(tmp_path / "c", STAMP, lambda: COUNTS)

    assert state(again) == state(index)
    assert again.name_hashes.all.tolist() == index.name_hashes.all.tolist()
    assert (tmp_path / "c").exists() is False


def test_series_without_tags_come_back(tmp_path):
    columnsfile.write(tmp_path / "c", index_of(SOME[-1]), STAMP, COUNTS)

    assert columnsfile.take(tmp_path / "c", STAMP, lambda: COUNTS).look(SOME[-1:]).rows[0] == 0


def test_what_is_gone_is_in_no_column(tmp_path):
    index = index_of(*SOME)
    index.remove(index.rows_of_node("n1"))
    columnsfile.write(tmp_path / "c", index, STAMP, COUNTS)
    again = columnsfile.take(tmp_path / "c", STAMP, lambda: COUNTS)

    assert again.total == again.keys.size == 2
    assert state(again)[:4] == state(index)[:4]


@pytest.mark.parametrize(
    ("stamp", "counts"), [((1, 2, 3, 5), COUNTS), (None, COUNTS), (STAMP, (4, 5, 6))]
)
def test_columns_of_another_state_count_for_nothing(tmp_path, stamp, counts):
    columnsfile.write(tmp_path / "c", index_of(*SOME), STAMP, COUNTS)

    assert columnsfile.take(tmp_path / "c", stamp, lambda: counts) is None
    assert columnsfile.take(tmp_path / "c", STAMP, lambda: COUNTS) is None  # they are gone


def test_no_damage_is_read(tmp_path):
    columnsfile.write(tmp_path / "c", index_of(*SOME), STAMP, COUNTS)
    whole = (tmp_path / "c").read_bytes()

    for at in range(0, len(whole), 7):
        other = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        for data in (other, whole[:at], whole + b"x"):
            (tmp_path / "c").write_bytes(data)
            assert columnsfile.take(tmp_path / "c", STAMP, lambda: COUNTS) is None


def test_a_start_after_an_end_in_order_reads_no_rows(tmp_path, never_rows, monkeypatch):
    with monkeypatch.context() as rows:
        rows.setattr(module, "filled", filled)
        columns = left_behind(tmp_path)
    assert columns.stat().st_mode & 0o777 == 0o600
    catalogue = opened(tmp_path)

    assert catalogue.series_total == len(SOME)
    assert len(catalogue.find(Selector(), Scope(None))) == len(SOME)
    assert not columns.exists()
    catalogue.close()
    assert columns.exists()


def test_rows_are_read_where_the_file_was_written_meanwhile(tmp_path):
    columns = left_behind(tmp_path)
    kept = columns.read_bytes()
    catalogue = opened(tmp_path)
    catalogue.cohort("n9", Layout((series_of("m", "z", node="n9"),)))
    catalogue.flush()
    catalogue.close()
    columns.write_bytes(kept)  # as a release that knows no columns leaves them

    assert opened(tmp_path).series_total == len(SOME) + 1


def test_rows_are_read_where_the_file_is_another(tmp_path):
    left_behind(tmp_path)
    path = tmp_path / "catalogue.sqlite"
    path.with_name("copy").write_bytes(path.read_bytes())
    path.with_name("copy").replace(path)

    assert opened(tmp_path).series_total == len(SOME)


def test_nothing_is_left_where_names_are_not_on_disk_or_the_file_is_in_use(tmp_path):
    catalogue = opened(tmp_path)
    catalogue.cohort("n1", Layout(SOME))
    catalogue.close()
    assert not (tmp_path / "catalogue.columns").exists()
    catalogue.open()
    catalogue.flush()
    (tmp_path / "catalogue.sqlite-wal").touch()
    other = opened(tmp_path)
    catalogue.close()

    assert not (tmp_path / "catalogue.columns").exists()
    other.close()


def test_nothing_is_left_where_the_file_has_more_than_memory(tmp_path, monkeypatch):
    catalogue = opened(tmp_path)
    catalogue.cohort("n1", Layout(SOME))
    catalogue.flush()
    with monkeypatch.context() as broken:
        broken.setattr(catalogue._file, "remove", lambda node, tagsets: None)
        catalogue.remove("n2")
    catalogue.close()

    assert not (tmp_path / "catalogue.columns").exists()


def test_few_series_leave_no_columns(tmp_path, monkeypatch):
    monkeypatch.setattr(columnsfile, "FEWEST", 6)

    assert not left_behind(tmp_path).exists()


def test_a_catalogue_that_ends_twice_or_was_never_open_leaves_what_is_there(tmp_path):
    columns = left_behind(tmp_path)
    catalogue = opened(tmp_path)
    catalogue.close()
    kept = columns.read_bytes()
    catalogue.close()
    Catalogue(path=tmp_path / "catalogue.sqlite", settings=Settings()).close()

    assert columns.read_bytes() == kept


def test_a_place_that_gives_and_takes_no_columns_stops_nothing(tmp_path, caplog):
    (tmp_path / "catalogue.columns").mkdir()
    catalogue = opened(tmp_path)
    assert "cannot be read" in caplog.text
    catalogue.cohort("n1", Layout(SOME))
    catalogue.flush()
    catalogue.close()

    assert "columns are not kept" in caplog.text
    assert not (tmp_path / "catalogue.columns-new").exists()
