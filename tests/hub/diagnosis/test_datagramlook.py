import asyncio
import json

import pytest

from muster.hub.diagnosis import datagramlook
from muster.hub.places import Places


def state(port=8089, dropped=0, by_kernel=0, refused=0):
    return {
        "port": port,
        "datagrams": {"received": 5, "dropped": dropped, "dropped_by_kernel": by_kernel},
        "points": 4,
        "refused": refused,
        "error": "unable to parse",
    }


@pytest.mark.parametrize(
    ("told", "ok", "text"),
    [
        ({}, True, "none are taken"),
        (state(port=0), True, "none are taken"),
        (state(), True, "5 came, 4 points were written"),
        (state(dropped=1, by_kernel=2), None, "1 were dropped by the hub and 2 by the kernel"),
        (state(refused=3), None, "3 lines were refused: unable to parse"),
    ],
)
def test_what_came_is_judged(told, ok, text):
    found = datagramlook.judge(told)

    assert (found.ok, text in found.text) == (ok, True)


async def test_a_running_hub_is_asked(tmp_path):
    places = Places(tmp_path)

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        body = json.dumps(state()).encode()
        writer.write(b"HTTP/1.1 200 x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_unix_server(serve, places.socket):
        assert (await datagramlook.look(places)).ok is True
    places.socket.unlink(missing_ok=True)
    assert (await datagramlook.look(places)).ok is None
