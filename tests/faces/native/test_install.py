import hashlib
import json
from pathlib import Path

import pytest

from muster.clock import ManualClock
from muster.core.connecting.kit import SCRIPT
from muster.errors import NotFound
from muster.faces.native.install import InstallFace
from muster.hub.kits.bundle import Bundle, InstallSettings
from muster.net.http import Public, Request


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return Bundle(
        tmp_path_factory.mktemp("install"),
        InstallSettings(standalone=False, wheels=Path("none")),
        ManualClock(),
    )


async def get(source, path, **match):
    (route,) = [route for route in InstallFace(source).routes() if route.path == path]
    assert route.allow is Public.ASSET
    return await route.handler(Request(method="GET", path=path, match=match))


async def body_of(answer):
    return b"".join([part async for part in answer.stream])


async def test_the_manifest_tells_what_the_files_are(source):
    told = json.loads((await get(source, "/install/manifest.json")).body)

    for file in told["files"]:
        answer = await get(source, "/install/files/{name}", name=file["name"])
        body = await body_of(answer)
        assert hashlib.sha256(body).hexdigest() == file["sha256"]
        assert answer.headers["Content-Length"] == str(len(body)) == str(file["size"])
    assert told["builds"]
    assert "texts" not in told


async def test_the_script_is_served_under_its_own_name(source):
    answer = await get(source, "/install/kickstart.sh")

    assert (await body_of(answer)).startswith(b"#!/bin/sh\n")
    assert answer.content_type == "text/x-shellscript"
    again = await get(source, "/install/files/{name}", name=SCRIPT)
    assert int(again.headers["Content-Length"]) > 10_000


@pytest.mark.parametrize("name", ["kit.json", "..", "../../records.sqlite", "%2e%2e/x", ""])
async def test_nothing_beside_the_kit_is_served(source, name):
    with pytest.raises(NotFound):
        await get(source, "/install/files/{name}", name=name)
