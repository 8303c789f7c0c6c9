"""Write the generated pages of docs/reference. Usage: .venv/bin/python tools/reference.py."""

from pathlib import Path

from muster.cli.main import build_parser
from muster.cli.reference import render_commands, render_exits, settings_page
from muster.collectors import COLLECTORS, reference
from muster.collectors.probes import PROBES
from muster.hub.reference import http_page

FOLDER = Path(__file__).parents[1] / "docs/reference"
PAGES = {
    "collectors.md": lambda: reference.render(COLLECTORS, PROBES),
    "commands.md": lambda: render_commands(build_parser()),
    "exits.md": render_exits,
    "http.md": http_page,
    "settings.md": settings_page,
}

if __name__ == "__main__":
    for name, render in PAGES.items():
        (FOLDER / name).write_text(render())
