from pathlib import Path

import pytest


@pytest.fixture
def page() -> Path:
    """The page that these tests speak of."""
    return Path(__file__).parents[3] / "docs/formats/netdata-link.md"
