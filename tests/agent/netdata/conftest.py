"""A cloud's stand-in, a hub behind it, and a place to claim from."""

import sys
from pathlib import Path

import pytest

from muster.agent.netdata.claiming import Place
from muster.agent.netdata.cloudfolder import CloudFolder
from muster.clock import SystemClock
from muster.net.proxy import ProxySetting
from muster.testing.cloud import FakeCloud
from muster.testing.hub import FakeHub
from muster.testing.rsakeys import rsa_key

# What these tests share lies beside them and is imported by name.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
async def hub():
    async with FakeHub(clock=SystemClock()) as hub:
        yield hub
        assert hub.errors == []


@pytest.fixture
async def cloud(hub):
    async with FakeCloud(hub) as cloud:
        yield cloud


@pytest.fixture
def place(tmp_path, cloud):
    """Trusts the cloud, and has a key pair already: making one takes long."""
    folder = CloudFolder(tmp_path)
    folder.make()
    folder.chain.write_text(cloud.trust)
    give_key(folder)
    return Place(
        data=tmp_path,
        lib=tmp_path,
        hostname="web-1",
        environment={},
        proxy=ProxySetting("environment"),
    )


def give_key(folder):
    from cryptography.hazmat.primitives import serialization

    pem = rsa_key().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    folder.private.write_bytes(pem)
    folder.private.chmod(0o600)
