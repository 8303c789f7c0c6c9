import sys
from pathlib import Path

import pytest

from muster.testing.house import House

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def house():
    """A hub's people, nodes and CA in memory."""
    with House() as house:
        yield house
