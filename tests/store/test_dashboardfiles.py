"""Dashboards on disk."""

import os

import pytest

from muster.errors import Unavailable
from muster.store.dashboardfiles import DashboardFolders

SPACE = "0a0a0a0a-0000-4000-8000-000000000000"
OTHER = "0b0b0b0b-0000-4000-8000-000000000000"


@pytest.fixture
def files(tmp_path):
    return DashboardFolders(tmp_path / "dashboards", built_in=tmp_path / "wheel")


def test_what_is_written_is_found_in_its_space_alone(files, tmp_path):
    files.write(SPACE, "disks", "one")
    files.write(SPACE, "disks", "two")
    (found,) = files.of_space(SPACE)

    assert (found.id, found.text, found.error) == ("disks", "two", "")
    assert found.name == f"dashboards/{SPACE}/disks.toml"
    assert files.of_space(OTHER) == []
    path = tmp_path / "dashboards" / SPACE / "disks.toml"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_is_read_again_when_it_has_changed(files, tmp_path):
    files.write(SPACE, "disks", "one")
    (first,) = files.of_space(SPACE)
    (again,) = files.of_space(SPACE)
    (tmp_path / "dashboards" / SPACE / "disks.toml").write_text("by hand")
    (changed,) = files.of_space(SPACE)

    assert again is first
    assert changed.text == "by hand"


def test_a_removed_file_is_gone_and_may_be_removed_twice(files):
    files.write(SPACE, "disks", "one")
    for _ in range(2):
        files.remove(SPACE, "disks")
    files.remove(OTHER, "disks")

    assert files.of_space(SPACE) == []


def test_what_is_no_dashboard_is_not_looked_at(files, tmp_path):
    files.write(SPACE, "disks", "one")
    folder = tmp_path / "dashboards" / SPACE
    (folder / "README").write_text("x")
    (folder / "Up.toml").write_text("x")
    (folder / "folder.toml").mkdir()

    assert [file.id for file in files.of_space(SPACE)] == ["disks"]


def test_a_file_that_cannot_be_read_says_why(files, tmp_path):
    files.write(SPACE, "a", "")
    folder = tmp_path / "dashboards" / SPACE
    (folder / "a.toml").write_bytes(b"\xff")
    (folder / "large.toml").write_bytes(b"")
    os.truncate(folder / "large.toml", 5 << 20)
    first, large = files.of_space(SPACE)

    assert first.error.endswith("a.toml: is not UTF-8")
    assert "at most" in large.error


@pytest.mark.parametrize("id", ["../x", "", "A", "a/b", "a" * 64])
def test_no_id_names_another_file(files, id):
    with pytest.raises(ValueError, match="not the id"):
        files.write(SPACE, id, "x")
    with pytest.raises(ValueError, match="not the id"):
        files.of_space("..")


def test_a_disk_that_refuses_is_told(files, tmp_path):
    (tmp_path / "dashboards").write_text("no folder")

    with pytest.raises(Unavailable):
        files.write(SPACE, "a", "x")
    with pytest.raises(Unavailable):
        files.of_space(SPACE)


def test_those_of_the_wheel_are_built_in(files, tmp_path):
    (tmp_path / "wheel").mkdir()
    (tmp_path / "wheel" / "disks.toml").write_text("one")
    (found,) = files.built_in()

    assert (found.id, found.text, found.changed_ns) == ("disks", "one", 0)


def test_a_removed_space_takes_its_files_along_and_nothing_else(files, tmp_path):
    for space in (SPACE, OTHER):
        files.write(space, "disks", "one")
    files.of_space(SPACE)
    files.remove_space(SPACE)
    files.remove_space(SPACE)

    assert not (tmp_path / "dashboards" / SPACE).exists()
    assert files.of_space(SPACE) == []
    assert len(files.of_space(OTHER)) == 1


def test_what_somebody_put_beside_dashboards_stays(files, tmp_path):
    files.write(SPACE, "disks", "one")
    note = tmp_path / "dashboards" / SPACE / "notes.txt"
    note.write_text("mine")
    files.remove_space(SPACE)

    assert [path.name for path in note.parent.iterdir()] == ["notes.txt"]
