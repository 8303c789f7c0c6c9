"""Questions to other servers: what goes out, what comes back, what is too much."""

import asyncio
import re
from contextlib import asynccontextmanager

import pytest
import uvloop

from muster.errors import InputError, SettingsError, Unavailable
from muster.net import fetch
from muster.net.fetch import Fetcher


@asynccontextmanager
async def server(answer):
    """A server that answers everything alike, and what it heard."""
    heard = []

    async def serve(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int((re.findall(r"(?i)content-length: (\d+)", head) or [0])[0])
        heard.append((head, await reader.readexactly(length)))
        writer.write(answer)
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", heard


def http(body=b"{}", status="200 OK", **headers):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {text}" for name, text in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def test_a_question_is_asked_with_its_query():
    async with server(http(b'{"a":1}')) as (url, heard):
        answer = await Fetcher()(f"{url}/x/y?z=1")

    assert (answer.status, answer.body) == (200, b'{"a":1}')
    assert heard[0][0].startswith("GET /x/y?z=1 HTTP/1.1\r\n")
    assert "Accept: application/json" in heard[0][0]


async def test_a_form_is_posted_as_one():
    async with server(http()) as (url, heard):
        await Fetcher()(url, form={"code": "a b&c"}, headers={"Authorization": "Basic x"})

    head, body = heard[0]
    assert head.startswith("POST / HTTP/1.1\r\n")
    assert "Content-Type: application/x-www-form-urlencoded" in head
    assert "Content-Type: application/json" not in head
    assert "Authorization: Basic x" in head
    assert body == b"code=a+b%26c"


async def test_a_redirect_is_an_answer_and_is_not_followed():
    async with server(http(status="302 Found", Location="http://evil.example/")) as (url, heard):
        answer = await Fetcher()(url)

    assert answer.status == 302
    assert len(heard) == 1


async def test_an_answer_without_end_is_cut_off(monkeypatch):
    monkeypatch.setattr(fetch, "MAX_BODY", 100)
    async with server(http(b"x" * 101)) as (url, _):
        with pytest.raises(Unavailable):
            await Fetcher()(url)


async def test_who_does_not_speak_http_or_is_not_there_is_away():
    async with server(b"SSH-2.0-x\r\n\r\n") as (url, _):
        with pytest.raises(Unavailable):
            await Fetcher()(url)
    with pytest.raises(Unavailable):
        await Fetcher()(url)


@pytest.mark.parametrize("url", ["ftp://a/b", "https://", "nonsense", "http://a:x/", "http://[a/"])
async def test_what_is_no_address_is_refused(url):
    with pytest.raises(InputError):
        await Fetcher()(url)


async def test_a_ca_file_that_cannot_be_used_is_named(tmp_path):
    file = tmp_path / "ca.pem"
    file.write_text("no certificate")

    with pytest.raises(SettingsError, match=r"ca\.pem"):
        await Fetcher(ca_file=file)("https://127.0.0.1:1/")


def test_it_works_on_the_loop_that_hubs_run_on():
    async def ask():
        async with server(http()) as (url, _):
            return await Fetcher()(url)

    assert uvloop.run(ask()).status == 200
