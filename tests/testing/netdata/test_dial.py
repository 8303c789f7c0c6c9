import asyncio
import ssl

import pytest

from muster.clock import SystemClock
from muster.net.tls import server_context
from muster.pki.authority import Authority, make_hierarchy
from muster.testing.netdata.certificates import self_signed
from muster.testing.netdata.dial import (
    Dialer,
    Place,
    Unreachable,
    format_request,
    trust_context,
    unchecked_context,
)
from muster.testing.netdata.violation import Violation


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://hub:8443/base", Place("hub", 8443, "/base")),
        ("https://hub", Place("hub", 443)),
        ("http://hub", Place("hub", 80)),
        ("wss://[::1]:1/mqtt", Place("::1", 1, "/mqtt")),
    ],
)
def test_a_place_has_a_port_even_where_the_url_has_none(url, place):
    assert Place.parse(url) == place


@pytest.mark.parametrize("url", ["", "hub:1", "https://hub:port"])
def test_a_url_without_a_host_is_none(url):
    with pytest.raises(ValueError, match=r"host|port"):
        Place.parse(url)


def test_a_request_says_no_port_and_no_type():
    data = format_request("POST", Place("hub", 8443), "/password", b"{}").decode()

    assert data.split("\r\n") == [
        "POST /password HTTP/1.1",
        "Host: hub",
        "User-Agent: Netdata/rocks newhttpclient",
        "Content-Length: 2",
        "",
        "{}",
    ]


async def test_a_reply_is_read_and_the_connection_closed(cloud):
    cloud.answers["/x"] = (418, b"tea")
    place = Place.parse(cloud.url)
    reply = await Dialer(None).ask(place, format_request("GET", place, "/x"), 5)

    assert (reply.status, reply.body) == (418, b"tea")


async def test_nobody_there_is_no_violation(cloud):
    place = Place("127.0.0.1", 1)

    with pytest.raises(Unreachable):
        await Dialer(None).ask(place, format_request("GET", place, "/x"), 5)


@pytest.mark.parametrize("signer", ["itself", "a CA"])
async def test_insecure_forgives_a_leaf_that_signed_itself_and_nothing_else(tmp_path, signer):
    now_ns = SystemClock().now_ns()
    pem = self_signed("other.example", now_ns)
    if signer == "a CA":
        issued = Authority(make_hierarchy(now_ns)).issue_server(["127.0.0.1"], now_ns=now_ns)
        pem = issued.key.reveal() + issued.chain
    (tmp_path / "server.pem").write_text(pem)
    context = server_context(tmp_path / "server.pem", minimum=ssl.TLSVersion.TLSv1_2)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", ssl=context)
    async with server:
        place = Place("127.0.0.1", server.sockets[0].getsockname()[1])
        if signer == "a CA":
            with pytest.raises(Unreachable, match="local issuer"):
                await Dialer(None, insecure=True).open(place)
        else:
            _, writer = await Dialer(None, insecure=True).open(place)
            writer.transport.abort()
        with pytest.raises(Unreachable):
            await Dialer(trust_context(pem)).open(place)  # of another name, or no root
        _, writer = await Dialer(unchecked_context()).open(place)
        writer.transport.abort()


async def test_bytes_behind_the_reply_are_one(cloud):
    cloud.answers["/x"] = (204, b"")
    place = Place.parse(cloud.url)
    twice = format_request("GET", place, "/x")
    cloud.extra = b"more"

    with pytest.raises(Violation, match="4 bytes behind"):
        await Dialer(None).ask(place, twice, 5)


class Hasty(Dialer):
    """Meets a hub that closes in the moment in which it answers."""

    async def open(self, place):
        reader = asyncio.StreamReader()
        reader.feed_data(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        reader.feed_eof()
        return reader, Sink()


class Sink:
    def write(self, data):
        pass

    async def drain(self):
        pass

    def close(self):
        pass

    async def wait_closed(self):
        pass


async def test_a_close_together_with_the_reply_is_a_violation():
    place = Place("hub", 443)

    with pytest.raises(Violation, match="closed together with the reply"):
        await Hasty(None).ask(place, format_request("GET", place, "/x"), 5)
