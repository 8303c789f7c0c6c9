import sys
from pathlib import Path

import pytest

# The stand-in for a hub lies beside these tests and is imported by name.
sys.path.insert(0, str(Path(__file__).parent))

from standincloud import Cloud


@pytest.fixture
async def cloud():
    async with Cloud() as made:
        yield made
