import pytest

from muster.testing.house import House


@pytest.fixture
def house():
    """A hub's people, nodes and CA in memory."""
    with House() as house:
        yield house
