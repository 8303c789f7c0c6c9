import io

import pytest

from muster.cli.files import read_secret_file
from muster.errors import InputError


def test_the_newline_at_the_end_is_no_part_of_a_secret(tmp_path):
    file = tmp_path / "token"
    file.write_text("hunter2\n")

    assert read_secret_file(file, "token").reveal() == "hunter2"


def test_a_dash_reads_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("hunter2\n"))

    assert read_secret_file("-", "token").reveal() == "hunter2"


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(InputError, match=r"token file .*none.* cannot be read: No such file"):
        read_secret_file(tmp_path / "none", "token")


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe"])
def test_an_empty_or_binary_file_is_refused(tmp_path, content):
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(InputError, match="token file"):
        read_secret_file(file, "token")
