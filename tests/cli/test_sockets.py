import socket

import pytest

from muster.cli.sockets import is_answered


def test_who_listens_answers_and_who_has_ended_does_not(tmp_path):
    path = tmp_path / ("a-long-folder-name" * 6) / "hub.sock"
    path.parent.mkdir()
    assert not is_answered(path)

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(path.parent)
            listener.bind(path.name)
        listener.listen()
        assert is_answered(path)
    assert path.exists()
    assert not is_answered(path)


def test_a_path_through_a_file_has_nobody(tmp_path):
    (tmp_path / "file").touch()

    assert not is_answered(tmp_path / "file" / "hub.sock")
