"""Over sockets: tests/net/test_server.py."""

import asyncio

import pytest

from muster.errors import LimitExceeded
from muster.net.requestbody import TooSlow, read_body


class Http:
    def __init__(self, *parts, length=None, stalls=False):
        self.content_length, self.can_read_body, self.headers = length, True, {}
        self.parts, self.stalls, self.content = parts, stalls, self

    async def iter_any(self):
        for part in self.parts:
            yield part
        if self.stalls:
            await asyncio.Event().wait()


async def test_a_body_is_read_up_to_its_limit():
    assert await read_body(Http(b"ab", b"c"), 3, 60) == b"abc"
    with pytest.raises(LimitExceeded, match="over 2 bytes"):
        await read_body(Http(b"ab", b"c"), 2, 60)
    with pytest.raises(LimitExceeded, match="over 2 bytes"):
        await read_body(Http(length=3), 2, 60)


async def test_a_body_that_does_not_come_is_not_waited_for():
    with pytest.raises(TooSlow, match="too long"):
        await read_body(Http(b"a", stalls=True), 9, 0)
