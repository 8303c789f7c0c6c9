import asyncio
import contextlib
import socket
import ssl
from pathlib import Path

import pytest

from muster.clock import DAY_NS, SystemClock
from muster.errors import SettingsError
from muster.model.identity import Identity
from muster.model.ids import NodeId, SpaceId
from muster.net.client import Target, hang_up, request
from muster.net.tls import (
    TlsRefused,
    client_context,
    server_context,
    untrusting_context,
)
from muster.pki import keys
from muster.pki.authority import Authority, make_hierarchy


def test_a_broken_certificate_names_its_file(tmp_path):
    file = tmp_path / "server.pem"
    file.write_text("no certificate")

    with pytest.raises(SettingsError) as error:
        server_context(file)

    assert error.value.file == str(file)


def test_a_missing_certificate_names_its_file(tmp_path):
    with pytest.raises(SettingsError, match="cannot be used"):
        server_context(tmp_path / "none.pem", minimum=ssl.TLSVersion.TLSv1_2)


# What a client makes of a handshake that fails: real handshakes over loopback.

NOW_NS = SystemClock().now_ns()
YEAR_NS = 365 * DAY_NS
HUB = Authority(make_hierarchy(NOW_NS))
OTHER = Authority(make_hierarchy(NOW_NS))
PAST = Authority(make_hierarchy(NOW_NS - 4 * YEAR_NS))
FUTURE = Authority(make_hierarchy(NOW_NS + YEAR_NS))
SPACE = SpaceId("5d1c7a52-0000-4000-8000-000000000001")


def server_file(folder: Path, authority: Authority, at_ns: int, *names: str) -> Path:
    issued = authority.issue_server(names or ("127.0.0.1",), now_ns=at_ns)
    file = folder / "server.pem"
    file.write_text(issued.key.reveal() + issued.chain)
    return file


def agent_files(folder: Path, authority: Authority, at_ns: int) -> tuple[Path, Path]:
    key = keys.make_key()
    node = NodeId("0de00000-0000-4000-8000-000000000001")
    identity = Identity(authority.hub, SPACE, node)
    issued = authority.issue_agent(keys.make_request(key), identity, now_ns=at_ns)
    (folder / "key.pem").write_text(key.reveal())
    (folder / "chain.pem").write_text(issued.chain)
    return folder / "key.pem", folder / "chain.pem"


async def outcome(server: ssl.SSLContext | None, client: ssl.SSLContext) -> str:
    """Either "ok", or the cause of the client's refusal."""
    jobs = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        jobs.add(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await hang_up(writer)

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server) as listener:
        port = listener.sockets[0].getsockname()[1]
        try:
            await request(Target(host="127.0.0.1", port=port, context=client), "GET", "/")
        except TlsRefused as error:
            assert f"127.0.0.1:{port}" in str(error)
            return error.cause
        finally:
            await asyncio.gather(*jobs)
    return "ok"


async def refusal(server: ssl.SSLContext, client: ssl.SSLContext) -> str:
    """The cause a client gives when a server that sends its alerts refuses it."""

    def serve(listener: socket.socket) -> None:
        accepted, _ = listener.accept()
        accepted.settimeout(60)
        secured = server.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)
        with contextlib.suppress(ssl.SSLError):
            secured.do_handshake()
        with socket.socket(fileno=secured.detach()) as raw:
            raw.shutdown(socket.SHUT_WR)
            with contextlib.suppress(OSError):
                while raw.recv(4096):  # a close with bytes unread would be a reset
                    pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        job = asyncio.ensure_future(asyncio.to_thread(serve, listener))
        target = Target(host="127.0.0.1", port=listener.getsockname()[1], context=client)
        with pytest.raises(TlsRefused) as caught:
            await request(target, "GET", "/")
        await job
    return caught.value.cause


async def test_the_expected_hub_is_taken(tmp_path):
    server = server_context(server_file(tmp_path, HUB, NOW_NS))

    assert await outcome(server, client_context(HUB.anchors)) == "ok"


async def test_another_hub_is_untrusted(tmp_path):
    server = server_context(server_file(tmp_path, OTHER, NOW_NS))

    assert await outcome(server, client_context(HUB.anchors)) == "untrusted"


async def test_a_hub_under_another_name_is_a_cause_of_its_own(tmp_path):
    server = server_context(server_file(tmp_path, HUB, NOW_NS, "hub.example"))

    assert await outcome(server, client_context(HUB.anchors)) == "wrong_name"


async def test_an_expired_certificate_is_a_matter_of_clocks(tmp_path):
    authority, at_ns = PAST, NOW_NS - 4 * YEAR_NS
    server = server_context(server_file(tmp_path, authority, at_ns))

    assert await outcome(server, client_context(authority.anchors)) == "clock"


async def test_a_certificate_of_the_future_is_a_matter_of_clocks(tmp_path):
    server = server_context(server_file(tmp_path, FUTURE, NOW_NS + YEAR_NS))

    assert await outcome(server, client_context(FUTURE.anchors)) == "clock"


async def test_tls_1_2_is_too_old(tmp_path):
    server = server_context(server_file(tmp_path, HUB, NOW_NS), minimum=ssl.TLSVersion.TLSv1_2)
    server.maximum_version = ssl.TLSVersion.TLSv1_2

    assert await refusal(server, client_context(HUB.anchors)) == "too_old"


async def test_a_port_without_tls_is_named_as_such():
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
        await hang_up(writer)

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        target = Target(host="127.0.0.1", port=port, context=client_context(HUB.anchors))
        with pytest.raises(TlsRefused, match="does not speak TLS") as caught:
            await request(target, "GET", "/")

    assert caught.value.cause == "not_tls"


async def test_an_untrusting_client_takes_any_hub(tmp_path):
    server = server_context(server_file(tmp_path, OTHER, NOW_NS, "hub.example"))

    assert await outcome(server, untrusting_context()) == "ok"


async def test_a_client_without_a_certificate_is_told_so(tmp_path):
    server = server_context(server_file(tmp_path, HUB, NOW_NS), clients=HUB.anchors)

    assert await refusal(server, client_context(HUB.anchors)) == "credential_missing"


async def test_a_client_of_another_hub_is_told_so(tmp_path):
    key, chain = agent_files(tmp_path, OTHER, NOW_NS)
    server = server_context(server_file(tmp_path, HUB, NOW_NS), clients=HUB.anchors)
    client = client_context(HUB.anchors, key=key, chain=chain)

    assert await refusal(server, client) == "credential_foreign"


async def test_a_client_whose_certificate_has_expired_is_told_so(tmp_path):
    key, chain = agent_files(tmp_path, HUB, NOW_NS - 3 * DAY_NS)
    server = server_context(server_file(tmp_path, HUB, NOW_NS), clients=HUB.anchors)
    client = client_context(HUB.anchors, key=key, chain=chain)

    assert await refusal(server, client) == "credential_expired"


async def test_a_server_certificate_is_no_clients_certificate(tmp_path):
    file = server_file(tmp_path, HUB, NOW_NS)
    server = server_context(file, clients=HUB.anchors)
    client = client_context(HUB.anchors, key=file, chain=file)

    assert (await refusal(server, client)).startswith("credential_")


def test_anchors_and_certificates_that_cannot_be_used_are_settings_errors(tmp_path):
    (tmp_path / "chain.pem").write_text("no certificate")
    with pytest.raises(SettingsError, match="trust anchors"):
        client_context("no anchors")
    with pytest.raises(SettingsError, match=r"chain\.pem"):
        client_context(HUB.anchors, chain=tmp_path / "chain.pem")
