"""Parts of docs/formats that are made from the code."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

FORMATS = Path(__file__).parents[2] / "docs/formats"


@pytest.fixture
def page() -> Path:
    """The page that tests of this folder speak of."""
    return FORMATS / "link.md"


@pytest.fixture
def same_on_page(page: Path) -> Callable[[str, str], None]:
    """Compare a marked part of the page; `REWRITE_PAGES=1 pytest tests/wire` writes it."""

    def check(name: str, text: str) -> None:
        written = page.read_text()
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        part = re.search(f"{begin}(.*?){end}", written, re.DOTALL)
        assert part is not None, f"{page.name} has no part {name!r}"
        if os.environ.get("REWRITE_PAGES"):
            page.write_text(written[: part.start(1)] + text + written[part.end(1) :])
        else:
            assert part[1] == text

    return check
