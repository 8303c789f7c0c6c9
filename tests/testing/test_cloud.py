"""The stand-in for a cloud answers as it is told, and takes no other key than the claimed one."""

import ssl

import msgspec
import pytest

from muster.clock import SystemClock
from muster.net.client import Target, request
from muster.testing.cloud import FakeCloud
from muster.testing.hub import FakeHub
from muster.testing.rsakeys import public_pem

ID = "0f6e1c52-9b1d-4f35-a7a3-53f0d7c0a911"
PATH = f"/api/v1/spaces/nodes/{ID}"


@pytest.fixture
async def cloud():
    async with FakeHub(clock=SystemClock()) as hub, FakeCloud(hub) as cloud:
        yield cloud


async def put(cloud, path=PATH, body=b"{}"):
    context = ssl.create_default_context(cadata=cloud.trust)
    target = Target(host="127.0.0.1", port=cloud.port, context=context)
    return await request(target, "PUT", path, body=body)


async def test_it_gives_the_answers_it_was_told_and_then_takes_every_claim(cloud):
    cloud.answers = [(503, b"busy")]
    body = msgspec.json.encode({"publicKey": public_pem()})
    first, second = await put(cloud), await put(cloud, body=body)

    assert (first.status, first.body, second.status) == (503, b"busy", 204)
    assert [each.path for each in cloud.claims] == [PATH, PATH]
    assert cloud.claims[1].body == body
    assert cloud.claims[1].headers["content-type"] == "application/json"


async def test_a_wish_is_answered_as_told(cloud):
    cloud.adoptions = [(404, b"")]

    assert (await put(cloud, f"{PATH}/certificate")).status == 404
    assert len(cloud.wishes) == 1
