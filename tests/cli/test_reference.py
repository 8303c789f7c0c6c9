from pathlib import Path

import pytest

from muster.cli import reference
from muster.cli.main import build_parser

FOLDER = Path(__file__).parents[2] / "docs/reference"
AGAIN = "write it again: .venv/bin/python tools/reference.py"


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("commands.md", lambda: reference.render_commands(build_parser())),
        ("exits.md", reference.render_exits),
        ("settings.md", reference.settings_page),
    ],
)
def test_the_page_says_what_the_code_does(name, page):
    assert (FOLDER / name).read_text() == page(), AGAIN


def test_every_command_has_its_section():
    page = reference.render_commands(build_parser())

    assert "## muster token create" in page
    assert "## muster agent claim" in page
