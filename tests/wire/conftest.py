"""Parts of docs/formats/link.md that are made from the code."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs/formats/link.md"


@pytest.fixture
def same_on_page() -> Callable[[str, str], None]:
    """Compare a marked part of the page; `REWRITE_PAGES=1 pytest tests/wire` writes it."""

    def check(name: str, text: str) -> None:
        page = PAGE.read_text()
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        part = re.search(f"{begin}(.*?){end}", page, re.DOTALL)
        assert part is not None, f"{PAGE.name} has no part {name!r}"
        if os.environ.get("REWRITE_PAGES"):
            PAGE.write_text(page[: part.start(1)] + text + page[part.end(1) :])
        else:
            assert part[1] == text

    return check
