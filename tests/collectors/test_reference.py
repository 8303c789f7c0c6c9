from pathlib import Path

from muster.collectors import COLLECTORS
from muster.collectors.probes import PROBES
from muster.collectors.reference import render

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "collectors.md"


def test_the_page_is_what_the_declarations_say():
    assert PAGE.read_text() == render(COLLECTORS, PROBES), (
        "write it again: .venv/bin/python tools/reference.py"
    )


def test_every_collector_has_its_section_with_prose():
    page = render(COLLECTORS, PROBES)

    for collector in COLLECTORS:
        section = page.partition(f"## {collector.name}\n\n")[2].partition("\n## ")[0]
        assert len(section.splitlines()[0]) > 15
        assert f"Every {collector.interval_s} s" in section
