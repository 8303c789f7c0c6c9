"""Files of dashboards."""

import io
import sys
from pathlib import Path

import pytest

from muster.cli.dashboardfiles import BoardFile, located, read_board, read_text, write_text
from muster.errors import InputError


def test_a_file_is_read_with_its_id(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text('id = "a"\ntitle = "A"\n')
    board = read_board(path)

    assert (board.file, board.id, board.document.title) == (str(path), "a", "A")


def test_standard_input_is_read_for_a_hyphen(monkeypatch):
    class Input:
        buffer = io.BytesIO(b"text")

    monkeypatch.setattr(sys, "stdin", Input)

    assert read_text(Path("-")) == "text"


@pytest.mark.parametrize(
    ("told", "becomes"),
    [
        ("title: is short", "a.toml:2: title: is short"),
        ("panels[0].grid.w: no", "a.toml:4: panels[0].grid.w: no"),
        ("too many dashboards", "a.toml: too many dashboards"),
    ],
)
def test_what_is_said_of_a_key_gets_its_line(told, becomes):
    text = 'id = "a"\ntitle = "A"\n\n[[panels]]\nid = "p"\n'

    assert str(located(InputError(told), BoardFile("a.toml", text, "a", None))) == becomes


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    write_text(tmp_path / "a", "x")

    assert (tmp_path / "a").read_text() == "x"
    with pytest.raises(InputError, match="cannot be written"):
        write_text(tmp_path / "none" / "a", "x")
