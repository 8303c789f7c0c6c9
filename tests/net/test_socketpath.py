"""Names of unix sockets in deep folders."""

from pathlib import Path

import pytest

from muster.net.socketpath import MOST_BYTES, short_path


def test_a_long_socket_path_gets_a_short_name(tmp_path):
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    (deep / "a.sock").touch()

    with short_path(deep / "a.sock") as name:
        assert len(name) < MOST_BYTES
        assert Path(name).exists()
    assert not Path(name).exists()


def test_bytes_count_and_not_characters(tmp_path):
    deep = tmp_path / ("é" * 50)
    deep.mkdir()

    with short_path(deep / "a.sock") as name:
        assert name.startswith("/proc/self/fd/")


def test_a_path_that_fits_stays():
    with short_path(Path("/run/a.sock")) as name:
        assert name == "/run/a.sock"


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), short_path(tmp_path / ("d" * 120) / "a.sock"):
        pass
