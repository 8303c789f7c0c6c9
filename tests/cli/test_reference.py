from pathlib import Path

import pytest

from muster.agent.settings import AgentSettings
from muster.cli import reference
from muster.cli.main import build_parser
from muster.hub.settings import Settings

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


@pytest.mark.parametrize("kind", [Settings, AgentSettings])
def test_every_setting_says_what_it_means(kind):
    silent = [key for key, meaning in reference.meanings_of(kind).items() if not meaning]

    assert silent == [], "say it in a comment beside the field"
