import asyncio
import json

import pytest

from muster.hub.diagnosis import forwardlook
from muster.hub.places import Places


def lane(error="", waiting=0, dropped=0, refused=0):
    return {
        "title": {"name": "s", "kind": "forward"},
        "queue": {"waiting_points": waiting, "dropped_points": dropped, "refused_points": refused},
        "destinations": [{"url": "http://there:1/write", "failing": bool(error), "error": error}],
    }


LEFT = lane(waiting=9) | {"title": {"name": "lab", "kind": "leftover"}, "destinations": []}


@pytest.mark.parametrize(
    ("lanes", "ok", "text"),
    [
        ([], True, "to nobody"),
        ([lane()], True, "1 ways out"),
        ([lane(), lane("refused", 7)], None, "takes nothing (refused); 7 points wait"),
        ([lane("a"), lane("b")], None, "1 more: muster forward list"),
        ([lane(), LEFT], None, "9 points wait for lab, which settings name no more"),
        ([lane(dropped=3, refused=4)], None, "3 points were dropped"),
    ],
)
def test_what_is_sent_on_is_judged(lanes, ok, text):
    found = forwardlook.judge(lanes)

    assert (found.ok, text in found.text) == (ok, True)
    assert bool(found.remedy) == (ok is None)


async def test_a_running_hub_is_asked(tmp_path):
    places = Places(tmp_path)
    asked = []

    async def serve(reader, writer):
        asked.append((await reader.readuntil(b"\r\n\r\n")).split()[1])
        body = json.dumps([lane()]).encode()
        writer.write(b"HTTP/1.1 200 x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_unix_server(serve, places.socket):
        found = await forwardlook.look(places)

    assert (found.ok, asked) == (True, [b"/api/v1/forwards"])
    places.socket.unlink(missing_ok=True)
    assert (await forwardlook.look(places)).ok is None
