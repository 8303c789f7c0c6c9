"""catalogue.sqlite: names and marks."""

import sqlite3

import pytest

from muster.errors import SettingsError, Unavailable
from muster.store.catalogue.cataloguefile import Additions, CatalogueFile, Marks

NOTHING = Additions([], [], [])


def names(file):
    """All that is on disk."""
    every = file.tagsets(), file.fields(), file.series()
    return Additions(*([row for rows in some for row in rows] for some in every))


@pytest.fixture
def file(tmp_path):
    opened = CatalogueFile(tmp_path / "c.sqlite")
    opened.open()
    yield opened
    opened.close()


def test_a_new_file_has_nothing_and_is_private(file, tmp_path):
    assert file.marks() == Marks(0, {}, {})
    assert names(file) == NOTHING
    assert (tmp_path / "c.sqlite").stat().st_mode & 0o777 == 0o600


def test_names_and_marks_are_there_after_a_start(file, tmp_path):
    written = Additions([(-5, "a=b", 0)], [(7, "m", "f", 2)], [(-5, 7, 1)])
    file.write(written, Marks(3, {("n", "e"): 9}, {("n", "m"): 100}))
    file.close()
    again = CatalogueFile(tmp_path / "c.sqlite")
    again.open()

    assert names(again) == written
    assert again.marks() == Marks(3, {("n", "e"): 9}, {("n", "m"): 100})
    again.close()


BEFORE = """
create table tagsets (hash integer primary key, text text not null, salt integer not null);
create table fields (
    hash integer primary key, measurement text not null, field text not null,
    salt integer not null);
create table series (
    tags integer, field integer, kind integer, primary key (tags, field, kind)) without rowid;
create table sequences (
    node text, epoch text, sequence integer not null, primary key (node, epoch)) without rowid;
create table newest (
    node text, measurement text, time_ns integer not null,
    primary key (node, measurement)) without rowid;
create table stored (one integer primary key check (one = 1), segment integer not null);
insert into stored values (1, 0);
insert into tagsets values (-5, 'a=b', 0);
insert into fields values (7, 'm', 'f', 2);
insert into series values (-5, 7, 1);
pragma user_version = 1;
"""


def test_a_file_whose_tag_sets_lie_by_hash_is_read_and_written(tmp_path):
    base = sqlite3.connect(tmp_path / "old.sqlite")
    base.executescript(BEFORE)
    base.close()
    file = CatalogueFile(tmp_path / "old.sqlite")
    file.open()
    file.write(Additions([(-5, "a=b", 0), (6, "a=c", 0)], [], [(6, 7, 1), (-5, 7, 1)]))
    file.remove("n", [-5])

    assert names(file) == Additions([(6, "a=c", 0)], [(7, "m", "f", 2)], [(6, 7, 1)])
    file.close()


def test_marks_only_go_forward(file):
    file.write(NOTHING, Marks(3, {("n", "e"): 9}, {("n", "m"): 100}))
    file.write(NOTHING, Marks(2, {("n", "e"): 8, ("n", "f"): 1}, {("n", "m"): 50}))

    assert file.marks() == Marks(3, {("n", "e"): 9, ("n", "f"): 1}, {("n", "m"): 100})


def test_a_name_can_be_written_twice(file):
    for _ in range(2):
        file.write(Additions([(1, "a=b", 0)], [], [(1, 2, 0)]))

    assert names(file).tagsets == [(1, "a=b", 0)]


def test_a_node_is_removed_with_its_marks(file):
    file.write(
        Additions([(1, "a=b", 0), (2, "a=c", 0)], [], [(1, 7, 0), (2, 7, 0)]),
        Marks(1, {("n", "e"): 9, ("k", "e"): 1}, {("n", "m"): 5, ("k", "m"): 6}),
    )
    file.remove("n", [1])

    assert names(file) == Additions([(2, "a=c", 0)], [], [(2, 7, 0)])
    assert file.marks() == Marks(1, {("k", "e"): 1}, {("k", "m"): 6})


def test_a_failed_write_changes_nothing(file):
    with pytest.raises(Unavailable, match="cannot be written"):
        file.write(Additions([(1, "a=b", 0)], [(1, object(), "f", 0)], []))

    assert names(file) == NOTHING


def test_a_file_of_a_later_release_is_refused(tmp_path):
    base = sqlite3.connect(tmp_path / "c.sqlite")
    base.execute("pragma user_version = 99")
    base.close()

    with pytest.raises(Unavailable, match="format 99"):
        CatalogueFile(tmp_path / "c.sqlite").open()


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "c.sqlite").write_bytes(b"no database, whatever its name says" * 100)

    with pytest.raises(SettingsError, match=r"c\.sqlite: not a catalogue.*from a backup"):
        CatalogueFile(tmp_path / "c.sqlite").open()


def test_a_place_where_no_file_can_be_is_said(tmp_path):
    with pytest.raises(Unavailable, match="cannot be opened"):
        CatalogueFile(tmp_path / "absent" / "c.sqlite").open()


def test_a_closed_file_says_so(tmp_path):
    with pytest.raises(Unavailable, match="not open"):
        CatalogueFile(tmp_path / "c.sqlite").marks()


def test_rows_that_cannot_be_made_leave_the_file_usable(file):
    with pytest.raises(ZeroDivisionError):
        file.write(Additions((1 // 0 for _ in range(1)), [], []))
    file.write(Additions([(1, "a=b", 0)], [], []))

    assert names(file) == Additions([(1, "a=b", 0)], [], [])
