"""A hub, and the folder of an agent that has joined it."""

import pytest

from muster.agent.joining.claim import claim
from muster.clock import SystemClock
from muster.log import Secret
from muster.model.inventory import Facts
from muster.net.proxy import ProxySetting
from muster.testing.hub import FakeHub


@pytest.fixture
async def hub():
    async with FakeHub(clock=SystemClock()) as hub:
        yield hub


@pytest.fixture
async def folder(hub, tmp_path):
    await claim(
        tmp_path,
        Secret(hub.make_token()),
        clock=SystemClock(),
        facts=lambda: Facts(hostname="web"),
        proxy=ProxySetting("none"),
    )
    return tmp_path
